//! The layout of capacities as JSON.

use std::io::{self, Write};

use serde::Serialize;
use tokendrome::Scenario;
use tokendrome_explore::{Basis, Capacity, Detection, Measured, Method, Tried};

use super::{Searched, Side};
use crate::json::write_value;

/// Version of the layout: the first number changes when a reader must, the second when fields were
/// added.
pub const SCHEMA_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Layout<'a> {
    schema_version: &'static str,
    tokendrome_version: &'static str,
    is_complete: bool,
    seed: u64,
    method: MethodJson,
    notices: &'a [String],
    scenarios: Vec<SideJson<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum MethodJson {
    Drift { precision: f64 },
    MannKendall { from_per_s: f64, to_per_s: f64, step_per_s: f64, window_s: f64, points: u32 },
    Slo { precision: f64, conditions: Vec<String> },
}

#[derive(Serialize)]
struct SideJson<'a> {
    name: &'a str,
    rate_of: &'static str,
    rate_per_s: Option<f64>,
    low_per_s: Option<f64>,
    high_per_s: Option<f64>,
    basis: &'static str,
    holds_per_s: Option<f64>,
    fails_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speedup: Option<f64>,
    runs: u64,
    is_complete: bool,
    notices: &'a [String],
    tried: Vec<TriedJson>,
    scenario: &'a Scenario,
}

#[derive(Serialize)]
struct TriedJson {
    rate_per_s: f64,
    trials: u64,
    arrivals: f64,
    verdict: &'static str,
    #[serde(flatten)]
    measured: MeasuredJson,
}

#[derive(Serialize)]
#[serde(untagged)]
enum MeasuredJson {
    Drift { drift: f64, drift_half: Option<f64>, departures_per_s: f64 },
    Curve { detection: Option<DetectionJson>, curve: Vec<PointJson> },
    Objectives { objectives: Vec<ObjectiveJson> },
}

#[derive(Serialize)]
struct PointJson {
    window_s: f64,
    response_s: f64,
}

#[derive(Serialize)]
struct DetectionJson {
    block_means_s: Vec<f64>,
    kendall: i64,
    z: f64,
    p: f64,
    rise: f64,
}

#[derive(Serialize)]
struct ObjectiveJson {
    name: String,
    mean: f64,
    half: Option<f64>,
}

pub(super) fn write(searched: &Searched<'_>, out: &mut impl Write) -> io::Result<()> {
    let first = searched.first();
    let layout = Layout {
        schema_version: SCHEMA_VERSION,
        tokendrome_version: env!("CARGO_PKG_VERSION"),
        is_complete: searched.sides.iter().all(|side| side.capacity.is_complete),
        seed: first.simulation.seed,
        method: MethodJson::from(searched.method),
        notices: searched.notices,
        scenarios: searched.sides.iter().map(|side| side_of(searched, side)).collect(),
    };
    write_value(&layout, first, out)
}

fn side_of<'a>(searched: &Searched<'_>, side: &Side<'a>) -> SideJson<'a> {
    let &Side { name, scenario, capacity } = side;
    let Capacity { rate_per_s, interval, basis, holds_per_s, fails_per_s, .. } = capacity;
    let tried = capacity.tried.iter().map(|tried| TriedJson {
        rate_per_s: tried.rate_per_s,
        trials: tried.trials,
        arrivals: tried.arrivals,
        verdict: match tried.verdict {
            None => "none",
            verdict => searched.word(verdict),
        },
        measured: MeasuredJson::from(tried),
    });
    SideJson {
        name,
        rate_of: if capacity.has_sessions { "sessions" } else { "requests" },
        rate_per_s: *rate_per_s,
        low_per_s: interval.map(|interval| interval.low),
        high_per_s: interval.map(|interval| interval.high),
        basis: match basis {
            Basis::Departures => "departures",
            Basis::Bracket => "bracket",
            Basis::Grid => "grid",
            Basis::AtLeast => "at-least",
            Basis::Nothing => "none",
        },
        holds_per_s: *holds_per_s,
        fails_per_s: *fails_per_s,
        speedup: capacity.speedup,
        runs: capacity.runs,
        is_complete: capacity.is_complete,
        notices: &capacity.notices,
        tried: tried.collect(),
        scenario,
    }
}

impl From<&Method> for MethodJson {
    fn from(method: &Method) -> Self {
        match method {
            Method::Drift(search) => Self::Drift { precision: search.precision },
            Method::MannKendall(grid) => Self::MannKendall {
                from_per_s: grid.from_per_s,
                to_per_s: grid.to_per_s,
                step_per_s: grid.step_per_s,
                window_s: grid.window_s,
                points: grid.points,
            },
            Method::Objectives(search, conditions) => Self::Slo {
                precision: search.precision,
                conditions: conditions.iter().map(ToString::to_string).collect(),
            },
        }
    }
}

impl From<&Tried> for MeasuredJson {
    fn from(tried: &Tried) -> Self {
        match &tried.measured {
            Measured::Drift(drift) => Self::Drift {
                drift: drift.share,
                drift_half: drift.half,
                departures_per_s: drift.departures_per_s,
            },
            Measured::Curve(curve) => Self::Curve {
                detection: curve.detection.as_ref().map(DetectionJson::from),
                curve: curve
                    .points
                    .iter()
                    .map(|&(window_s, response_s)| PointJson { window_s, response_s })
                    .collect(),
            },
            Measured::Objectives(objectives) => Self::Objectives {
                objectives: objectives
                    .iter()
                    .map(|of| ObjectiveJson { name: of.name.clone(), mean: of.mean, half: of.half })
                    .collect(),
            },
        }
    }
}

impl From<&Detection> for DetectionJson {
    fn from(of: &Detection) -> Self {
        Self {
            block_means_s: of.block_means_s.to_vec(),
            kendall: of.s,
            z: of.z,
            p: of.p,
            rise: of.rise,
        }
    }
}
