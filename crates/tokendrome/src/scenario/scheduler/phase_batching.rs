//! The knobs of batches that nobody joins.

use serde::{Deserialize, Serialize};
use tokendrome_sched::{BatchMemory, BatchWindow, PhaseBatchingConfig};
use tokendrome_units::{Bytes, SimDuration};

/// What batches of prompts wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BatchingStrategy {
    /// Nothing: whoever waits when nothing is in flight is computed.
    #[default]
    Greedy,
    /// `min_batch_size` prompts, or the end of `batching_window_ms`.
    Windowed,
}

/// Knobs of the scheduler that alternates between a batch of prompts and a closed batch of decodes.
/// Memory is that of one accelerator beside the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PhaseBatchingSpec {
    /// Most requests of a batch. Default: as many as fit the memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_batch_size: Option<u32>,
    /// What batches of prompts wait for.
    pub batching_strategy: BatchingStrategy,
    /// With `windowed`: how long the oldest prompt waits at most, in milliseconds.
    pub batching_window_ms: f64,
    /// With `windowed`: prompts with which a batch begins at once.
    pub min_batch_size: u32,
    /// Memory for KV caches and activations. Default: what the weights leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// KV cache of one token. Default: that of the model's rank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kv_bytes_per_token: Option<Bytes>,
    /// Activations of one token of a batch. Default: four hidden states and two intermediates,
    /// shared by the ranks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation_bytes_per_token: Option<Bytes>,
}

impl Default for PhaseBatchingSpec {
    fn default() -> Self {
        Self {
            max_batch_size: None,
            batching_strategy: BatchingStrategy::Greedy,
            batching_window_ms: 10.0,
            min_batch_size: 1,
            memory: None,
            kv_bytes_per_token: None,
            activation_bytes_per_token: None,
        }
    }
}

impl PhaseBatchingSpec {
    /// The configuration of the scheduler.
    pub(crate) fn config(&self) -> PhaseBatchingConfig {
        let wait = SimDuration::from_secs_f64(self.batching_window_ms / 1e3);
        let window = BatchWindow {
            min_batch_size: self.min_batch_size,
            wait_ns: wait.expect("a resolved scenario has a window that is a time").as_nanos(),
        };
        let memory = self.memory.zip(self.kv_bytes_per_token).map(|(bytes, kv)| BatchMemory {
            bytes: bytes.0,
            kv_bytes_per_token: kv.0,
            activation_bytes_per_token: self.activation_bytes_per_token.map_or(0, |of| of.0),
        });
        PhaseBatchingConfig {
            max_batch_size: self.max_batch_size,
            window: match self.batching_strategy {
                BatchingStrategy::Greedy => None,
                BatchingStrategy::Windowed => Some(window),
            },
            memory,
        }
    }
}
