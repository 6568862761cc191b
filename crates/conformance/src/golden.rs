//! Recorded outputs of other simulators: a tree of runs, computed anew, and how far each is off.
//!
//! A golden file is JSON. A *run* is an object with a `config`; where it stands is its name
//! (`readme.static`), in a list the `name` that it has itself. What is written has the same keys
//! and rows, with the simulated leaves replaced by ours, `null` where a thing is not modelled, and
//! a key `tokendrome` that says who computed it and how far each run is off.

use std::fmt;

use serde_json::{Map, Value, json};
use thiserror::Error;

/// What is wrong with a golden file.
#[derive(Debug, Error)]
pub enum GoldenError {
    /// It is not JSON.
    #[error("not valid JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// It holds no run of this kind.
    #[error("no run was found in it: {0}")]
    NoRun(&'static str),
}

/// How far a run is off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Deviation {
    /// Largest difference of a value that counts.
    Of(f64),
    /// This many values that count are there on one side only.
    Missing(u64),
    /// Nothing of it counts, for this reason.
    NotCompared(&'static str),
    /// It was not computed: it cannot be simulated, or has nothing to simulate.
    Refused,
}

impl Deviation {
    /// No deviation at all.
    pub const NONE: Self = Self::Of(0.0);

    /// Takes a pair of values into account. Both may be absent.
    pub fn add(&mut self, recorded: Option<f64>, ours: Option<f64>) {
        *self = match (*self, recorded, ours) {
            (deviation @ (Self::NotCompared(_) | Self::Refused), ..) | (deviation, None, None) => {
                deviation
            }
            (Self::Of(most), Some(recorded), Some(ours)) => {
                Self::Of(most.max((recorded - ours).abs()))
            }
            (Self::Missing(count), Some(_), Some(_)) => Self::Missing(count),
            (Self::Of(_), ..) => Self::Missing(1),
            (Self::Missing(count), ..) => Self::Missing(count + 1),
        };
    }

    /// Whether no value that counts is off by more than `tolerance`.
    #[must_use]
    pub fn is_within(self, tolerance: f64) -> bool {
        match self {
            Self::Of(most) => most <= tolerance,
            Self::Missing(_) | Self::Refused => false,
            Self::NotCompared(_) => true,
        }
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(most) => write!(f, "{most:.3e}"),
            Self::Missing(1) => f.write_str("1 value on one side only"),
            Self::Missing(count) => write!(f, "{count} values on one side only"),
            Self::NotCompared(reason) => write!(f, "not compared: {reason}"),
            Self::Refused => f.write_str("not computed"),
        }
    }
}

/// A run that was computed anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// Where it stands in the file.
    pub name: String,
    /// Requests.
    pub requests: usize,
    /// Iterations.
    pub steps: usize,
    /// How far it is off.
    pub deviation: Deviation,
    /// Why it was not computed, if so.
    pub refusal: Option<String>,
    /// What counts as agreement, and its unit, where that is not as of all runs.
    pub tolerance: Option<(&'static str, f64)>,
}

impl Computed {
    /// A run that cannot be computed: nothing of what was recorded is left in it.
    pub(crate) fn refused(name: &str, run: &mut Map<String, Value>, why: String) -> Self {
        const KEPT: [&str; 5] = ["name", "config", "params", "columns", "batch_columns"];
        run.iter_mut()
            .filter(|(key, _)| !KEPT.contains(&key.as_str()))
            .for_each(|(_, of)| blank(of));
        Self {
            name: name.to_owned(),
            requests: 0,
            steps: 0,
            deviation: Deviation::Refused,
            refusal: Some(why),
            tolerance: None,
        }
    }

    /// How far it is off, or why it was not computed, for people.
    #[must_use]
    pub fn told(&self) -> String {
        match (&self.refusal, self.tolerance) {
            (Some(why), _) => format!("{}: {why}", self.deviation),
            (None, Some((unit, _))) => format!("{} ({unit})", self.deviation),
            (None, None) => self.deviation.to_string(),
        }
    }

