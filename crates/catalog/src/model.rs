//! The shape of a model, and what follows from it by arithmetic alone: parameters, bytes of
//! weights, bytes of KV cache.
//!
//! Counts are of the text model as it is served: no vision tower, no draft (MTP) layers. Nothing
//! here knows of time or of hardware. Methods with a `tp` argument give the share of ONE rank of a
//! tensor-parallel group (`tp` = 1: the whole); a dimension that does not divide is rounded up.

mod attention;
mod ffn;
mod lumped;
mod placement;
mod transformer;
mod validate;
mod weights;

use serde::{Deserialize, Serialize};

pub use attention::{Attention, GroupedAttention, LatentAttention, LinearAttention, QkNorm};
pub use ffn::{DenseFfn, Ffn, MoeFfn};
pub use lumped::Lumped;
pub use placement::{HeldExperts, Placement};
pub use transformer::{LayerGroup, NormKind, Transformer};

use crate::DType;

/// A model: its shape, its longest context and the number formats it is served in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// What reports call it.
    pub name: String,
    /// Longest context (prompt and output together), in tokens.
    pub max_context: u32,
    /// Number formats of weights, activations and KV cache.
    #[serde(default)]
    pub dtypes: DTypes,
    /// Layers and sizes.
    pub shape: Shape,
}

/// Number formats of the parts of a model; bf16 where a file says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DTypes {
    /// Dense feed-forward and shared-expert weights, and the attention projections unless
    /// `attention` says otherwise. Of a lumped model: all weights.
    pub linear: DType,
    /// Attention projections, where they differ from `linear` (Llama 4 FP8 keeps them in bf16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention: Option<DType>,
    /// Weights of routed experts.
    pub experts: DType,
    /// Embedding table and output head.
    pub embedding: DType,
    /// Activations between kernels, all-reduce payloads; also what norms, biases and routers are
    /// stored in.
    pub activation: DType,
    /// KV cache.
    pub kv: DType,
}

impl Default for DTypes {
    fn default() -> Self {
        Self::uniform(DType::Bf16)
    }
}

impl DTypes {
    /// Everything in one format.
    #[must_use]
    pub const fn uniform(dtype: DType) -> Self {
        Self {
            linear: dtype,
            attention: None,
            experts: dtype,
            embedding: dtype,
            activation: dtype,
            kv: dtype,
        }
    }

    /// The format of the attention projections.
    #[must_use]
    pub fn attention(&self) -> DType {
        self.attention.unwrap_or(self.linear)
    }
}

/// How much is known of a model's inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Shape {
    /// Every matrix is known.
    Transformer(Transformer),
    /// Only totals are known.
    Lumped(Lumped),
}

impl ModelSpec {
    /// Parameters of the whole model.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        match &self.shape {
            Shape::Transformer(shape) => shape.parameters(),
            Shape::Lumped(shape) => shape.parameters,
        }
    }

    /// Parameters that one token passes through: all but the routed experts it is not sent to.
    /// The embedding table counts whole (some publishers leave it out).
    #[must_use]
    pub fn active_parameters(&self) -> u64 {
        match &self.shape {
            Shape::Transformer(shape) => shape.active_parameters(),
            Shape::Lumped(shape) => shape.active_parameters.unwrap_or(shape.parameters),
        }
    }

    /// Number of layers.
    #[must_use]
    pub fn layers(&self) -> u32 {
        match &self.shape {
            Shape::Transformer(shape) => shape.layer_count(),
            Shape::Lumped(shape) => shape.layers,
        }
    }

    /// Width of the residual stream, in elements.
    #[must_use]
    pub fn hidden_size(&self) -> u32 {
        match &self.shape {
            Shape::Transformer(shape) => shape.hidden_size,
            Shape::Lumped(shape) => shape.hidden_size,
        }
    }

    /// The full shape, or `None` of a lumped model.
    #[must_use]
    pub const fn transformer(&self) -> Option<&Transformer> {
        match &self.shape {
            Shape::Transformer(shape) => Some(shape),
            Shape::Lumped(_) => None,
        }
    }

    /// Whether any layer routes tokens to experts.
    #[must_use]
    pub fn is_moe(&self) -> bool {
        match &self.shape {
            Shape::Transformer(shape) => {
                shape.layers.iter().any(|group| matches!(group.ffn, Ffn::Moe(_)))
            }
            Shape::Lumped(shape) => shape.active_parameters.is_some(),
        }
    }
}

#[cfg(test)]
mod tests;
