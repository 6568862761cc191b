//! Tokendrome: a discrete-event simulator of LLM inference serving.
//!
//! Plain data in, plain data out: a [`Scenario`] goes into [`simulate`], a [`Report`] comes out. A
//! [`Simulation`] is a scenario made ready once and run many times.
//! This crate does no IO; files, flags and tables are the business of the crates above it.

pub mod explain;
mod fit;
mod report;
mod run;
mod scenario;
mod sweep;
pub mod ticks;

pub use fit::{Placements, fit};
pub use report::{
    Cost, Curves, IterationSummary, PoolSummary, PrefixCacheSummary, QueueSummary, ReplicaSummary,
    Report, RequestCounts, SCHEMA_VERSION, SloSummary, SteadyState, Summary, Throughput,
    TimeSeries, TransferSummary, Utilisation,
};
pub use run::{Figures, Output, SimulateError, Simulation, simulate};
pub use scenario::{
    BatchingStrategy, CapacitySchedulerPolicy, Carries, ChatTemplate, ClusterSpec, Contention,
    ContextChunkingPolicy, DatasetFormat, DatasetSpec, DatasetTurns, DelaysSpec,
    DisaggregationSpec, Memory, Overlap, ParallelismSpec, Phase, PhaseBatchingSpec, PhasesSpec,
    Placed, Policy, PoolSpec, RouterSpec, Scenario, ScenarioError, SchedulerSpec, SimulationSpec,
    SlotsSpec, TensorRtLlmSpec, TimeUnit, TraceFormat, TraceSpec, TransferSpec, TransferUnit,
    Verdict, VllmSpec, WorkersSpec, WorkloadSpec,
};
pub use sweep::{SweepParameter, SweepSetting};
pub use tokendrome_catalog as catalog;
pub use tokendrome_cluster as cluster;
pub use tokendrome_kv as kv;
pub use tokendrome_metrics as metrics;
pub use tokendrome_sched as sched;
pub use tokendrome_steptime as steptime;
pub use tokendrome_units as units;
pub use tokendrome_workload as workload;
