//! The engine against queueing theory, as a table and as JSON.

mod table;

use std::io::{self, Write};

use serde::Serialize;
use tokendrome::Scenario;
use tokendrome_explore::queueing::{Check, Checked, Validation};

use crate::json::finite;
use crate::table::{Style, set};

/// Version of the JSON's layout: the first number changes when a reader must, the second when
/// fields were added.
pub const SCHEMA_VERSION: &str = "1.0";

/// A validation as text, with a line feed at its end.
#[must_use]
pub fn render(validation: &Validation, style: Style) -> String {
    set(&table::document(validation), style)
}

/// Writes a validation as indented JSON with a line feed at its end, scenarios included.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If a number is infinite or not a number, which none may be.
pub fn write_json(validation: &Validation, out: &mut impl Write) -> io::Result<()> {
    let json = Json {
        schema_version: SCHEMA_VERSION,
        tokendrome_version: env!("CARGO_PKG_VERSION"),
        is_confirmed: validation.refuted() == 0,
        trials: validation.trials,
        comparisons: validation.comparisons(),
        refuted: validation.refuted(),
        verdict_level: validation.level,
        cases: validation.cases.iter().map(JsonCase::from).collect(),
    };
    finite::assert_finite(&json);
    serde_json::to_writer_pretty(&mut *out, &json)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Json<'a> {
    schema_version: &'static str,
    tokendrome_version: &'static str,
    is_confirmed: bool,
    trials: u64,
    comparisons: usize,
    refuted: usize,
    /// Level of the interval of each verdict.
    verdict_level: f64,
    cases: Vec<JsonCase<'a>>,
}

#[derive(Serialize)]
struct JsonCase<'a> {
    name: &'static str,
    system: &'a str,
    load: f64,
    checks: Vec<JsonCheck>,
    scenario: &'a Scenario,
}

#[derive(Serialize)]
struct JsonCheck {
    quantity: &'static str,
    theory: f64,
    mean: f64,
    ci95_low: f64,
    ci95_high: f64,
    verdict_low: f64,
    verdict_high: f64,
    deviation: f64,
    is_confirmed: bool,
}

impl<'a> From<&'a Checked> for JsonCase<'a> {
    fn from(Checked { case, checks }: &'a Checked) -> Self {
        Self {
            name: case.name,
            system: &case.title,
            load: case.load,
            checks: checks.iter().map(JsonCheck::from).collect(),
            scenario: &case.scenario,
        }
    }
}

impl From<&Check> for JsonCheck {
    fn from(check: &Check) -> Self {
        Self {
            quantity: check.quantity.name(),
            theory: check.theory,
            mean: check.mean,
            ci95_low: check.ci95.low,
            ci95_high: check.ci95.high,
            verdict_low: check.limits.low,
            verdict_high: check.limits.high,
            deviation: check.deviation(),
            is_confirmed: check.is_confirmed,
        }
    }
}

#[cfg(test)]
mod tests;
