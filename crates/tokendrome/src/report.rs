//! What a run reports, as plain data.
//!
//! Field names end in their unit: `_ms` milliseconds, `_s` seconds, `_per_s` per second of the
//! measured span. Definitions: `docs/metrics.md`.

mod build;
mod pools;
mod steady;

pub use pools::{PoolSummary, TransferSummary};

pub(crate) use build::{build, figures};
use steady::steady_state;

use serde::Serialize;
use tokendrome_metrics::{
    Attainment, ClassSummary, Distribution, Latencies, Objectives, RejectionCount, SeriesPoint,
    SteadyMean,
};

use crate::Scenario;

/// Version of the report's layout: the first number changes when a reader must, the second when
/// fields were added.
pub const SCHEMA_VERSION: &str = "1.2";

/// The outcome of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// Version of this layout.
    pub schema_version: &'static str,
    /// Version of Tokendrome that made it.
    pub tokendrome_version: &'static str,
    /// Fingerprint of the times, tokens and replicas of all requests and of the totals of all
    /// replicas: equal runs have equal digests.
    pub digest: String,
    /// Whether the run went to its end: false if it was interrupted.
    pub is_complete: bool,
    /// What a person should know before trusting the figures.
    pub notices: Vec<String>,
    /// The figures.
    pub summary: Summary,
    /// How sure the means of this one run are. Trials do not have it: they know better.
    pub steady_state: SteadyState,
    /// The run over time, in at most 512 equal buckets.
    pub series: TimeSeries,
    /// What was simulated, with every default filled in.
    pub scenario: Scenario,
}

/// Means after the warm-up, with 95 % confidence intervals from this one run: see [`SteadyMean`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SteadyState {
    /// Time to first token of the measured requests that completed.
    pub ttft_ms: SteadyMean,
    /// Time per output token, of those with more than one.
    pub tpot_ms: SteadyMean,
    /// End-to-end latency.
    pub e2e_ms: SteadyMean,
    /// Requests that wait, averaged over slices of the measured span, up to the last arrival: at
    /// most 512, and 5 of them in a batch.
    pub waiting: SteadyMean,
    /// Requests that run, likewise.
    pub running: SteadyMean,
}

/// The figures of a run. Those of latency, throughput and utilisation are over the measured span.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    /// What became of the requests.
    pub requests: RequestCounts,
    /// Simulated seconds of the whole run.
    pub duration_s: f64,
    /// Simulated seconds of the measured span.
    pub measured_s: f64,
    /// Latencies of the measured requests that completed.
    pub latency: Latencies,
    /// Gaps between successive tokens of a request, pooled over all requests.
    pub itl_ms: Option<Distribution>,
    /// Prompt lengths of the measured requests that completed, in tokens.
    pub input_tokens: Option<Distribution>,
    /// Output lengths of the measured requests that completed, in tokens.
    pub output_tokens: Option<Distribution>,
    /// Rates.
    pub throughput: Throughput,
    /// Objectives and how many requests met them; none if no measured request had any.
    pub slo: Option<SloSummary>,
    /// How busy the hardware was.
    pub utilisation: Utilisation,
    /// What the prefix cache saved; none if it was off.
    pub prefix_cache: Option<PrefixCacheSummary>,
    /// How many requests waited and ran.
    pub queue: QueueSummary,
    /// Iterations and what they computed.
    pub iterations: IterationSummary,
    /// What it costs; none where the accelerator has no price.
    pub cost: Option<Cost>,
    /// The same by class; empty if there is but one.
    pub classes: Vec<ClassSummary>,
    /// The pools of a disaggregated cluster, over the whole run; empty if there is but one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolSummary>,
    /// What was sent between the pools; none if there is but one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfers: Option<TransferSummary>,
    /// The same by replica, over the whole run.
    pub replicas: Vec<ReplicaSummary>,
}

/// What became of the requests of the whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestCounts {
    /// All that arrived.
    pub total: u64,
    /// Those that got all their tokens.
    pub completed: u64,
    /// Those that were refused on arrival.
    pub rejected: u64,
    /// Those that had not ended when the run did.
    pub unfinished: u64,
    /// Those that arrived in the measured span and ended: the basis of the latencies.
    pub measured: u64,
    /// Why requests were refused.
    pub rejections: Vec<RejectionCount>,
}

/// Rates over the measured span.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Throughput {
    /// Requests completed per second.
    pub requests_per_s: f64,
    /// Requests completed per second and accelerator (per replica, where there is no machine).
    pub requests_per_s_per_accelerator: f64,
    /// Prompt tokens of completed requests per second.
    pub input_tokens_per_s: f64,
    /// Output tokens delivered per second.
    pub output_tokens_per_s: f64,
    /// Both together.
    pub total_tokens_per_s: f64,
    /// Output tokens delivered per second and accelerator.
    pub output_tokens_per_s_per_accelerator: f64,
    /// Output tokens per second that a user sees on average: 1,000 / mean TPOT in ms.
    pub output_tokens_per_s_per_user: Option<f64>,
}

