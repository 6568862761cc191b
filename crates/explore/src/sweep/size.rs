//! How much there is to simulate, before it is simulated.

use tokendrome::Scenario;
use tokendrome::workload::ArrivalsSpec;

/// Requests that a run of a resolved scenario will have, about: enough to begin with long runs.
/// Where nothing tells (a trace, a closed loop that a time ends), all are taken to be alike.
pub(super) fn requests(scenario: &Scenario) -> f64 {
    let workload = &scenario.workload;
    let ends = [workload.duration_s, scenario.simulation.max_time_s];
    let end_s = ends.into_iter().flatten().reduce(f64::min);
    let rate = workload.arrivals.as_ref().and_then(mean_per_s);
    let by_time = end_s.zip(rate).map(|(end_s, rate)| end_s * rate);
    let by_number = workload.requests.map(f64::from);
    [by_time, by_number].into_iter().flatten().reduce(f64::min).unwrap_or(1.0)
}

/// Mean rate of a process; none where answers or batches set it.
fn mean_per_s(arrivals: &ArrivalsSpec) -> Option<f64> {
    match *arrivals {
        ArrivalsSpec::Poisson { rate_per_s }
        | ArrivalsSpec::Gamma { rate_per_s, .. }
        | ArrivalsSpec::FixedRate { rate_per_s }
        | ArrivalsSpec::Uniform { rate_per_s }
        | ArrivalsSpec::Bursts { rate_per_s, .. } => Some(rate_per_s),
        ArrivalsSpec::Ramp { to_per_s, .. } => Some(to_per_s),
        ArrivalsSpec::Daily { mean_per_s, .. } => Some(mean_per_s),
        ArrivalsSpec::Batched { .. } | ArrivalsSpec::ClosedLoop { .. } => None,
    }
}
