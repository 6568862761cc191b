//! One scenario at two lengths: whether its queue grows.

use serde::Serialize;
use tokendrome::TimeUnit;
use tokendrome_explore::{Comparison, Growth, growth};

use crate::clock::Clock;
use crate::number::short;

/// The cuts of a scenario, and what the longer run says of its queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Lengths {
    short_s: f64,
    long_s: f64,
    growth: Option<Growth>,
}

#[derive(Serialize)]
pub(super) struct LengthsJson {
    short_s: f64,
    long_s: f64,
    verdict: Option<&'static str>,
    p: Option<f64>,
    waiting: Option<Vec<f64>>,
    until_s: Option<f64>,
}

impl Lengths {
    /// What a run that is cut at `seconds` (or as many thousand ticks) is called.
    #[must_use]
    pub fn name(seconds: f64, unit: TimeUnit) -> String {
        Clock::counting(unit).length(seconds)
    }

    /// Judges the second scenario of a comparison by its first trial.
    #[must_use]
    pub fn judge(short_s: f64, long_s: f64, comparison: &Comparison) -> Self {
        let first_trial = comparison.sides.last().and_then(|side| side.first_trial.as_ref());
        let growth = first_trial.and_then(|of| growth(&of.series, of.duration_s));
        Self { short_s, long_s, growth }
    }

    /// The verdict as a sentence.
    pub(super) fn verdict(&self) -> String {
        let Some(growth) = &self.growth else {
            return "none: requests have to arrive until the end of the long run, and do not; let \
                    the workload last as long"
                .to_owned();
        };
        let p = if growth.p < 0.001 { "< 0.001".to_owned() } else { format!("{:.3}", growth.p) };
        let [first, .., last] = growth.waiting;
        let waiting =
            format!("{} requests wait at first and {} at last", short(first), short(last));
        if growth.is_growing {
            format!("growing: {waiting} (trend in tenths of the long run, p {p})")
        } else {
            format!("stable: {waiting} (tenths of the long run, p {p})")
        }
    }

    pub(super) fn json(&self) -> LengthsJson {
        let growth = self.growth.as_ref();
        LengthsJson {
            short_s: self.short_s,
            long_s: self.long_s,
            verdict: growth.map(|of| if of.is_growing { "growing" } else { "stable" }),
            p: growth.map(|of| of.p),
            waiting: growth.map(|of| of.waiting.to_vec()),
            until_s: growth.map(|of| of.until_s),
        }
    }
}
