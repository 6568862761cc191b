//! What many trials of a scenario tell together: for a terminal, and as JSON.

mod table;

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use tokendrome::Scenario;
use tokendrome_explore::{Estimate, Reached, Trials};

use crate::json;
use crate::table::{Style, set};

/// Version of the layout of [`write_json`]: the first number changes when a reader must, the second
/// when fields were added.
pub const SCHEMA_VERSION: &str = "1.1";

/// The estimates as text, with a line feed at its end: mean, half the width of the 95 % interval,
/// and standard deviation of the main figures.
#[must_use]
pub fn render(trials: &Trials, scenario: &Scenario, style: Style) -> String {
    set(&table::document(trials, scenario), style)
}

/// Writes the estimates of all figures as indented JSON with a line feed at its end. Equal trials
/// give equal bytes.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If a number is infinite or not a number, which JSON cannot say and no metric may be.
pub fn write_json(trials: &Trials, scenario: &Scenario, out: &mut impl Write) -> io::Result<()> {
    let layout = Layout {
        schema_version: SCHEMA_VERSION,
        tokendrome_version: env!("CARGO_PKG_VERSION"),
        digest: digest(trials),
        is_complete: trials.is_complete,
        trials: trials.trials,
        seed: scenario.simulation.seed,
        precision: trials.precision.as_ref().map(PrecisionJson::from),
        notices: &trials.notices,
        figures: Figures(&trials.estimates),
        scenario,
    };
    json::write_value(&layout, scenario, out)
}

/// The digest as it is shown.
fn digest(trials: &Trials) -> String {
    format!("{:016x}", trials.digest)
}

#[derive(Serialize)]
struct Layout<'a> {
    schema_version: &'static str,
    tokendrome_version: &'static str,
    digest: String,
    is_complete: bool,
    trials: u64,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<PrecisionJson>,
    notices: &'a [String],
    figures: Figures<'a>,
    scenario: &'a Scenario,
}

/// What became of a precision.
#[derive(Serialize)]
pub(crate) struct PrecisionJson {
    target: f64,
    is_reached: bool,
    max_trials: u64,
    /// Half the width of each headline's interval as a share of the mean.
    half_widths: Shares,
}

/// Shares by the names of their figures.
struct Shares(Vec<(&'static str, Option<f64>)>);

impl Serialize for Shares {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl From<&Reached> for PrecisionJson {
    fn from(of: &Reached) -> Self {
        Self {
            target: of.goal.share,
            is_reached: of.is_reached,
            max_trials: of.goal.trials_max,
            half_widths: Shares(of.shares.clone()),
        }
    }
}

/// Figures by their names, in the order of the report.
pub(crate) struct Figures<'a>(pub(crate) &'a [Estimate]);

impl Serialize for Figures<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for estimate in self.0 {
            map.serialize_entry(&estimate.name, &Figure::from(estimate))?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Figure {
    mean: f64,
    std: Option<f64>,
    ci95_low: Option<f64>,
    ci95_high: Option<f64>,
    ci95_normal_low: Option<f64>,
    ci95_normal_high: Option<f64>,
    n: u64,
}

impl From<&Estimate> for Figure {
    fn from(of: &Estimate) -> Self {
        let normal = of.ci95_normal();
        Self {
            mean: of.mean,
            std: of.std,
            ci95_low: of.ci95.map(|interval| interval.low),
            ci95_high: of.ci95.map(|interval| interval.high),
            ci95_normal_low: normal.map(|interval| interval.low),
            ci95_normal_high: normal.map(|interval| interval.high),
            n: of.n,
        }
    }
}

#[cfg(test)]
mod tests;
