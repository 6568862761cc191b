//! What is simulated, as plain data.
//!
//! One [`Scenario`] says everything: two runs of the same scenario, seed and replication are equal
//! bit by bit. Fields that depend on others may be left open (`None`); [`Scenario::resolve`] fills
//! them in, and a resolved scenario is what reports carry.

mod clock;
mod dataset;
mod delays;
pub(crate) mod disaggregation;
mod resolve;
mod scheduler;
mod workload;

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tokendrome_catalog::{AcceleratorSpec, ModelSpec, Placement};
use tokendrome_metrics::SloSpec;
use tokendrome_steptime::{RooflineError, StepTime, StepTimeSpec};

pub use clock::TimeUnit;
pub use dataset::{ChatTemplate, DatasetFormat, DatasetSpec, DatasetTurns};
pub use delays::DelaysSpec;
pub use disaggregation::{
    Carries, Contention, DisaggregationSpec, Overlap, Phase, PoolSpec, TransferSpec, TransferUnit,
};
pub use resolve::{Memory, Placed, ScenarioError, Verdict};
pub use scheduler::{
    BatchingStrategy, CapacitySchedulerPolicy, ContextChunkingPolicy, PhaseBatchingSpec,
    PhasesSpec, Policy, SchedulerSpec, SlotsSpec, TensorRtLlmSpec, VllmSpec, WorkersSpec,
};
pub use workload::{TraceFormat, TraceSpec, WorkloadSpec};

/// A complete scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The model that is served. Left out where neither scheduler nor step times look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelSpec>,
    /// The accelerator that serves it; left out likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware: Option<AcceleratorSpec>,
    /// How one replica is spread over accelerators.
    #[serde(default)]
    pub parallelism: ParallelismSpec,
    /// How a replica batches requests.
    #[serde(default)]
    pub scheduler: SchedulerSpec,
    /// How long an iteration takes.
    #[serde(default)]
    pub step_time: StepTimeSpec,
    /// Which requests arrive.
    #[serde(default)]
    pub workload: WorkloadSpec,
    /// How many replicas there are and how requests reach them.
    #[serde(default)]
    pub cluster: ClusterSpec,
    /// Pools of their own for prompts and decodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disaggregation: Option<DisaggregationSpec>,
    /// Latency limits to count against.
    #[serde(default)]
    pub slo: SloSpec,
    /// Seed, measured span, horizon.
    #[serde(default)]
    pub simulation: SimulationSpec,
}

impl Scenario {
    /// One replica without a machine, for step times that need neither model nor accelerator; all
    /// else by default.
    #[must_use]
    pub fn without_machine(
        scheduler: SchedulerSpec,
        step_time: StepTimeSpec,
        workload: WorkloadSpec,
    ) -> Self {
        Self {
            model: None,
            hardware: None,
            parallelism: ParallelismSpec::default(),
            scheduler,
            step_time,
            workload,
            cluster: ClusterSpec::default(),
            disaggregation: None,
            slo: SloSpec::default(),
            simulation: SimulationSpec::default(),
        }
    }

    /// The model and the accelerator, where there are both.
    #[must_use]
    pub fn machine(&self) -> Option<(&ModelSpec, &AcceleratorSpec)> {
        self.model.as_ref().zip(self.hardware.as_ref())
    }

    /// The roofline of one engine; none if step times are given otherwise, or there is no machine.
    ///
    /// # Errors
    /// If the model cannot be placed so, or the hardware lacks a figure.
    pub fn roofline(&self) -> Result<Option<Rc<dyn StepTime>>, RooflineError> {
        let Some((model, hardware)) = self.machine() else { return Ok(None) };
        self.step_time.roofline(model, hardware, self.parallelism.placement())
    }
}

/// How one replica is spread over accelerators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ParallelismSpec {
    /// Accelerators that share every layer (tensor parallelism): of one node, or of several whole
    /// nodes with a network between them.
    pub tensor_parallel_size: u32,
    /// Stages that the layers are cut into (pipeline parallelism). As many batches are in flight.
    pub pipeline_parallel_size: u32,
    /// Engines of `tensor_parallel_size` ranks with requests, attention and KV cache of their own
    /// that share the routed experts, and go through the layers together (data parallelism).
    pub data_parallel_size: u32,
    /// Whether a rank holds some of the routed experts whole, and not a slice of each (expert
    /// parallelism): over tensor- and data-parallel ranks.
    pub enable_expert_parallel: bool,
}

impl Default for ParallelismSpec {
    fn default() -> Self {
        Self {
            tensor_parallel_size: 1,
            pipeline_parallel_size: 1,
            data_parallel_size: 1,
            enable_expert_parallel: false,
        }
    }
}

impl ParallelismSpec {
    /// The same for those who compute with it.
    #[must_use]
    pub fn placement(&self) -> Placement {
        Placement {
            tensor: self.tensor_parallel_size,
            pipeline: self.pipeline_parallel_size,
            data: self.data_parallel_size,
            whole_experts: self.enable_expert_parallel,
        }
    }

    /// Accelerators of one replica.
    #[must_use]
    pub fn accelerators(&self) -> u32 {
        self.placement().accelerators()
    }
}

/// The replicas and what stands before them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ClusterSpec {
    /// Equal replicas of the engine.
    pub replicas: u32,
    /// Which replica serves a request.
    pub router: RouterSpec,
    /// The way between clients and the router.
    #[serde(skip_serializing_if = "DelaysSpec::are_none")]
    pub delays: DelaysSpec,
}

impl Default for ClusterSpec {
    fn default() -> Self {
        Self { replicas: 1, router: RouterSpec::RoundRobin, delays: DelaysSpec::default() }
    }
}

/// Which replica serves a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RouterSpec {
    /// Each in turn.
    RoundRobin,
    /// One queue before all replicas: of those with a free place (fewer than `max_num_seqs`
    /// requests), the one with the fewest requests takes the oldest; among equals the
    /// lowest-numbered.
    SharedQueue,
}

/// Seed, measured span and horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SimulationSpec {
    /// What the clock counts: seconds, or ticks for slot schedulers with given step times.
    #[serde(skip_serializing_if = "TimeUnit::is_second")]
    pub time_unit: TimeUnit,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Requests that arrive before this time are served but not measured, in seconds.
    pub warm_up_s: f64,
    /// Requests that arrive within this time before the last arrival are served but not measured,
    /// in seconds.
    pub cool_down_s: f64,
    /// The run is cut at this time, in seconds, and what has not ended before it is unfinished;
    /// none: the run goes on until every request has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_time_s: Option<f64>,
    /// Independent replications, each with random numbers of its own: the figures are then means
    /// with their confidence intervals. A single run is the first of them. With a precision, those
    /// before the first look at it.
    pub trials: u32,
    /// Trials are added until the 95 % interval of each headline mean is as narrow: half its width
    /// as a share of the mean, above 0 and below 1. None: as many as `trials` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// Trials at most, if there is a precision. Default: 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_trials: Option<u32>,
}

impl Default for SimulationSpec {
    fn default() -> Self {
        Self {
            time_unit: TimeUnit::Second,
            seed: 42,
            warm_up_s: 0.0,
            cool_down_s: 0.0,
            max_time_s: None,
            trials: 1,
            precision: None,
            max_trials: None,
        }
    }
}
