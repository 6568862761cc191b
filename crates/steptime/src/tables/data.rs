//! Measured times of single operators, as plain data.

use serde::{Deserialize, Serialize};

/// Times of the operators of one model on one accelerator, of ONE layer on ONE rank, in
/// microseconds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OperatorTables {
    /// Operators that work on each token alone.
    pub dense: Vec<OperatorTime>,
    /// Operators that work on each sequence once in an iteration.
    pub per_sequence: Vec<OperatorTime>,
    /// Attention over a whole batch.
    pub attention: Vec<AttentionTime>,
    /// Routed experts.
    pub experts: Vec<ExpertsTime>,
    /// By how much of the way from the mean to the longest context decodes of unequal contexts are
    /// slower.
    pub skew: Vec<Skew>,
    /// Ranks that the layers were cut for; none if nobody says.
    pub ranks: Option<u32>,
    /// Ranks that the layer was cut for where the experts were measured.
    pub experts_ranks: u32,
}

/// Time of an operator over so many tokens, or sequences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatorTime {
    /// Its name, such as `qkv_proj`.
    pub operator: String,
    /// Tokens, or sequences.
    pub count: u32,
    /// Microseconds of one call.
    pub time_us: f64,
}

/// Time of attention over one chunk of a prompt and decodes of equal contexts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AttentionTime {
    /// Tokens of the chunk; 0: there is none.
    pub prefill_chunk: u32,
    /// Tokens of its sequence that were computed before.
    pub kv_prefill: u32,
    /// Decodes; 0: there are none.
    pub n_decode: u32,
    /// Tokens that each of them attends to.
    pub kv_decode: u32,
    /// Microseconds of one layer.
    pub time_us: f64,
}

/// Time of a layer's routed experts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExpertsTime {
    /// Tokens of the batch.
    pub tokens: u32,
    /// Different experts that any of them was sent to.
    pub activated: u32,
    /// Microseconds of one layer.
    pub time_us: f64,
}

/// The correction for unequal contexts in one class of batches; each bound is the last that
/// belongs to the class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Skew {
    /// Tokens of the prefill chunk.
    pub prefill_chunk: u32,
    /// Most decodes.
    pub n_decode: f64,
    /// Largest share of long contexts among the decodes, from 0 to 1.
    pub share: f64,
    /// Longest context.
    pub kv_longest: f64,
    /// Most tokens before the chunk.
    pub kv_prefill: f64,
    /// Share of the way from the time at the mean context to that at the longest.
    pub alpha: f64,
    /// Batches that this was fitted on.
    pub samples: f64,
}
