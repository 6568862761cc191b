//! The schedulers of two phases: which requests a batch takes is a matter of prefill and decode.

use serde::{Deserialize, Serialize};
use tokendrome_sched::{PhaseOrder, PhasesConfig};

/// Knobs of the schedulers of two phases. They keep no account of KV memory. A prompt yields no
/// token: the first comes with the first decode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PhasesSpec {
    /// Most requests of a batch.
    pub max_sequences: u32,
    /// Most tokens of a batch.
    pub max_tokens: u32,
    /// Whether prompts are computed in chunks.
    pub enable_chunked_prefill: bool,
    /// Most tokens of a prompt in one batch, with chunked prefill.
    pub prefill_chunk_size: u32,
    /// Share of `max_sequences` that is for decodes, rounded down, from 0 to 1; the others are for
    /// prompts. Of `hybrid` alone; default: 0.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decode_seq_ratio: Option<f64>,
    /// Engines that take their batches from the same queues.
    pub executors: u32,
}

impl Default for PhasesSpec {
    fn default() -> Self {
        Self {
            max_sequences: 32,
            max_tokens: 2_048,
            enable_chunked_prefill: false,
            prefill_chunk_size: 64,
            decode_seq_ratio: None,
            executors: 1,
        }
    }
}

impl PhasesSpec {
    /// The share of the places that is for decodes with `hybrid`, if nobody says.
    pub(crate) const DECODE_SEQ_RATIO: f64 = 0.5;

    /// Places for decodes with `hybrid`.
    pub(crate) fn decode_places(&self) -> u32 {
        let ratio = self.decode_seq_ratio.unwrap_or(Self::DECODE_SEQ_RATIO);
        (f64::from(self.max_sequences) * ratio) as u32
    }

    /// The order of `hybrid`.
    pub(crate) fn both(&self) -> PhaseOrder {
        PhaseOrder::Both { decode_places: self.decode_places() }
    }

    /// The configuration of the scheduler for an order of the phases.
    pub(crate) fn config(&self, order: PhaseOrder) -> PhasesConfig {
        PhasesConfig {
            order,
            max_sequences: self.max_sequences,
            max_tokens: self.max_tokens,
            prefill_chunk_size: self.enable_chunked_prefill.then_some(self.prefill_chunk_size),
            executors: self.executors,
        }
    }
}
