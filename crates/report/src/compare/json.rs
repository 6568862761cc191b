//! The layout of a comparison as JSON.

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use tokendrome::Scenario;
use tokendrome_explore::Difference;

use super::Compared;
use super::lengths::LengthsJson;
use crate::json::write_value;
use crate::trials::{Figures, PrecisionJson};

/// Version of the layout: the first number changes when a reader must, the second when fields were
/// added.
pub const SCHEMA_VERSION: &str = "1.1";

#[derive(Serialize)]
struct Layout<'a> {
    schema_version: &'static str,
    tokendrome_version: &'static str,
    is_complete: bool,
    is_exact: bool,
    trials: u64,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<PrecisionJson>,
    notices: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    lengths: Option<LengthsJson>,
    scenarios: Vec<SideJson<'a>>,
}

#[derive(Serialize)]
struct SideJson<'a> {
    name: &'a str,
    digest: String,
    figures: Figures<'a>,
    differences: Option<Differences<'a>>,
    scenario: &'a Scenario,
}

pub(super) fn write(compared: &Compared<'_>, out: &mut impl Write) -> io::Result<()> {
    let comparison = compared.comparison;
    let sides = compared.cases.list.iter().zip(&comparison.sides).enumerate();
    let scenarios = sides.map(|(at, (case, side))| SideJson {
        name: &case.name,
        digest: format!("{:016x}", side.digest),
        figures: Figures(&side.estimates),
        differences: (at > 0).then_some(Differences(&side.differences)),
        scenario: case.simulation.scenario(),
    });
    let first = compared.cases.list.first();
    let layout = Layout {
        schema_version: SCHEMA_VERSION,
        tokendrome_version: env!("CARGO_PKG_VERSION"),
        is_complete: comparison.is_complete,
        is_exact: comparison.is_exact,
        trials: comparison.trials,
        seed: first.map_or(0, |case| case.simulation.scenario().simulation.seed),
        precision: comparison.precision.as_ref().map(PrecisionJson::from),
        notices: &comparison.notices,
        lengths: compared.lengths.map(super::Lengths::json),
        scenarios: scenarios.collect(),
    };
    let first = first.expect("a comparison has scenarios");
    write_value(&layout, first.simulation.scenario(), out)
}

/// Differences by their names, in the order of the report.
struct Differences<'a>(&'a [Difference]);

impl Serialize for Differences<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for of in self.0 {
            map.serialize_entry(&of.name, &DifferenceJson::from(of))?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct DifferenceJson {
    mean: f64,
    std: Option<f64>,
    ci95_low: Option<f64>,
    ci95_high: Option<f64>,
    change: Option<f64>,
    n: u64,
}

impl From<&Difference> for DifferenceJson {
    fn from(of: &Difference) -> Self {
        Self {
            mean: of.mean,
            std: of.std,
            ci95_low: of.ci95.map(|interval| interval.low),
            ci95_high: of.ci95.map(|interval| interval.high),
            change: of.change(),
            n: of.n,
        }
    }
}
