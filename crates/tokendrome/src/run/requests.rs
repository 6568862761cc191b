//! Where the requests of a scenario come from.

use tokendrome_kernel::Streams;
use tokendrome_workload::{Prompts, Replay, Rows, Source, Synthetic};

use super::SimulateError;
use crate::Scenario;

/// What only shows when a trace or a dataset has been read.
pub(super) fn row_notices(scenario: &Scenario, source: &dyn Source, notices: &mut Vec<String>) {
    if !scenario.workload.reads_rows() {
        return;
    }
    if let Some(notice) = scenario.unused_priorities().filter(|_| source.has_priorities()) {
        notices.push(notice.to_owned());
    }
    let classes = source.classes();
    for name in scenario.slo.classes.keys().filter(|name| !classes.contains(name)) {
        notices.push(format!(
            "slo.classes.{name}: no request of the trace belongs to this class; it has {}",
            if classes.is_empty() { "none".to_owned() } else { classes.join(", ") }
        ));
    }
}

/// The requests of a scenario on the engine's clock.
///
/// # Panics
/// If the scenario names a trace or a dataset and no rows come, or the other way round.
pub(super) fn source(
    scenario: &Scenario,
    rows: Option<Rows>,
    streams: &Streams,
) -> Result<Box<dyn Source>, SimulateError> {
    let workload = &scenario.workload;
    let prompts = workload.prompts(scenario.shared_block_tokens());
    let source: Box<dyn Source> = match (&workload.trace, rows) {
        (None, Some(rows)) => {
            let spec = prompts.expect("rows come with a trace or a dataset");
            Box::new(Prompts::new(rows, spec, streams)?)
        }
        (Some(trace), Some(rows)) => Box::new(Replay::new(
            rows,
            trace.replay(workload.requests, scenario.simulation.time_unit),
            workload.arrivals.as_ref(),
            workload.duration_s,
            workload.max_tokens,
            streams,
        )?),
        (None, None) => {
            let spec = workload.synthetic().expect("a workload without rows is synthetic");
            Box::new(Synthetic::new(spec, streams)?)
        }
        (trace, None) => panic!("the rows of a trace come with its scenario; trace: {trace:?}"),
    };
    Ok(source)
}
