//! The `[workload]` section.

use serde::{Deserialize, Serialize};
use tokendrome_workload::{
    ArrivalsSpec, ClassMix, LengthsSpec, PrefixesSpec, ReplaySpec, SessionsSpec, SyntheticSpec,
};

use super::{DatasetSpec, TimeUnit};

/// Which requests arrive, when, and how long they are.
///
/// Either synthetic (`arrivals`, `input_tokens`, `output_tokens`), or recorded (`trace`), or with
/// the prompts of a file (`dataset`). A trace brings its own lengths, and its own arrival times
/// unless `arrivals` replaces them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct WorkloadSpec {
    /// Number of requests, each turn of a session among them. Default: all of a trace or a dataset;
    /// one batch of `batched` arrivals without interval; otherwise 10,000, unless a time ends the
    /// workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
    /// Nothing arrives after this time, in seconds. Default: `requests` ends the workload, or
    /// `simulation.max_time_s` if neither is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// When requests arrive, or sessions begin. Default: Poisson at 8 per second, or as recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<ArrivalsSpec>,
    /// Tokens of the prompts (of the first ones in sessions), without a shared prefix. Default:
    /// lognormal, median 992, as in chat with some history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<LengthsSpec>,
    /// Tokens of the outputs. Default: lognormal, median 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<LengthsSpec>,
    /// Most tokens that the engine may generate for a request; outputs that would be longer are cut
    /// there. Default: no limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Classes of requests and their shares. Default: all alike.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassMix>,
    /// Conversations of several turns. Default: every request stands alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<SessionsSpec>,
    /// Beginnings that prompts share, such as system prompts. Default: no prompts begin alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefixes: Option<PrefixesSpec>,
    /// A recorded workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceSpec>,
    /// Prompts from a file of chats. Their outputs are as long as `output_tokens` says, or as the
    /// recorded answers where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetSpec>,
}

/// Layout of a trace file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TraceFormat {
    /// Told from the file's beginning.
    #[default]
    Auto,
    /// Our JSON lines, a superset of Mooncake's: `timestamp` (ms), `input_length`, `output_length`,
    /// optional `hash_ids`, `session_id`, `priority`, `slo_class`, `max_tokens`.
    Jsonl,
    /// Azure LLM inference traces 2023 and 2024: `TIMESTAMP,ContextTokens,GeneratedTokens`.
    Azure,
    /// BurstGPT, versions 1 and 3.
    Burstgpt,
}

/// A recorded workload: a file, and which part of it is replayed how fast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TraceSpec {
    /// The file, plain or gzipped; relative to the scenario file.
    pub path: String,
    /// Its layout.
    #[serde(default)]
    pub format: TraceFormat,
    /// How many times faster than recorded the requests arrive.
    #[serde(default = "unchanged")]
    pub speedup: f64,
    /// Rows that arrive earlier than this, in seconds of the recording, are left out; what arrives
    /// at it arrives at 0.
    #[serde(default)]
    pub start_s: f64,
    /// Tokens that an entry of the rows' `hash_ids` stands for. Default: the size that fits every
    /// row, as the rows tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_size: Option<u32>,
}

fn unchanged() -> f64 {
    1.0
}

impl WorkloadSpec {
    /// The synthetic workload of a resolved scenario; none if it reads a trace or a dataset.
    pub(crate) fn synthetic(&self) -> Option<SyntheticSpec> {
        if self.reads_rows() {
            return None;
        }
        Some(SyntheticSpec {
            arrivals: self.arrivals.clone()?,
            input_tokens: self.input_tokens.clone()?,
            output_tokens: self.output_tokens.clone()?,
            max_tokens: self.max_tokens,
            requests: self.requests,
            duration_s: self.duration_s,
            classes: self.classes.clone(),
            sessions: self.sessions.clone(),
            prefixes: self.prefixes.clone(),
        })
    }
}

impl TraceSpec {
    /// How the trace is replayed, up to `limit` requests.
    pub(crate) fn replay(&self, limit: Option<u32>, unit: TimeUnit) -> ReplaySpec {
        ReplaySpec {
            speedup: self.speedup,
            start_s: self.start_s,
            limit,
            block_size: self.block_size,
            tick: (unit == TimeUnit::Tick).then(|| unit.millisecond()),
        }
    }
}
