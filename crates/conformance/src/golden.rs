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
    /// A run lacks something, or has something that cannot be.
    #[error("{run}: {what}")]
    Run {
        /// The run.
        run: String,
        /// What is wrong.
        what: String,
    },
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
}

impl Deviation {
    /// No deviation at all.
    pub const NONE: Self = Self::Of(0.0);

    /// Takes a pair of values into account. Both may be absent.
    pub fn add(&mut self, recorded: Option<f64>, ours: Option<f64>) {
        *self = match (*self, recorded, ours) {
            (deviation @ Self::NotCompared(_), ..) | (deviation, None, None) => deviation,
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
            Self::Missing(_) => false,
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
    /// Runs that are off by more than `tolerance`.
    #[must_use]
    pub fn beyond(&self, tolerance: f64) -> usize {
        self.runs.iter().filter(|run| !run.deviation.is_within(tolerance)).count()
    }
}

/// Computes all runs of a file anew: every object for which `is_run` holds goes through `compute`,
/// with its name.
pub(crate) fn conform(
    mut json: Value,
    is_run: fn(&Map<String, Value>) -> bool,
    none: &'static str,
    mut compute: impl FnMut(&str, &mut Map<String, Value>) -> Result<Computed, GoldenError>,
) -> Result<Conformed, GoldenError> {
    let mut runs = Vec::new();
    visit(&mut json, "", is_run, &mut |name, run| {
        runs.push(compute(name, run)?);
        Ok(())
    })?;
    let Some(root) = json.as_object_mut().filter(|_| !runs.is_empty()) else {
        return Err(GoldenError::NoRun(none));
    };
    let largest = runs.iter().map(|run: &Computed| {
        let value = match run.deviation {
            Deviation::Of(most) => json!(most),
            Deviation::Missing(_) | Deviation::NotCompared(_) => json!(run.deviation.to_string()),
        };
        (run.name.clone(), value)
    });
    let largest: Map<String, Value> = largest.collect();
    let about = json!({ "version": env!("CARGO_PKG_VERSION"), "largest_deviation": largest });
    root.insert("tokendrome".to_owned(), about);
    Ok(Conformed { json, runs })
}

/// Computes the run of a name anew, in its place.
type Compute<'a> = dyn FnMut(&str, &mut Map<String, Value>) -> Result<(), GoldenError> + 'a;

fn visit(
    value: &mut Value,
    name: &str,
    is_run: fn(&Map<String, Value>) -> bool,
    compute: &mut Compute<'_>,
) -> Result<(), GoldenError> {
    if let Some(list) = value.as_array_mut() {
        for (place, below) in list.iter_mut().enumerate() {
            let own = below.get("name").and_then(Value::as_str);
            let name = own.map_or_else(|| format!("{name}.{place}"), str::to_owned);
            visit(below, &name, is_run, compute)?;
        }
        return Ok(());
    }
    let Some(object) = value.as_object_mut() else { return Ok(()) };
    if is_run(object) {
        return compute(name, object);
    }
    for (key, below) in object {
        let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        visit(below, &name, is_run, compute)?;
    }
    Ok(())
}
