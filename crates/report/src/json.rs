//! The whole report as JSON.

mod finite;

use std::io::{self, Write};

use serde::Serialize;
use tokendrome::Report;

/// Writes the report as indented JSON with a line feed at its end.
///
/// Keys stand in the order of the fields, so equal reports give equal bytes; numbers read back as
/// the same floats. The layout's version is the first key, `schema_version`; what was simulated is
/// the last, `scenario`.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If a number is infinite or not a number, which JSON cannot say and no metric may be.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    write_value(report, out)
}

/// Writes any value in the way of [`write`].
pub(crate) fn write_value<T: Serialize>(value: &T, out: &mut impl Write) -> io::Result<()> {
    finite::assert_finite(value);
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests;
