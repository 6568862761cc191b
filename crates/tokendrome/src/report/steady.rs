//! How sure the means of one run are.

use tokendrome_metrics::{Batches, SteadyMean, Totals, WarmUp};
use tokendrome_units::SimTime;

use super::SteadyState;
use crate::Scenario;

/// Means and intervals after the warm-up of a run of `scenario`.
pub(crate) fn steady_state(scenario: &Scenario, totals: &Totals) -> SteadyState {
    let ms_ns = scenario.simulation.time_unit.millisecond().as_nanos() as f64;
    let second_ns = ms_ns * 1e3;
    let is_given = scenario.simulation.warm_up_s > 0.0;
    let warm_up = if is_given { WarmUp::Given } else { WarmUp::Detected };
    let latency = |of: &Batches| of.steady_mean(ms_ns, second_ns, warm_up);
    // What drains after the last arrival is no steady state.
    let (_, last_arrival) = totals.waiting_at_last;
    let levels = totals.measured_from.map(|from| {
        let to = from + totals.measured.time.since(SimTime::ZERO);
        totals.series.levels(from, to.min(last_arrival))
    });
    let [waiting, running] = levels.unwrap_or_default().map(|of| SteadyMean {
        // Slices of time are no sample: how many there are is the recorder's choice.
        effective_count: None,
        ..of.steady_mean(1.0, second_ns, warm_up)
    });
    SteadyState {
        ttft_ms: latency(&totals.batches.ttft),
        tpot_ms: latency(&totals.batches.tpot),
        e2e_ms: latency(&totals.batches.e2e),
        waiting,
        running,
    }
}
