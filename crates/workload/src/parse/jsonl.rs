//! Our JSON lines: one object a line, a superset of Mooncake's.
//!
//! The same fields as AIPerf's `mooncake_trace` and vLLM's `timed_trace`. Rows of Bailian's traces
//! differ in the unit of `timestamp`, seconds instead of milliseconds, and are known by their
//! `parent_chat_id`.

use super::RowError;
use super::clock::Clock;
use super::decimal;
use super::facts::Facts;
use crate::TraceRow;

mod fields;

pub(super) use fields::names;

/// Unix times in seconds, of the years 2001 to 2096, taken for milliseconds.
const LIKE_UNIX_SECONDS_NS: std::ops::Range<u64> = 1_000_000_000_000_000..4_000_000_000_000_000;

/// Reads rows of one trace.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Whether `timestamp` is in seconds, as the first row told.
    in_seconds: Option<bool>,
    habits: fields::Habits,
}

impl Reader {
    /// Reads one line.
    pub(super) fn row(
        &mut self,
        line: &str,
        clock: &mut Clock,
        facts: &mut Facts,
    ) -> Result<TraceRow, RowError> {
        let fields = fields::read(line, &mut self.habits)?;
        let fault = |at, what: String| RowError::new(line, at, what);
        self.check_unit(fields.parent_chat).map_err(|what| fault(0, what))?;

        let mut row = fields.row;
        let (at, text) = fields.timestamp;
        let (shift, unit) = if fields.parent_chat { (9, "seconds") } else { (6, "milliseconds") };
        let ns = decimal::count(text.as_bytes(), shift).map_err(|_| {
            let what = "`timestamp` is beyond the clock's range of 584 years";
            fault(at, format!("{what}; found {text}; write it in {unit}"))
        })?;
        row.arrival_ns = clock.as_told(ns.units).map_err(|what| fault(at, what))?;
        let hashed = !row.hash_ids.is_empty();
        if hashed {
            let admitted = facts.blocks.admit(row.input_tokens, row.hash_ids.len());
            admitted.map_err(|what| fault(fields.hash_ids_at, what))?;
        }
        row.index = facts.add_row().map_err(|what| fault(0, what))?;
        facts.add_request(clock, fields.in_session);
        facts.hashed += u64::from(hashed);
        facts.unused |= fields.unused;
        facts.in_seconds += u64::from(fields.parent_chat);
        let base = clock.told_base_ns().filter(|_| !fields.parent_chat);
        facts.like_unix_seconds = base.is_some_and(|ns| LIKE_UNIX_SECONDS_NS.contains(&ns));
        Ok(row)
    }

    /// The first row tells the unit of time of all.
    fn check_unit(&mut self, in_seconds: bool) -> Result<(), String> {
        let first = *self.in_seconds.get_or_insert(in_seconds);
        if first == in_seconds {
            return Ok(());
        }
        let (this, first) = if in_seconds { ("has", "has none") } else { ("has no", "has one") };
        Err(format!(
            "the row {this} `parent_chat_id` and the first row {first}: rows with it have \
             `timestamp` in seconds, rows without in milliseconds; write all rows alike"
        ))
    }
}

#[cfg(test)]
mod tests;
