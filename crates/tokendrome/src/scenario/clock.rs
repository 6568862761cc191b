//! What the clock of a scenario counts.

use serde::{Deserialize, Serialize};
use tokendrome_steptime::StepTimeSpec;
use tokendrome_units::{SimDuration, TICK};

use super::Scenario;

/// What the clock of a scenario counts.
///
/// With ticks, one tick takes the place of a millisecond, and a thousand ticks that of a second, in
/// every field of a [`Scenario`] and of a [`crate::Report`] whose name ends in `_ms`, `_s` or
/// `_per_s`. Files and tables say `_ticks`, `_per_tick` and `_per_1000_ticks` instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TimeUnit {
    /// Seconds of real time.
    #[default]
    Second,
    /// Ticks: the engine works in steps of at least one, and looks for new requests only between
    /// two steps.
    Tick,
}

impl TimeUnit {
    /// Whether it is the default.
    pub(super) fn is_second(&self) -> bool {
        *self == Self::Second
    }

    /// What stands for a millisecond on the engine's clock.
    #[must_use]
    pub fn millisecond(self) -> SimDuration {
        match self {
            Self::Second => SimDuration::from_millis(1),
            Self::Tick => TICK,
        }
    }

    /// How many of the engine's milliseconds stand for one.
    #[must_use]
    pub fn stretch(self) -> f64 {
        self.millisecond().as_nanos() as f64 / 1e6
    }
}

impl Scenario {
    /// The same scenario in seconds of the engine's clock.
    pub(crate) fn on_engine_clock(&self) -> Self {
        let stretch = self.simulation.time_unit.stretch();
        let mut scenario = self.clone();
        if stretch == 1.0 {
            return scenario;
        }
        let times = [&mut scenario.simulation.warm_up_s, &mut scenario.simulation.cool_down_s];
        times.into_iter().for_each(|time| *time *= stretch);
        let delays = &mut scenario.cluster.delays;
        let times = [&mut delays.request_ms, &mut delays.response_ms];
        times.into_iter().for_each(|time| *time *= stretch);
        let workload = &mut scenario.workload;
        let times = [&mut scenario.simulation.max_time_s, &mut workload.duration_s];
        times.into_iter().flatten().for_each(|time| *time *= stretch);
        if let Some(arrivals) = &mut workload.arrivals {
            arrivals.stretch(stretch);
        }
        if let Some(sessions) = &mut workload.sessions {
            sessions.think_s *= stretch;
        }
        match &mut scenario.step_time {
            StepTimeSpec::Constant(spec) => spec.step_ms *= stretch,
            StepTimeSpec::Affine(spec) => {
                spec.base_ms *= stretch;
                spec.per_token_ms *= stretch;
            }
            // What is in ticks stays so, and a roofline or a measurement in seconds.
            StepTimeSpec::Ticks(_)
            | StepTimeSpec::OperatorTables(_)
            | StepTimeSpec::Roofline(_)
            | StepTimeSpec::RooflineLayerwise(_) => {}
        }
        scenario
    }

    /// Whether the engine looks for requests only between two steps.
    pub(crate) fn is_ticking(&self) -> bool {
        self.simulation.time_unit == TimeUnit::Tick
    }
}
