//! One row for every request of a run, as CSV or Parquet.
//!
//! Rows stand in the order of the input. A request that was not served has its row too; what it
//! does not have (a first token, a replica, ...) is an empty field, in Parquet a null. Columns:
//! `docs/outputs.md`.

mod csv;
mod parquet;

use std::io::{self, Write};
use std::path::Path;

use tokendrome::TimeUnit;
use tokendrome_metrics::{Observer, RequestRecord, Status};

use crate::OutputError;
use crate::error::extension;

pub use self::csv::write_csv;
pub use self::parquet::write_parquet;

/// Columns of both formats, in their order.
pub const COLUMNS: [&str; 14] = [
    "request_index",
    "arrival_s",
    "ttft_s",
    "e2e_s",
    "tpot_s",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "queue_s",
    "preemptions",
    "replica",
    "status",
    "class",
    "reason",
];

/// [`COLUMNS`] where the clock counts `unit`: in ticks, `arrival_s` is `arrival_ticks`.
#[must_use]
pub fn columns(unit: TimeUnit) -> [String; COLUMNS.len()] {
    COLUMNS.map(|name| match (unit, name.strip_suffix("_s")) {
        (TimeUnit::Tick, Some(stem)) => format!("{stem}_ticks"),
        _ => name.to_owned(),
    })
}

/// What a file of requests looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text with commas.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// The format that the name's ending asks for.
    ///
    /// # Errors
    /// The ending is neither `.csv` nor `.parquet`.
    pub fn from_path(path: &Path) -> Result<Self, OutputError> {
        match extension(path).as_str() {
            "csv" => Ok(Self::Csv),
            "parquet" => Ok(Self::Parquet),
            _ => Err(OutputError::UnknownFormat {
                path: path.to_path_buf(),
                what: "a table of requests",
                known: "`.csv` or `.parquet`",
            }),
        }
    }
}

/// Writes the requests in `format`; see [`write_csv`] and [`write_parquet`].
///
/// # Errors
/// `out` fails.
pub fn write(
    format: Format,
    records: &[RequestRecord],
    classes: &[String],
    unit: TimeUnit,
    out: impl Write + Send,
) -> io::Result<()> {
    match format {
        Format::Csv => write_csv(records, classes, unit, out),
        Format::Parquet => write_parquet(records, classes, unit, out),
    }
}

/// Keeps the record of every request that ended.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    /// The records, in the order in which the requests ended.
    pub records: Vec<RequestRecord>,
}

impl Observer for Collector {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn request(&mut self, record: &RequestRecord) {
        self.records.push(record.clone());
    }
}

/// The records in the order of the input.
fn in_order(records: &[RequestRecord]) -> Vec<&RequestRecord> {
    let mut ordered: Vec<&RequestRecord> = records.iter().collect();
    ordered.sort_by_key(|record| record.index);
    ordered
}

/// Time per output token, rounded to the nearest nanosecond; none with fewer than two tokens.
///
/// In integers: the quotient of two floats can fall on the wrong side of a half.
fn tpot_nanos(record: &RequestRecord) -> Option<u64> {
    let gaps = u64::from(record.output_tokens.checked_sub(1)?);
    let decode = record.e2e()?.as_nanos() - record.ttft()?.as_nanos();
    let rounded = (u128::from(decode) + u128::from(gaps / 2)).checked_div(u128::from(gaps))?;
    // No more than `decode`, which fits.
    Some(rounded as u64)
}

/// The name of the request's class; empty if it has none.
fn class_name<'a>(record: &RequestRecord, classes: &'a [String]) -> &'a str {
    let name = classes.get(usize::from(record.class));
    name.map_or("", String::as_str)
}

/// Why the request was refused, beginning with the fixed word for the kind of reason.
fn reason(record: &RequestRecord) -> Option<String> {
    match &record.status {
        Status::Rejected(why) => Some(format!("{}: {}", why.kind, why.detail)),
        Status::Completed | Status::Unfinished => None,
    }
}

#[cfg(test)]
mod tests;
