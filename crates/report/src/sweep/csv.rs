//! Points as comma-separated values.

use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use super::SweptPoints;
use super::columns::{Values, columns};

/// Beyond these a number is written as a power of ten.
const PLAIN: std::ops::Range<f64> = 1e-6..1e15;

/// Writes the columns (RFC 4180 with bare line feeds), with a line of their names first. Numbers
/// read back as the same floats.
pub(super) fn write(points: &SweptPoints<'_>, out: &mut impl Write) -> io::Result<()> {
    let columns = columns(points);
    let mut builder = WriterBuilder::new();
    let mut writer = builder.terminator(Terminator::Any(b'\n')).from_writer(out);
    writer.write_record(columns.iter().map(|column| column.name.as_str()))?;
    for row in 0..points.rows().count() {
        for column in &columns {
            match &column.values {
                Values::Words(words) => writer.write_field(&words[row])?,
                Values::Counts(counts) => writer.write_field(counts[row].to_string())?,
                Values::Numbers(numbers) => {
                    writer.write_field(numbers[row].map_or_else(String::new, number))?;
                }
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()
}

fn number(value: f64) -> String {
    if value == 0.0 || PLAIN.contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}
