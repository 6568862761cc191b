//! The section `[sweep]`: which fields take which values, and the scenarios that this makes.
//!
//! The section is taken out of the tree before anything else is read, so that a scenario never
//! knows of it. Each point is the whole tree once more, flags applied, with its values laid over
//! it: whatever a file may say a sweep may vary, and whatever is wrong with a point is explained by
//! the same checks, at the place in the section where it was written.

mod labels;
mod numbers;
mod points;
mod read;
mod values;
mod vary;

use crate::problem::Problem;
use crate::source::Place;
use crate::tree::Node;

pub(crate) use points::Override;
pub use points::{LoadedSweep, load_sweep};
pub(crate) use read::take;
pub use vary::Vary;

/// Most points of a sweep: each has a scenario and its figures in memory.
pub const POINTS_MAX: usize = 100_000;

/// How the values of several fields go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SweepMode {
    /// Every combination; the first field changes slowest.
    #[default]
    Grid,
    /// The first values of all fields, then the second ones, and so on.
    Zip,
}

impl SweepMode {
    /// All of them, by the names that files have for them.
    pub const NAMES: [(&'static str, Self); 2] = [("grid", Self::Grid), ("zip", Self::Zip)];

    fn of(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode)
    }
}

/// What varies, as it was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spec {
    mode: SweepMode,
    parameters: Vec<Parameter>,
}

/// A field and its values.
#[derive(Debug, Clone)]
struct Parameter {
    /// Dotted path.
    field: String,
    /// Where it was written.
    at: Place,
    values: Vec<Labelled>,
}

/// A value, and what it is called.
#[derive(Debug, Clone)]
struct Labelled {
    label: String,
    node: Node,
}

impl Spec {
    /// Checks what concerns several fields.
    fn check(&self) -> Result<(), Problem> {
        let Some(first) = self.parameters.first() else { return Ok(()) };
        for (at, parameter) in self.parameters.iter().enumerate() {
            let twice = self.parameters[..at].iter().any(|other| other.field == parameter.field);
            if twice {
                let message = format!("`{}` varies twice", parameter.field);
                return Err(Problem::new(message).at(parameter.at, "the second time"));
            }
        }
        let counts = self.parameters.iter().map(|parameter| parameter.values.len());
        let counts: Vec<usize> = counts.collect();
        if self.mode == SweepMode::Zip
            && let Some(other) =
                self.parameters.iter().find(|of| of.values.len() != first.values.len())
        {
            let message = format!(
                "`{}` has {} values and `{}` has {}, and `zip` takes them side by side",
                first.field,
                first.values.len(),
                other.field,
                other.values.len()
            );
            let help = "give all fields as many values, or take every combination with \
                        `mode = \"grid\"`";
            return Err(Problem::new(message).at(other.at, "").help(help));
        }
        match self.count() {
            Some(count) if count <= POINTS_MAX => Ok(()),
            _ => {
                let factors: Vec<String> = counts.iter().map(usize::to_string).collect();
                let message = format!(
                    "the sweep has {} points, and {POINTS_MAX} are the most",
                    factors.join(" x ")
                );
                Err(Problem::new(message).help("give fewer values, or sweep in several parts"))
            }
        }
    }

    /// Number of points; none if it is beyond all numbers.
    fn count(&self) -> Option<usize> {
        let mut counts = self.parameters.iter().map(|parameter| parameter.values.len());
        match self.mode {
            SweepMode::Zip => Some(counts.next().unwrap_or(0)),
            SweepMode::Grid => counts.try_fold(1_usize, usize::checked_mul),
        }
    }

    /// Which value each field has at a point.
    fn settings(&self, point: usize) -> Vec<usize> {
        match self.mode {
            SweepMode::Zip => vec![point; self.parameters.len()],
            SweepMode::Grid => {
                let mut rest = point;
                let mut settings: Vec<usize> = Vec::with_capacity(self.parameters.len());
                for parameter in self.parameters.iter().rev() {
                    settings.push(rest % parameter.values.len());
                    rest /= parameter.values.len();
                }
                settings.reverse();
                settings
            }
        }
    }
}

#[cfg(test)]
mod tests;
