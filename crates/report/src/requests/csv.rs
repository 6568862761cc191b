//! Requests as comma-separated values.

use std::fmt::Write as _;
use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use tokendrome::TimeUnit;
use tokendrome::units::{ReplicaId, TICK};
use tokendrome_metrics::RequestRecord;

use super::{class_name, columns, in_order, reason, tpot_nanos};

/// Writes the requests as CSV (RFC 4180 with bare line feeds), with a line of [`columns`] first.
///
/// Times are exact: seconds with all nine decimals of the simulated clock; ticks with nine decimals
/// at most. `classes` are the names
/// of the classes in the order of their numbers.
///
/// # Errors
/// `out` fails.
pub fn write_csv(
    records: &[RequestRecord],
    classes: &[String],
    unit: TimeUnit,
    out: impl Write,
) -> io::Result<()> {
    let mut builder = WriterBuilder::new();
    let mut writer = builder.terminator(Terminator::Any(b'\n')).from_writer(out);
    writer.write_record(columns(unit))?;
    let mut field = String::new();
    for record in in_order(records) {
        write_row(&mut writer, record, classes, unit, &mut field)?;
    }
    writer.flush()
}

fn write_row<W: Write>(
    writer: &mut Writer<W>,
    record: &RequestRecord,
    classes: &[String],
    unit: TimeUnit,
    field: &mut String,
) -> io::Result<()> {
    let mut put = |write: &dyn Fn(&mut String)| {
        field.clear();
        write(field);
        writer.write_field(&*field)
    };
    let nanos = |of: Option<u64>| {
        move |field: &mut String| match (of, unit) {
            (None, _) => {}
            (Some(nanos), TimeUnit::Second) => push_seconds(field, nanos),
            (Some(nanos), TimeUnit::Tick) => push_ticks(field, nanos),
        }
    };
    let count = |of: u32| move |field: &mut String| push_count(field, of);
    put(&count(record.index))?;
    put(&nanos(Some(record.arrival.as_nanos())))?;
    put(&nanos(record.ttft().map(|t| t.as_nanos())))?;
    put(&nanos(record.e2e().map(|t| t.as_nanos())))?;
    put(&nanos(tpot_nanos(record)))?;
    put(&count(record.prompt_tokens))?;
    put(&count(record.output_tokens))?;
    put(&count(record.cached_tokens))?;
    put(&nanos(record.queue_time().map(|t| t.as_nanos())))?;
    put(&count(record.preemptions))?;
    put(&|field| {
        if let Some(ReplicaId(replica)) = record.replica {
            push_count(field, replica);
        }
    })?;
    put(&|field| field.push_str(record.status.name()))?;
    put(&|field| field.push_str(class_name(record, classes)))?;
    put(&|field| field.push_str(&reason(record).unwrap_or_default()))?;
    writer.write_record(None::<&[u8]>)?;
    Ok(())
}

fn push_count(field: &mut String, count: u32) {
    let written = write!(field, "{count}");
    written.expect("a string takes what is written");
}

/// Seconds with nine decimals, from whole nanoseconds.
fn push_seconds(field: &mut String, nanos: u64) {
    let (whole, part) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let written = write!(field, "{whole}.{part:09}");
    written.expect("a string takes what is written");
}

/// Ticks with as many of nine decimals as there are.
fn push_ticks(field: &mut String, nanos: u64) {
    let written = write!(field, "{:.9}", nanos as f64 / TICK.as_nanos() as f64);
    written.expect("a string takes what is written");
    field.truncate(field.trim_end_matches('0').trim_end_matches('.').len());
}
