//! Scenarios to start from, and running them under the checker.

use tokendrome::catalog::Catalog;
use tokendrome::metrics::{Observer, RequestRecord};
use tokendrome::steptime::{AffineSpec, StepTimeSpec};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{
    BatchingStrategy, ClusterSpec, Output, ParallelismSpec, Scenario, SchedulerSpec, SimulateError,
    SimulationSpec, VllmSpec, WorkloadSpec, simulate,
};

use crate::checker::Checker;

/// Llama-3.1-8B on one H100, all defaults.
pub(crate) fn default() -> Scenario {
    Scenario {
        disaggregation: None,
        model: Some(Catalog::model("llama-3.1-8b").unwrap()),
        hardware: Some(Catalog::accelerator("h100-sxm").unwrap()),
        parallelism: ParallelismSpec::default(),
        scheduler: SchedulerSpec::default(),
        step_time: StepTimeSpec::default(),
        workload: WorkloadSpec::default(),
        cluster: ClusterSpec::default(),
        slo: tokendrome::metrics::SloSpec::default(),
        simulation: SimulationSpec::default(),
    }
}

/// Fixed lengths, fixed gaps, iterations of `5 ms + 20 us` a token, each planned when the one
/// before it has ended: everything can be worked out by hand.
pub(crate) fn by_hand(requests: u32, input: u32, output: u32, rate_per_s: f64) -> Scenario {
    Scenario {
        step_time: affine(5.0, 0.02),
        workload: WorkloadSpec {
            requests: Some(requests),
            arrivals: Some(ArrivalsSpec::FixedRate { rate_per_s }),
            input_tokens: Some(LengthsSpec::Fixed { tokens: input }),
            output_tokens: Some(LengthsSpec::Fixed { tokens: output }),
            ..WorkloadSpec::default()
        },
        ..with_vllm(default(), |spec| spec.async_scheduling = Some(false))
    }
}

pub(crate) fn affine(base_ms: f64, per_token_ms: f64) -> StepTimeSpec {
    StepTimeSpec::Affine(AffineSpec::new(
        base_ms,
        per_token_ms,
        tokendrome::steptime::Law::Deterministic,
    ))
}

pub(crate) fn with_vllm(scenario: Scenario, change: impl FnOnce(&mut VllmSpec)) -> Scenario {
    let mut spec = scenario.scheduler.vllm().unwrap().clone();
    change(&mut spec);
    Scenario { scheduler: SchedulerSpec::Vllm(spec), ..scenario }
}

/// Collects the records of all requests.
#[derive(Default)]
pub(crate) struct Rows(pub(crate) Vec<RequestRecord>);

impl Observer for Rows {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn request(&mut self, record: &RequestRecord) {
        self.0.push(record.clone());
    }
}

/// Runs under the checker; the records come in input order.
pub(crate) fn run(scenario: &Scenario) -> Result<(Output, Vec<RequestRecord>), SimulateError> {
    let staged = scenario.parallelism.pipeline_parallel_size > 1;
    let vllm = scenario.scheduler.vllm();
    let waits = matches!(
        &scenario.scheduler,
        SchedulerSpec::PhaseBatching(spec) if spec.batching_strategy == BatchingStrategy::Windowed
    );
    let ahead = matches!(
        &scenario.scheduler,
        SchedulerSpec::TensorRtLlm(spec) if !spec.disable_overlap_scheduler
    );
    let never_rests =
        vllm.is_none_or(|spec| !spec.async_scheduling.unwrap_or(!staged)) && !waits && !ahead;
    let overlaps = staged || scenario.executors() > 1;
    let in_pairs =
        matches!(&scenario.scheduler, SchedulerSpec::TensorRtLlm(spec) if spec.simulation_mode);
    let mut checker = Checker::new(never_rests, overlaps).ending_in_pairs(in_pairs);
    let mut rows = Rows::default();
    let output = simulate(scenario, None, &mut [&mut checker, &mut rows])?;
    checker.finish(&output);
    rows.0.sort_by_key(|record| record.index);
    Ok((output, rows.0))
}
