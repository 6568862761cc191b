//! The layout of a sweep as JSON.

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tokendrome::{Scenario, SweepParameter};
use tokendrome_explore::{SweepPoint, Trials};

use super::SweptPoints;
use crate::json::write_value;
use crate::trials::Figures;

/// Version of the layout: the first number changes when a reader must, the second when fields were
/// added.
pub const SCHEMA_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Layout<'a> {
    schema_version: &'static str,
    tokendrome_version: &'static str,
    is_complete: bool,
    seed: u64,
    notices: &'a [String],
    varied: Vec<Varied<'a>>,
    points: Vec<PointJson<'a>>,
    scenario: &'a Scenario,
}

/// A field and its values.
#[derive(Serialize)]
struct Varied<'a> {
    field: &'a str,
    values: Vec<Setting<'a>>,
}

#[derive(Serialize)]
struct Setting<'a> {
    label: &'a str,
    value: &'a Value,
}

#[derive(Serialize)]
struct PointJson<'a> {
    settings: Settings<'a>,
    trials: u64,
    digest: String,
    figures: Figures<'a>,
}

pub(super) fn write(points: &SweptPoints<'_>, out: &mut impl Write) -> io::Result<()> {
    let sweep = points.sweep;
    let layout = Layout {
        schema_version: SCHEMA_VERSION,
        tokendrome_version: env!("CARGO_PKG_VERSION"),
        is_complete: points.swept.is_complete(),
        seed: sweep.base.simulation.seed,
        notices: &points.swept.notices,
        varied: sweep.parameters.iter().map(Varied::of).collect(),
        points: points.rows().map(|(at, of)| PointJson::of(&sweep.parameters, at, of)).collect(),
        scenario: &sweep.base,
    };
    write_value(&layout, &sweep.base, out)
}

impl<'a> Varied<'a> {
    fn of(parameter: &'a SweepParameter) -> Self {
        let values = parameter.settings.iter();
        let values = values.map(|of| Setting { label: &of.label, value: &of.value }).collect();
        Self { field: &parameter.field, values }
    }
}

impl<'a> PointJson<'a> {
    fn of(parameters: &'a [SweepParameter], point: &'a SweepPoint, trials: &'a Trials) -> Self {
        Self {
            settings: Settings(parameters, &point.settings),
            trials: trials.trials,
            digest: format!("{:016x}", trials.digest),
            figures: Figures(&trials.estimates),
        }
    }
}

/// What a point sets, by fields: numbers and words as they are, tables by their labels.
struct Settings<'a>(&'a [SweepParameter], &'a [usize]);

impl Serialize for Settings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (parameter, &setting) in self.0.iter().zip(self.1) {
            let of = &parameter.settings[setting];
            if of.value.is_object() || of.value.is_array() {
                map.serialize_entry(&parameter.field, &of.label)?;
            } else {
                map.serialize_entry(&parameter.field, &of.value)?;
            }
        }
        map.end()
    }
}