    /// Whether no value that counts is off by more than `tolerance`, or its own.
    #[must_use]
    pub fn is_within(&self, tolerance: f64) -> bool {
        self.deviation.is_within(self.tolerance.map_or(tolerance, |(_, own)| own))
    }
}

/// Leaves nothing but the tree.
fn blank(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(blank),
        Value::Object(object) => object.values_mut().for_each(blank),
        leaf => *leaf = Value::Null,
    }
}

/// A golden file that was computed anew.
#[derive(Debug, Clone)]
pub struct Conformed {
    /// What is written.
    pub json: Value,
    /// Its runs, in the order of the file.
    pub runs: Vec<Computed>,
}

impl Conformed {
    /// Runs of which nothing counts.
    #[must_use]
    pub fn not_compared(&self) -> usize {
        let is_not = |run: &&Computed| matches!(run.deviation, Deviation::NotCompared(_));
        self.runs.iter().filter(is_not).count()
    }

    /// Runs that are off by more than `tolerance`, or were not computed.
    #[must_use]
    pub fn beyond(&self, tolerance: f64) -> usize {
        self.runs.iter().filter(|run| !run.is_within(tolerance)).count()
    }
}

/// Computes all runs of a file anew: every object for which `is_run` holds goes through `compute`,
/// with its name.
pub(crate) fn conform(
    json: Value,
    is_run: fn(&Map<String, Value>) -> bool,
    none: &'static str,
    compute: impl FnMut(&str, &mut Map<String, Value>) -> Result<Computed, String>,
) -> Result<Conformed, GoldenError> {
    conform_with(json, Vec::new(), is_run, none, compute)
}

/// The same, where something of the file has been computed already.
pub(crate) fn conform_with(
    mut json: Value,
    mut runs: Vec<Computed>,
    is_run: fn(&Map<String, Value>) -> bool,
    none: &'static str,
    mut compute: impl FnMut(&str, &mut Map<String, Value>) -> Result<Computed, String>,
) -> Result<Conformed, GoldenError> {
    visit(&mut json, "", is_run, &mut |name, run| {
        let computed = compute(name, run);
        runs.push(computed.unwrap_or_else(|why| Computed::refused(name, run, why)));
    });
    let Some(root) = json.as_object_mut().filter(|_| !runs.is_empty()) else {
        return Err(GoldenError::NoRun(none));
    };
    let largest = runs.iter().map(|run: &Computed| {
        let value = match run.deviation {
            Deviation::Of(most) => json!(most),
            Deviation::Missing(_) | Deviation::NotCompared(_) | Deviation::Refused => {
                json!(run.told())
            }
        };
        (run.name.clone(), value)
    });
    let largest: Map<String, Value> = largest.collect();
    let about = json!({ "version": env!("CARGO_PKG_VERSION"), "largest_deviation": largest });
    root.insert("tokendrome".to_owned(), about);
    Ok(Conformed { json, runs })
}

/// Computes the run of a name anew, in its place.
type Compute<'a> = dyn FnMut(&str, &mut Map<String, Value>) + 'a;

fn visit(
    value: &mut Value,
    name: &str,
    is_run: fn(&Map<String, Value>) -> bool,
    compute: &mut Compute<'_>,
) {
    if let Some(list) = value.as_array_mut() {
        for (place, below) in list.iter_mut().enumerate() {
            let own = below.get("name").and_then(Value::as_str);
            let name = own.map_or_else(|| format!("{name}.{place}"), str::to_owned);
            visit(below, &name, is_run, compute);
        }
        return;
    }
    let Some(object) = value.as_object_mut() else { return };
    if is_run(object) {
        return compute(name, object);
    }
    for (key, below) in object {
        let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        visit(below, &name, is_run, compute);
    }
}
