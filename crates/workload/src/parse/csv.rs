//! Traces in CSV: Azure's and `BurstGPT`'s.
//!
//! Columns are known by the names of the header, whatever their order; case, spaces and `_` in a
//! name do not matter. Fields may be quoted (RFC 4180), but not across lines.

use std::borrow::Cow;

use super::clock::Clock;
use super::facts::Facts;
use super::lengths::{TOKENS, tokens};
use super::text::{nearest, shown};
use super::{Layout, RowError, datetime, decimal};
use crate::TraceRow;

mod split;

use split::Span;

pub(super) const AZURE_HEADER: &str = "`TIMESTAMP,ContextTokens,GeneratedTokens`";
pub(super) const BURSTGPT_HEADER: &str =
    "`Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type`";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Timestamp,
    Input,
    Output,
    Session,
    /// Part of the layout, and without a use here.
    Unused,
}

/// The columns of a layout. The first three, which a trace must have, are those of their roles.
fn columns(layout: Layout) -> &'static [(&'static str, Role)] {
    match layout {
        Layout::Azure => &[
            ("TIMESTAMP", Role::Timestamp),
            ("ContextTokens", Role::Input),
            ("GeneratedTokens", Role::Output),
        ],
        Layout::Burstgpt => &[
            ("Timestamp", Role::Timestamp),
            ("Request tokens", Role::Input),
            ("Response tokens", Role::Output),
            ("Session ID", Role::Session),
            ("Elapsed time", Role::Unused),
            ("Model", Role::Unused),
            ("Total tokens", Role::Unused),
            ("Log Type", Role::Unused),
        ],
        Layout::Jsonl => &[],
    }
}

/// The layout whose columns of tokens the header names.
pub(super) fn layout_of_header(line: &str) -> Option<Layout> {
    let mut spans = Vec::new();
    split::split(line, HEADER_COLUMNS_MAX, &mut spans).ok()?;
    let names: Vec<String> = spans.iter().map(|span| key(&span.text(line))).collect();
    [Layout::Azure, Layout::Burstgpt].into_iter().find(|&layout| {
        let tokens = &columns(layout)[1..3];
        tokens.iter().any(|(name, _)| names.contains(&key(name)))
    })
}

/// No layout has as many columns.
const HEADER_COLUMNS_MAX: usize = 100;

