//! The engine of a replica: its scheduler, and the loop around it.

use tokendrome_cluster::{EMPTY_STEP_SLEEP, EngineLoop};
use tokendrome_sched::{
    Admission, DataParallel, PhaseBatching, PhaseOrder, Phases, Scheduler, Slots, SlotsConfig,
    TensorRtLlm, Vllm, WorkerPools, WorkerPoolsConfig,
};
use tokendrome_units::TICK;

use crate::{Scenario, SchedulerSpec, SlotsSpec, TimeUnit};

/// The scheduler of a replica, or those of its data-parallel engines as one.
pub(super) fn engines(scenario: &Scenario) -> Box<dyn Scheduler> {
    let engine = |_| scheduler(&scenario.scheduler);
    match scenario.parallelism.data_parallel_size {
        1 => engine(0),
        count => Box::new(DataParallel::new((0..count).map(engine).collect())),
    }
}

fn scheduler(spec: &SchedulerSpec) -> Box<dyn Scheduler> {
    let slots = |spec: &SlotsSpec, admission| {
        Box::new(Slots::new(SlotsConfig {
            admission,
            max_batch_size: spec.max_batch_size,
            total_prefill_chunks: spec.total_prefill_chunks,
        }))
    };
    match spec {
        SchedulerSpec::Vllm(spec) => Box::new(Vllm::new(spec.config())),
        SchedulerSpec::TensorRtLlm(spec) => Box::new(TensorRtLlm::new(spec.config())),
        SchedulerSpec::Static(spec) => slots(spec, Admission::Static),
        SchedulerSpec::InFlight(spec) => slots(spec, Admission::InFlight),
        SchedulerSpec::InFlightOnePrefill(spec) => slots(spec, Admission::InFlightOnePrefill),
        SchedulerSpec::Disaggregated(spec) => Box::new(WorkerPools::new(WorkerPoolsConfig {
            prefill_workers: spec.prefill_workers,
            decode_workers: spec.decode_workers,
            total_prefill_chunks: spec.total_prefill_chunks,
        })),
        SchedulerSpec::DecodePrioritizing(spec) => {
            Box::new(Phases::new(spec.config(PhaseOrder::DecodeFirst)))
        }
        SchedulerSpec::PrefillPrioritizing(spec) => {
            Box::new(Phases::new(spec.config(PhaseOrder::PrefillFirst)))
        }
        SchedulerSpec::Hybrid(spec) => Box::new(Phases::new(spec.config(spec.both()))),
        SchedulerSpec::PhaseBatching(spec) => Box::new(PhaseBatching::new(spec.config())),
    }
}

/// The loop around it.
pub(super) fn engine_loop(scenario: &Scenario) -> EngineLoop {
    if let Some(device) = scenario.scheduler.overlap() {
        return EngineLoop::Overlap { device };
    }
    match (&scenario.scheduler, scenario.simulation.time_unit) {
        (_, TimeUnit::Tick) => EngineLoop::Ticking { tick: TICK },
        (SchedulerSpec::Vllm(spec), _) if spec.is_async() => {
            EngineLoop::Asynchronous { sleep: EMPTY_STEP_SLEEP }
        }
        _ => match scenario.executors() {
            1 => EngineLoop::Synchronous,
            count => EngineLoop::Executors { count },
        },
    }
}
