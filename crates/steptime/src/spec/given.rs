//! Step times that are given, whatever the hardware.

use serde::{Deserialize, Serialize};

/// The law of an iteration's time about its mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// Always the mean.
    #[default]
    Deterministic,
    /// Exponential with that mean: the M of M/M/1.
    Exponential,
}

/// Parameters of the constant model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConstantSpec {
    /// Mean time of an iteration, in milliseconds.
    pub step_ms: f64,
    /// Law about the mean.
    #[serde(default)]
    pub law: Law,
}

/// How the two phases of an iteration that computes prompts and decodes together add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mixed {
    /// As one batch of all their tokens.
    #[default]
    Sum,
    /// Side by side: each takes the time of a batch of its own, and the iteration the longer one's.
    /// Under a random law each has its own draw.
    Max,
}

/// Parameters of the affine model: `base_ms + per_token_ms * max(0, tokens - free_tokens)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AffineSpec {
    /// Mean time of an iteration without tokens, in milliseconds.
    pub base_ms: f64,
    /// Further milliseconds for every token that the iteration computes, prefill and decode alike.
    pub per_token_ms: f64,
    /// Tokens of an iteration that the base covers.
    #[serde(default)]
    pub free_tokens: u32,
    /// How prompts and decodes in one iteration add up.
    #[serde(default)]
    pub mixed: Mixed,
    /// Law about the mean.
    #[serde(default)]
    pub law: Law,
}

impl AffineSpec {
    /// `base_ms + per_token_ms * tokens` under a law.
    #[must_use]
    pub fn new(base_ms: f64, per_token_ms: f64, law: Law) -> Self {
        Self { base_ms, per_token_ms, free_tokens: 0, mixed: Mixed::Sum, law }
    }
}

/// Parameters of the model in ticks. A tick is the least that an iteration takes; how long it is
/// on the clock is of no matter ([`tokendrome_units::TICK`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TicksSpec {
    /// Time to compute one prompt, whatever its length, in ticks. A chunk takes its share of it,
    /// and no iteration less than a tick.
    pub prefill_time: f64,
    /// Time of an iteration in which anything decodes, in ticks: the latency between two tokens of
    /// a request.
    pub itl: f64,
}
