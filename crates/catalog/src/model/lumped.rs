//! A model of which only totals are known.

use serde::{Deserialize, Serialize};

/// A model given by its size alone: no feed-forward width, no vocabulary.
///
/// Weights take `dtypes.linear`, the cache `dtypes.kv`. Not modelled: embeddings apart from layers,
/// which layers have experts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Lumped {
    /// Parameters of the whole model.
    pub parameters: u64,
    /// Parameters that one token passes through; none: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_parameters: Option<u64>,
    /// Number of layers.
    pub layers: u32,
    /// Width of the residual stream, in elements.
    pub hidden_size: u32,
    /// Query heads.
    pub heads: u32,
    /// Key/value heads; none: as many as `heads`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kv_heads: Option<u32>,
    /// Elements of one head; none: `hidden_size / heads`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_dim: Option<u32>,
    /// Tokens that a query looks back on in the windowed layers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Layers with the window; the others see the whole context.
    #[serde(default)]
    pub window_layers: u32,
}

impl Lumped {
    /// Key/value heads.
    #[must_use]
    pub fn kv_heads(&self) -> u32 {
        self.kv_heads.unwrap_or(self.heads)
    }

    /// Elements of one head.
    #[must_use]
    pub fn head_dim(&self) -> u32 {
        self.head_dim.unwrap_or(self.hidden_size / self.heads)
    }

    /// Elements that one token adds to the KV cache of one layer on one rank: at least one head.
    #[must_use]
    pub fn kv_elements_per_token(&self, tp: u32) -> u64 {
        2 * u64::from(self.kv_heads().div_ceil(tp)) * u64::from(self.head_dim())
    }
}
