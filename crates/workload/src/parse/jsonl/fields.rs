//! The fields of a JSON line.

use crate::TraceRow;
use crate::parse::RowError;
use crate::parse::json::Cursor;
use crate::parse::text::nearest;

/// What a field is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Timestamp,
    InputLength,
    OutputLength,
    HashIds,
    SessionId,
    Turn,
    Delay,
    Priority,
    SloClass,
    MaxTokens,
    /// Marks rows of Bailian's traces.
    ParentChat,
    /// The prompt itself: known, and without a use here.
    Prompt,
    /// Known, and without a use here.
    Unused,
}

/// Every field that a row may have. A place in the table is a bit of the sets of fields.
const FIELDS: &[(&str, Field)] = &[
    ("timestamp", Field::Timestamp),
    ("input_length", Field::InputLength),
    ("output_length", Field::OutputLength),
    ("hash_ids", Field::HashIds),
    ("session_id", Field::SessionId),
    ("turn", Field::Turn),
    ("delay", Field::Delay),
    ("priority", Field::Priority),
    ("slo_class", Field::SloClass),
    ("max_tokens", Field::MaxTokens),
    ("parent_chat_id", Field::ParentChat),
    ("chat_id", Field::Unused),
    ("type", Field::Unused),
    ("model", Field::Unused),
    ("text_input", Field::Prompt),
    ("messages", Field::Prompt),
    ("payload", Field::Prompt),
    ("tools", Field::Unused),
    ("headers", Field::Unused),
    ("extra", Field::Unused),
];

/// A row must have the first so many of the table.
const REQUIRED: usize = 3;

const TIME: &str = "a number of milliseconds, 0 or more";
const TOKENS: &str = "a whole number from 1 to 4,294,967,295";
const ID: &str = "a list of whole numbers from 0 to 18,446,744,073,709,551,615";

/// Names of the fields with these bits, in the order of the table.
pub(in crate::parse) fn names(bits: u32) -> impl Iterator<Item = &'static str> {
    let fields = FIELDS.iter().enumerate();
    fields.filter(move |(bit, _)| bits >> bit & 1 == 1).map(|(_, (name, _))| *name)
}

/// The fields of one row.
#[derive(Default)]
pub(super) struct Fields<'a> {
    /// All but the arrival and the index.
    pub(super) row: TraceRow,
    /// Where it stands, and its text: the unit may become known after it.
    pub(super) timestamp: (usize, &'a str),
    pub(super) hash_ids_at: usize,
    pub(super) in_session: bool,
    pub(super) parent_chat: bool,
    /// Bits of the fields that the row names.
    named: u32,
    /// Bits of those that are not null.
    present: u32,
    /// Bits of those without a use.
    pub(super) unused: u32,
}

/// What stays of the rows before, to read the next one with less work.
#[derive(Debug, Default)]
pub(super) struct Habits {
    /// The field that last followed each, by their places in the table; first of all, the one that
    /// began a row. Most rows of a trace have their fields in the same order.
    followers: [usize; FIELDS.len() + 1],
    /// Room for the ids of a row, until their number is known.
    ids: Vec<u64>,
}

/// Why a value is not read.
enum Fault {
    /// What it must be; the cursor stands on it.
    Must(&'static str),
    Row(RowError),
}

impl From<RowError> for Fault {
    fn from(error: RowError) -> Self {
        Self::Row(error)
    }
}

/// Reads the object that `line` is.
#[inline]
pub(super) fn read<'a>(line: &'a str, habits: &mut Habits) -> Result<Fields<'a>, RowError> {
    let mut cursor = Cursor::new(line);
    let mut fields = Fields::default();
    let mut before = 0;
    cursor.expect(b"{")?;
    if !cursor.take(b'}') {
        loop {
            let bit = fields.read_field(&mut cursor, habits, before)?;
            before = bit + 1;
            if cursor.expect(b",}")? == b'}' {
                break;
            }
        }
    }
    cursor.end()?;
    match fields.missing() {
        Some(what) => Err(cursor.fault(0, what)),
        None => Ok(fields),
    }
}

impl<'a> Fields<'a> {
    /// Reads the field that follows the one at `before`; its place in the table.
    fn read_field(
        &mut self,
        cursor: &mut Cursor<'a>,
        habits: &mut Habits,
        before: usize,
    ) -> Result<usize, RowError> {
        cursor.peek();
        let at = cursor.at();
        let usual = &mut habits.followers[before];
        if !cursor.take_string(FIELDS[*usual].0) {
            let name = cursor.string()?;
            let bit = FIELDS.iter().position(|(known, _)| *known == name);
            *usual = bit.ok_or_else(|| cursor.fault(at, unknown(&name)))?;
        }
        let bit = *usual;
        if self.named >> bit & 1 == 1 {
            let what = format!("`{}` stands twice in the row; leave one out", FIELDS[bit].0);
            return Err(cursor.fault(at, what));
        }
        self.named |= 1 << bit;
        cursor.expect(b":")?;
        if cursor.null() {
            return Ok(bit);
        }
        self.present |= 1 << bit;
        match self.read_value(bit, cursor, &mut habits.ids) {
            Ok(()) => Ok(bit),
            Err(Fault::Row(error)) => Err(error),
            Err(Fault::Must(must)) => {
                cursor.expect_more()?;
                let found = cursor.shown();
                let what = format!("`{}` must be {must}; found {found}", FIELDS[bit].0);
                Err(cursor.fault(cursor.at(), what))
            }
        }
    }