/// Objectives and how many measured requests met them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SloSummary {
    /// Limits of requests without a class of their own.
    pub objectives: Objectives,
    /// Counts.
    pub counts: Attainment,
    /// Share of the requests that met all their limits, 0 to 1.
    pub attainment: f64,
    /// Requests per second that met all their limits.
    pub goodput_per_s: f64,
}

/// How busy the hardware was, each from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Utilisation {
    /// Time average of the iterations in flight, over the pipeline stages of all replicas.
    pub busy: f64,
    /// Operations done over what the dense peak of the GEMMs' type would allow (MFU), booked when
    /// their iteration ends; none if the step-time model does not count operations.
    pub compute: Option<f64>,
    /// Bytes moved over what the memory bandwidth would allow (MBU); none likewise.
    pub bandwidth: Option<f64>,
    /// Time average of the KV blocks in use.
    pub kv_mean: f64,
    /// KV blocks in use on a replica, over what it can hand out, that are not exceeded in half of
    /// the time, times of all replicas summed; at most 0.1 % too low.
    pub kv_p50: f64,
    /// The same for 95 % of the time.
    pub kv_p95: f64,
    /// The same for 99 % of the time.
    pub kv_p99: f64,
    /// Most KV blocks in use at once on any one replica, over what it can hand out.
    pub kv_peak: f64,
    /// KV blocks that one replica can hand out.
    pub kv_blocks_per_replica: u64,
}

/// What the prefix cache saved over the measured span.
///
/// Counted when a request is scheduled for the first time; blocks that a preempted request finds
/// again are not hits here.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrefixCacheSummary {
    /// Prompt tokens that were looked up.
    pub queried_tokens: u64,
    /// Those of them that were found and not computed.
    pub cached_tokens: u64,
    /// `cached_tokens` over `queried_tokens`, 0 to 1.
    pub hit_rate: f64,
    /// KV blocks that were kept for later hits and then overwritten.
    pub evictions: u64,
}

/// How many requests waited and ran.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueueSummary {
    /// Time average of the requests that wait.
    pub waiting_mean: f64,
    /// Most requests waiting at once.
    pub waiting_max: u64,
    /// Requests waiting when the run ended or was cut: the final size of the queue.
    pub waiting_end: u64,
    /// Time average of the requests that run.
    pub running_mean: f64,
    /// Most requests running at once.
    pub running_max: u64,
    /// Times that a request lost its KV blocks and had to be computed again.
    pub preemptions: u64,
    /// The same per completed request.
    pub preemptions_per_request: f64,
}

/// Iterations and what they computed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IterationSummary {
    /// Iterations of all replicas.
    pub count: u64,
    /// Mean tokens computed in one.
    pub tokens_mean: f64,
    /// Mean time of one, from its plan to its result, in milliseconds.
    pub time_mean_ms: f64,
}

/// What it costs at the accelerator's list price.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cost {
    /// US dollars per hour for all accelerators.
    pub dollars_per_hour: f64,
    /// US dollars per million output tokens, at the measured rate; none if no token was delivered.
    pub dollars_per_million_output_tokens: Option<f64>,
    /// US dollars per million tokens, input and output, at the measured rate.
    pub dollars_per_million_tokens: Option<f64>,
}

/// One replica over the whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReplicaSummary {
    /// Requests that it served.
    pub requests: u64,
    /// Its iterations.
    pub iterations: u64,
    /// Tokens that it computed.
    pub computed_tokens: u64,
    /// Time average of its iterations in flight, over its pipeline stages.
    pub busy: f64,
    /// Prompt tokens found in its prefix cache over those that were looked up, 0 to 1; none if it
    /// was off.
    pub hit_rate: Option<f64>,
    /// Most of its KV blocks in use at once, 0 to 1.
    pub kv_peak: f64,
    /// Times that a request lost its KV blocks.
    pub preemptions: u64,
}

/// The run over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimeSeries {
    /// Width of a bucket, in seconds; the last one may be cut short.
    pub bucket_s: f64,
    /// The buckets.
    pub points: Vec<SeriesPoint>,
}

/// Percentiles 0, 0.5, 1, ... 100 for drawing distributions, in milliseconds; empty where nothing
/// was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Time to first token.
    pub ttft_ms: Vec<f64>,
    /// Time per output token.
    pub tpot_ms: Vec<f64>,
    /// Inter-token latency.
    pub itl_ms: Vec<f64>,
    /// End-to-end latency.
    pub e2e_ms: Vec<f64>,
}
