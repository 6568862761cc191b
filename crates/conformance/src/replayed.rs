//! Recorded requests through the ordinary engine.

pub(crate) use tokendrome::metrics::Witness;
use tokendrome::steptime::StepTimeSpec;
use tokendrome::workload::{Rows, TraceRow};
use tokendrome::{
    Scenario, SchedulerSpec, Simulation, SimulationSpec, TimeUnit, TraceFormat, TraceSpec,
    WorkloadSpec,
};

/// The scenario of an engine without a machine, whose requests come as rows of a trace, and which
/// goes on until all have ended.
pub(crate) fn scenario(
    scheduler: SchedulerSpec,
    step_time: StepTimeSpec,
    time_unit: TimeUnit,
) -> Scenario {
    let trace = TraceSpec {
        path: "the recorded run".to_owned(),
        format: TraceFormat::Jsonl,
        speedup: 1.0,
        start_s: 0.0,
        block_size: None,
    };
    let workload = WorkloadSpec { trace: Some(trace), ..WorkloadSpec::default() };
    Scenario {
        simulation: SimulationSpec { time_unit, ..SimulationSpec::default() },
        ..Scenario::without_machine(scheduler, step_time, workload)
    }
}

/// The row of a request: when it comes, in nanoseconds (a tick takes the place of a millisecond),
/// and its tokens.
pub(crate) fn row(index: usize, arrival_ns: f64, [input, output]: [u32; 2]) -> TraceRow {
    TraceRow {
        index: index as u32,
        arrival_ns: arrival_ns.round() as u64,
        input_tokens: input,
        output_tokens: output,
        ..TraceRow::default()
    }
}

/// Runs the requests to their end.
pub(crate) fn replay(scenario: &Scenario, rows: Vec<TraceRow>) -> Result<Witness, String> {
    let simulation = Simulation::new(scenario).map_err(|error| error.to_string())?;
    let mut witness = Witness::default();
    if rows.is_empty() {
        return Ok(witness);
    }
    let rows: Rows = Box::new(rows.into_iter().map(Ok));
    simulation.run(0, Some(rows), &mut [&mut witness]).map_err(|error| error.to_string())?;
    witness.records.sort_by_key(|record| record.index);
    Ok(witness)
}