/// A name as it is compared.
fn key(name: &str) -> String {
    let letters = name.chars().filter(|c| !c.is_ascii_whitespace() && *c != '_');
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Where the columns of a trace are, by its header.
#[derive(Debug)]
pub(super) struct Table {
    layout: Layout,
    columns: usize,
    /// Places of timestamp, input and output.
    places: [usize; 3],
    session: Option<usize>,
    /// Whether times name their zone, as the first row told.
    zoned: Option<bool>,
    spans: Vec<Span>,
}

impl Table {
    /// The table of a trace with this header.
    pub(super) fn of_header(layout: Layout, line: &str) -> Result<Self, RowError> {
        let mut spans = Vec::new();
        split::split(line, HEADER_COLUMNS_MAX, &mut spans)?;
        let known = columns(layout);
        let mut places = vec![None; known.len()];
        for (place, span) in spans.iter().enumerate() {
            let name = span.text(line);
            let fault = |what| RowError::new(line, span.start, what);
            let Some(column) = known.iter().position(|(column, _)| key(column) == key(&name))
            else {
                return Err(fault(unknown_column(layout, &name, line)));
            };
            if places[column].replace(place).is_some() {
                let name = known[column].0;
                return Err(fault(format!("two columns are named `{name}`; leave one out")));
            }
        }
        let required = |column: usize| {
            places[column].ok_or_else(|| {
                let what = format!("the header has no column `{}`; add it", known[column].0);
                RowError::new(line, line.len(), what)
            })
        };
        Ok(Self {
            layout,
            columns: spans.len(),
            places: [required(0)?, required(1)?, required(2)?],
            session: known
                .iter()
                .position(|(_, role)| *role == Role::Session)
                .and_then(|column| places[column]),
            zoned: None,
            spans,
        })
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// Reads one line; none if it records a failed request.
    pub(super) fn row(
        &mut self,
        line: &str,
        clock: &mut Clock,
        facts: &mut Facts,
    ) -> Result<Option<TraceRow>, RowError> {
        self.split(line)?;
        let arrival_ns = self.arrival(line, clock)?;
        let output = self.field(line, 2);
        if self.layout == Layout::Burstgpt && is_zero(&output) {
            facts.add_row().map_err(|what| RowError::new(line, 0, what))?;
            facts.failed += 1;
            return Ok(None);
        }
        let session = self.session.map(|place| self.spans[place].text(line));
        let session_id = session.filter(|id| !id.is_empty()).map(Cow::into_owned);
        let row = TraceRow {
            arrival_ns,
            input_tokens: self.tokens(line, 1)?,
            output_tokens: self.tokens(line, 2)?,
            index: facts.add_row().map_err(|what| RowError::new(line, 0, what))?,
            session_id,
            ..TraceRow::default()
        };
        facts.add_request(clock, row.session_id.is_some());
        Ok(Some(row))
    }

    fn split(&mut self, line: &str) -> Result<(), RowError> {
        split::split(line, self.columns, &mut self.spans)?;
        let (found, expect) = (self.spans.len(), self.columns);
        if found < expect {
            let what = format!(
                "the row has {found} of {expect} columns; complete it (a last row may have been \
                 cut off)"
            );
            return Err(RowError::new(line, line.len(), what));
        }
        Ok(())
    }

    /// The field of one of the required columns.
    fn field<'a>(&self, line: &'a str, column: usize) -> Cow<'a, str> {
        self.spans[self.places[column]].text(line)
    }

    fn fault(&self, line: &str, column: usize, what: impl Into<String>) -> RowError {
        RowError::new(line, self.spans[self.places[column]].start, what)
    }

    /// A field is not what it must be.
    fn must(&self, line: &str, column: usize, must: &str) -> RowError {
        let name = columns(self.layout)[column].0;
        let found = shown(&self.field(line, column));
        self.fault(line, column, format!("`{name}` must be {must}; found \"{found}\""))
    }

    fn tokens(&self, line: &str, column: usize) -> Result<u32, RowError> {
        let text = self.field(line, column);
        tokens(&text).ok_or_else(|| {
            let hint = if is_zero(&text) { "; leave out requests without tokens" } else { "" };
            let mut error = self.must(line, column, TOKENS);
            error.what += hint;
            error
        })
    }

    fn arrival(&mut self, line: &str, clock: &mut Clock) -> Result<u64, RowError> {
        let text = self.field(line, 0);
        let arrival = match self.layout {
            Layout::Burstgpt => {
                let seconds = decimal::count(text.as_bytes(), 9);
                let seconds = seconds.map_err(|_| self.must(line, 0, SECONDS))?;
                clock.as_told(seconds.units)
            }
            _ => {
                let moment = datetime::moment(text.as_bytes());
                let moment = moment.ok_or_else(|| self.must(line, 0, DATE))?;
                if *self.zoned.get_or_insert(moment.zoned) != moment.zoned {
                    return Err(self.fault(line, 0, ZONES));
                }
                clock.since_first(moment.unix_ns)
            }
        };
        arrival.map_err(|what| self.fault(line, 0, what))
    }
}

const SECONDS: &str = "a number of seconds, from 0 to 584 years";
const DATE: &str = "a date and time as in `2023-11-16 18:15:46.6805900`";
const ZONES: &str = "some times of the trace name their zone and some do not; write all alike";

fn is_zero(text: &str) -> bool {
    decimal::count(text.as_bytes(), 0).is_ok_and(|count| count.units == 0 && count.exact)
}

fn unknown_column(layout: Layout, name: &str, line: &str) -> String {
    let shown = shown(name);
    let of = format!("an {} trace", layout.name()).replace("an B", "a B");
    let other = layout_of_header(line).filter(|&other| other != layout);
    let near = nearest(name, columns(layout).iter().map(|(name, _)| *name));
    let hint = match (other, near) {
        (Some(other), _) => format!("the header is that of the format {}", other.name()),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => {
            let names: Vec<&str> = columns(layout).iter().map(|(name, _)| *name).collect();
            format!("leave it out; known are {}", names.join(", "))
        }
    };
    format!("unknown column `{shown}` of {of}; {hint}")
}

#[cfg(test)]
mod tests;
