//! What a recorder hands over at the end of a run.

use serde::Serialize;
use tokendrome_units::{SimDuration, SimTime};

use crate::{Attainment, Batches, Counters, Distribution, LevelTimes, PlanEffects, Series};

/// Latency distributions, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Latencies {
    /// Time to first token: arrival to first token.
    pub ttft_ms: Option<Distribution>,
    /// Time per output token of each request: `(E2E - TTFT) / (output tokens - 1)`.
    pub tpot_ms: Option<Distribution>,
    /// Time between tokens of each request as some define it: `(E2E - TTFT) / output tokens`. Only
    /// of schedulers of two phases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tbt_ms: Option<Distribution>,
    /// End-to-end latency: arrival to last token.
    pub e2e_ms: Option<Distribution>,
    /// Queue time: arrival to first iteration.
    pub queue_ms: Option<Distribution>,
    /// Transfer time: end of the prompt to the arrival of its KV cache in the pool that decodes.
    /// Only of disaggregated clusters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_ms: Option<Distribution>,
}

/// The measured requests of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClassSummary {
    /// Its name.
    pub name: String,
    /// Measured requests that ended.
    pub requests: u64,
    /// Those that completed.
    pub completed: u64,
    /// Latencies.
    pub latency: Latencies,
    /// SLO attainment.
    pub slo: Attainment,
}

/// Requests refused for one kind of reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RejectionCount {
    /// A fixed word for the kind of reason.
    pub kind: &'static str,
    /// How many.
    pub count: u64,
    /// Position in the input of the first one.
    pub first_index: u32,
    /// Its reason, with its figures.
    pub example: String,
}

/// Totals of one replica over the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReplicaCounters {
    /// Requests that were sent to it and not refused.
    pub requests: u64,
    /// Iterations that ended.
    pub iterations: u64,
    /// Tokens computed.
    pub computed_tokens: u64,
    /// Times of its iterations, up to the end of the run, in nanoseconds: see
    /// [`Counters::iteration_ns`].
    pub iteration_ns: u128,
    /// Most KV blocks in use at once.
    pub kv_blocks_peak: u64,
    /// What its plans did to requests and KV blocks.
    pub effects: PlanEffects,
}

/// The most requests that there were at any moment of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peaks {
    /// In the system.
    pub in_system: u64,
    /// Waiting.
    pub waiting: u64,
    /// Running.
    pub running: u64,
}

/// Latencies of the measured requests that completed, in nanoseconds, in batches. They stand in the
/// order of completion: that of a stream, in which nothing has to be held back, and which follows
/// the state of the system as closely as that of arrival. (With a cool-down, a request comes when
/// it is known to be measured.)
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LatencyBatches {
    /// Times to first token.
    pub ttft: Batches,
    /// Times per output token.
    pub tpot: Batches,
    /// End-to-end latencies.
    pub e2e: Batches,
}

impl LatencyBatches {
    /// Adds a measured request that ended at `end`.
    #[inline]
    pub(crate) fn add(&mut self, of: &Latency, end: SimTime) {
        self.e2e.add(of.e2e.as_nanos() as f64, end);
        if let Some(ttft) = of.ttft {
            self.ttft.add(ttft.as_nanos() as f64, end);
        }
        if let Some(tpot) = of.tpot_ns {
            self.tpot.add(tpot, end);
        }
    }
}

/// The latencies of one request that completed.
pub(crate) struct Latency {
    /// None without tokens.
    pub(crate) ttft: Option<SimDuration>,
    pub(crate) tpot_ns: Option<f64>,
    pub(crate) e2e: SimDuration,
}

/// Everything that was measured.
#[derive(Debug, Clone)]
pub struct Totals {
    /// Totals of the whole run.
    pub whole: Counters,
    /// Totals of the measured span.
    pub measured: Counters,
    /// When the measured span begins; none if there is none.
    pub measured_from: Option<SimTime>,
    /// Requests of the whole run that completed.
    pub completed: u64,
    /// Requests of the whole run that were refused.
    pub rejected: u64,
    /// Requests of the whole run that had not ended when it did.
    pub unfinished: u64,
    /// Requests that count in the distributions.
    pub measured_requests: u64,
    /// Why requests were refused, in the order of first occurrence.
    pub rejections: Vec<RejectionCount>,
    /// Latencies of the measured requests.
    pub latency: Latencies,
    /// The latencies of the measured requests in the order in which they ended.
    pub batches: LatencyBatches,
    /// Gaps between the tokens of the measured span, pooled, in milliseconds.
    pub itl_ms: Option<Distribution>,
    /// Prompt lengths of the measured requests that completed.
    pub prompt_tokens: Option<Distribution>,
    /// Output lengths of the measured requests that completed.
    pub output_tokens: Option<Distribution>,
    /// SLO attainment of the measured requests.
    pub slo: Attainment,
    /// The same by class; empty if there is but one.
    pub classes: Vec<ClassSummary>,
    /// Requests that waited when the last one arrived, and when that was.
    pub waiting_at_last: (u64, SimTime),
    /// Requests that waited when the run ended or was cut.
    pub waiting_end: u64,
    /// Largest levels of the run, each on its own.
    pub peak: Peaks,
    /// How long replicas held how many KV blocks in the measured span, by pool: the times of its
    /// replicas summed.
    pub kv_times: Vec<LevelTimes>,
    /// The run over time.
    pub series: Series,
    /// Percentiles 0, 0.5, ... 100 of TTFT, TPOT, ITL and E2E, in milliseconds, for drawing.
    pub curves: [Vec<f64>; 4],
}
