//! Rows of traces: the bytes of one line in, a [`TraceRow`] out.
//!
//! Three layouts are read: our JSON lines (a superset of Mooncake's, which also covers Bailian's),
//! Azure's CSV and BurstGPT's CSV. A [`Parser`] takes the lines of one trace in their order, the
//! header among them, and keeps what belongs to the trace as a whole: the layout, the time from
//! which arrivals count, the sizes of block that the `hash_ids` leave possible, and counts for
//! notices ([`Facts`]).
//!
//! Nothing is guessed about a row: what cannot be read is a [`RowError`] with its column, and a
//! field that no layout knows is an error too. Times are exact: decimal text becomes nanoseconds in
//! integer arithmetic. A line costs `O(its length)`; nothing is kept of it but room for its ids.

use std::num::NonZeroU32;

use thiserror::Error;

use crate::TraceRow;

pub(crate) mod blocks;
mod clock;
mod csv;
mod datetime;
mod decimal;
mod facts;
mod json;
mod jsonl;
mod layout;
mod lengths;
mod text;

pub use facts::Facts;
pub use layout::Layout;
pub use lengths::length;
pub use text::nearest;

use blocks::BlockSizes;
use clock::Clock;

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct RowError {
    /// Character of the line where the trouble begins, counted from 1.
    pub column: usize,
    /// What is wrong, with the value, and what to do.
    pub what: String,
}

impl RowError {
    /// Trouble at byte `at` of `line`.
    fn new(line: &str, at: usize, what: impl Into<String>) -> Self {
        let before = line.as_bytes().iter().take(at);
        // Bytes that continue a character are not columns.
        let column = 1 + before.filter(|&&byte| byte & 0xC0 != 0x80).count();
        let what = what.into();
        Self { column, what }
    }
}

/// Reads the lines of one trace.
#[derive(Debug)]
pub struct Parser {
    forced: Option<Layout>,
    reader: Option<Reader>,
    clock: Clock,
    facts: Facts,
    first: bool,
}

/// How the lines of the trace are read, once the first of them has been seen.
#[derive(Debug)]
enum Reader {
    Jsonl(jsonl::Reader),
    Csv(csv::Table),
}

impl Parser {
    /// A parser of a trace in `layout`, or in the one that its first line shows.
    ///
    /// `block_tokens` is how many tokens an entry of `hash_ids` stands for, if that is known; each
    /// row is checked against it. Otherwise it is worked out from the rows.
    #[must_use]
    pub fn new(layout: Option<Layout>, block_tokens: Option<NonZeroU32>) -> Self {
        let blocks = block_tokens.map(BlockSizes::given).unwrap_or_default();
        Self {
            forced: layout,
            reader: None,
            clock: Clock::default(),
            facts: Facts::new(blocks),
            first: true,
        }
    }

    /// Reads the next line, with or without its line end. None: a header, an empty line, or the
    /// record of a request that failed.
    ///
    /// # Errors
    /// The line is not a row of the layout, or contradicts the rows before it.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<TraceRow>, RowError> {
        let mut line = text::utf8(text::without_line_end(line))?;
        if std::mem::take(&mut self.first) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let Some(reader) = &mut self.reader else {
            return self.first_line(line);
        };
        let (clock, facts) = (&mut self.clock, &mut self.facts);
        match reader {
            Reader::Jsonl(reader) => reader.row(line, clock, facts).map(Some),
            Reader::Csv(table) => table.row(line, clock, facts),
        }
    }

    /// What has been seen so far.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// The layout, once the first line has been read.
    #[must_use]
    pub fn layout(&self) -> Option<Layout> {
        self.reader.as_ref().map(|reader| match reader {
            Reader::Jsonl(_) => Layout::Jsonl,
            Reader::Csv(table) => table.layout(),
        })
    }

    fn first_line(&mut self, line: &str) -> Result<Option<TraceRow>, RowError> {
        let layout = match self.forced {
            Some(layout) => layout,
            None => Layout::detect(line)?,
        };
        if layout == Layout::Jsonl {
            let mut reader = jsonl::Reader::default();
            let row = reader.row(line, &mut self.clock, &mut self.facts)?;
            self.reader = Some(Reader::Jsonl(reader));
            Ok(Some(row))
        } else {
            self.reader = Some(Reader::Csv(csv::Table::of_header(layout, line)?));
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests;
