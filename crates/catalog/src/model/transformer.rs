//! A decoder of which every matrix is known.

use serde::{Deserialize, Serialize};

use super::{Attention, Ffn};

/// A decoder-only transformer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Transformer {
    /// Width of the residual stream, in elements.
    pub hidden_size: u32,
    /// Rows of the embedding table and of the output head.
    pub vocab_size: u32,
    /// Whether the output head is the embedding table.
    #[serde(default)]
    pub tied_embeddings: bool,
    /// Rows of a learned position table (GPT-3); none: positions have no weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned_positions: Option<u32>,
    /// Whether the output head has a bias (Phi-2).
    #[serde(default)]
    pub head_bias: bool,
    /// Kind of the norms.
    #[serde(default)]
    pub norm: NormKind,
    /// Norms of the hidden size in every layer: 2, or 4 where outputs are normed too (Gemma 3).
    #[serde(default = "two")]
    pub norms_per_layer: u32,
    /// Groups of equal layers. Their order is of no account: a file lists a pattern that repeats
    /// as one group per kind.
    pub layers: Vec<LayerGroup>,
}

/// Layers of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LayerGroup {
    /// How many layers are of this kind.
    pub count: u32,
    /// How they mix tokens.
    pub attention: Attention,
    /// How they transform each token.
    pub ffn: Ffn,
}

/// The kind of the norms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NormKind {
    /// Root mean square: a weight per element.
    #[default]
    Rms,
    /// Layer norm: a weight and a bias per element.
    Layer,
}

const fn two() -> u32 {
    2
}

impl LayerGroup {
    /// Parameters of ONE layer without its norms, all experts included.
    #[must_use]
    pub fn parameters(&self, hidden: u32) -> u64 {
        self.attention_parameters(hidden) + self.ffn.parameters(hidden)
    }

    /// Parameters of ONE layer without its norms that one token passes through.
    #[must_use]
    pub fn active_parameters(&self, hidden: u32) -> u64 {
        self.attention_parameters(hidden) + self.ffn.active_parameters(hidden)
    }

    fn attention_parameters(&self, hidden: u32) -> u64 {
        self.attention.linear_parameters(hidden, 1) + self.attention.other_parameters(hidden)
    }
}

impl Transformer {
    /// Number of layers.
    #[must_use]
    pub fn layer_count(&self) -> u32 {
        self.layers.iter().map(|group| group.count).sum()
    }

    /// Parameters of the embedding table (and of the learned positions).
    #[must_use]
    pub fn embedding_parameters(&self) -> u64 {
        let rows = u64::from(self.vocab_size) + u64::from(self.learned_positions.unwrap_or(0));
        rows * u64::from(self.hidden_size)
    }

    /// Elements of the output head's matrix, whether or not it is the embedding table: what the
    /// last matrix product reads.
    #[must_use]
    pub fn head_elements(&self) -> u64 {
        u64::from(self.vocab_size) * u64::from(self.hidden_size)
    }

    /// Parameters that the output head adds: 0 if it is the embedding table.
    #[must_use]
    pub fn head_parameters(&self) -> u64 {
        let matrix = if self.tied_embeddings { 0 } else { self.head_elements() };
        matrix + if self.head_bias { u64::from(self.vocab_size) } else { 0 }
    }

    /// Parameters of the norms of one layer.
    #[must_use]
    pub fn layer_norm_parameters(&self) -> u64 {
        u64::from(self.norms_per_layer) * self.norm_parameters()
    }

    /// Parameters of one norm.
    #[must_use]
    pub fn norm_parameters(&self) -> u64 {
        let vectors = match self.norm {
            NormKind::Rms => 1,
            NormKind::Layer => 2,
        };
        vectors * u64::from(self.hidden_size)
    }

    /// Parameters of the whole model.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        self.sum_over_layers(|group| group.parameters(self.hidden_size))
    }

    /// Parameters that one token passes through; see [`ModelSpec::active_parameters`].
    ///
    /// [`ModelSpec::active_parameters`]: super::ModelSpec::active_parameters
    #[must_use]
    pub fn active_parameters(&self) -> u64 {
        self.sum_over_layers(|group| group.active_parameters(self.hidden_size))
    }

    fn sum_over_layers(&self, layer: impl Fn(&LayerGroup) -> u64) -> u64 {
        let norms = self.layer_norm_parameters();
        let layers: u64 =
            self.layers.iter().map(|group| u64::from(group.count) * (layer(group) + norms)).sum();
        layers + self.embedding_parameters() + self.head_parameters() + self.norm_parameters()
    }
}