    fn read_value(
        &mut self,
        bit: usize,
        cursor: &mut Cursor<'a>,
        room: &mut Vec<u64>,
    ) -> Result<(), Fault> {
        let row = &mut self.row;
        match FIELDS[bit].1 {
            Field::Timestamp => self.timestamp = (cursor.at(), time(cursor)?),
            Field::InputLength => row.input_tokens = tokens(cursor)?,
            Field::OutputLength => row.output_tokens = tokens(cursor)?,
            Field::MaxTokens => row.max_tokens = Some(tokens(cursor)?),
            Field::HashIds => {
                self.hash_ids_at = cursor.at();
                room.clear();
                ids(cursor, room)?;
                row.hash_ids = room.to_vec();
            }
            Field::SessionId => {
                self.in_session = true;
                row.session_id = Some(session(cursor)?);
            }
            Field::Turn => {
                self.in_session = true;
                cursor.whole().map_err(|_| Fault::Must("a whole number, 0 or more"))?;
            }
            Field::Delay => {
                self.in_session = true;
                time(cursor)?;
            }
            Field::Priority => row.priority = Some(priority(cursor)?),
            Field::SloClass => row.slo_class = Some(name(cursor)?),
            Field::ParentChat => {
                self.in_session = true;
                self.parent_chat = true;
                cursor.skip()?;
            }
            Field::Prompt | Field::Unused => {
                self.unused |= 1 << bit;
                cursor.skip()?;
            }
        }
        Ok(())
    }

    /// What to say if a field is missing that a row must have.
    fn missing(&self) -> Option<String> {
        let bit = (0..REQUIRED).find(|bit| self.present >> bit & 1 == 0)?;
        let has = |field| {
            let mut fields = FIELDS.iter().enumerate();
            fields.any(|(bit, known)| known.1 == field && self.present >> bit & 1 == 1)
        };
        let remedy = match FIELDS[bit].1 {
            Field::Timestamp if has(Field::Delay) => {
                "; sessions are not driven by `delay` here, so give each row its time"
            }
            Field::InputLength if has(Field::Prompt) => {
                "; prompts are not tokenised here, so give each row its number of tokens"
            }
            _ => "; add it",
        };
        Some(format!("the row has no `{}`{remedy}", FIELDS[bit].0))
    }
}

fn unknown(name: &str) -> String {
    let shown = crate::parse::text::shown(name);
    let known = FIELDS.iter().map(|(name, _)| *name);
    let hint = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let known: Vec<&str> = known.collect();
            format!("leave it out; known are {}", known.join(", "))
        }
    };
    format!("unknown field `{shown}`; {hint}")
}

fn time<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Fault> {
    cursor.number().map_err(|_| Fault::Must(TIME))
}

fn tokens(cursor: &mut Cursor<'_>) -> Result<u32, Fault> {
    let before = cursor.at();
    let tokens = cursor.whole().ok().and_then(|tokens| u32::try_from(tokens).ok());
    tokens.filter(|&tokens| tokens > 0).ok_or_else(|| {
        cursor.back_to(before);
        Fault::Must(TOKENS)
    })
}

fn ids(cursor: &mut Cursor<'_>, ids: &mut Vec<u64>) -> Result<(), Fault> {
    if !cursor.take(b'[') {
        return Err(Fault::Must(ID));
    }
    if cursor.take(b']') {
        return Ok(());
    }
    cursor.wholes(ids);
    loop {
        ids.push(cursor.whole().map_err(|_| Fault::Must(ID))?);
        if cursor.expect(b",]")? == b']' {
            return Ok(());
        }
    }
}

/// A session's name; a number stands for its own text.
fn session(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    if cursor.peek() == Some(b'"') {
        return name(cursor);
    }
    let number = cursor.whole().map_err(|_| Fault::Must("a string or a whole number"))?;
    Ok(number.to_string())
}

fn name(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    const MUST: Fault = Fault::Must("a string that is not empty");
    if cursor.peek() != Some(b'"') {
        return Err(MUST);
    }
    let before = cursor.at();
    let name = cursor.string()?;
    if name.is_empty() {
        cursor.back_to(before);
        return Err(MUST);
    }
    Ok(name.into_owned())
}

fn priority(cursor: &mut Cursor<'_>) -> Result<i32, Fault> {
    let must = || Fault::Must("a whole number from -2,147,483,648 to 2,147,483,647");
    let before = cursor.at();
    let negative = cursor.take(b'-');
    // No space between the sign and the digits, and no second sign.
    let joined = !negative || cursor.text_ahead().starts_with(|c: char| c.is_ascii_digit());
    let size = cursor.whole().ok().and_then(|size| i64::try_from(size).ok()).filter(|_| joined);
    let value = size.map(|size| if negative { -size } else { size });
    value.and_then(|value| i32::try_from(value).ok()).ok_or_else(|| {
        cursor.back_to(before);
        must()
    })
}
