//! The whole report as JSON.

pub(crate) mod finite;

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use tokendrome::{Report, Scenario, TimeUnit, ticks};

/// Writes the report as indented JSON with a line feed at its end.
///
/// Keys stand in the order of the fields, so equal reports give equal bytes; numbers read back as
/// the same floats. Where the clock counts ticks, keys say `_ticks` for `_ms` and `_s`, and
/// `_per_1000_ticks` for `_per_s`, and numbers have fifteen digits. The layout's version is the
/// first key, `schema_version`; what was simulated is the last, `scenario`.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If a number is infinite or not a number, which JSON cannot say and no metric may be.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    write_value(report, &report.scenario, out)
}

/// Writes any value in the way of [`write`]: the clock of `scenario` says whether its times are in
/// ticks.
pub(crate) fn write_value<T: Serialize>(
    value: &T,
    scenario: &Scenario,
    out: &mut impl Write,
) -> io::Result<()> {
    finite::assert_finite(value);
    match scenario.simulation.time_unit {
        TimeUnit::Second => serde_json::to_writer_pretty(&mut *out, value)?,
        TimeUnit::Tick => serde_json::to_writer_pretty(&mut *out, &in_ticks(value)?)?,
    }
    out.write_all(b"\n")
}

fn in_ticks<T: Serialize>(value: &T) -> io::Result<Value> {
    let mut json = serde_json::to_value(value)?;
    ticks::report_in_ticks(&mut json);
    Ok(json)
}

#[cfg(test)]
mod tests;
