//! What a sweep varies, as plain data.
//!
//! A sweep simulates a scenario at many points. Each point is a scenario of its own, resolved and
//! checked like any other; what is kept here says only where the points differ.

use serde_json::Value;

/// A field of the scenario that a sweep varies, or a whole table of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepParameter {
    /// Its dotted path as it was given: `workload.arrivals.rate_per_s`, `scheduler`.
    pub field: String,
    /// What it is set to, in order.
    pub settings: Vec<SweepSetting>,
}

/// One of the values of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepSetting {
    /// The value as people read it; equal labels mean equal values.
    pub label: String,
    /// The value as a scenario file would have it.
    pub value: Value,
}

impl SweepParameter {
    /// The values as numbers; none unless all of them are.
    #[must_use]
    pub fn numbers(&self) -> Option<Vec<f64>> {
        self.settings.iter().map(|setting| setting.value.as_f64()).collect()
    }
}
