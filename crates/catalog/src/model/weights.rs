//! Bytes: weights and KV cache, of the whole model and of one rank.

use super::{Attention, DTypes, Ffn, LayerGroup, ModelSpec, Placement, Shape, Transformer};
use crate::DType;

/// The format that recurrent states are kept in.
///
/// Source: `mamba_ssm_dtype` of the Qwen3-Next and Qwen3.5 configurations.
const STATE_DTYPE: DType = DType::F32;

impl ModelSpec {
    /// Bytes of all weights, once.
    #[must_use]
    pub fn weight_bytes(&self) -> u64 {
        self.weight_bytes_per_rank(Placement::new(1, 1))
    }

    /// Bytes of weights on the fullest rank of a placement: matrices split `tensor` ways, routed
    /// experts over all ranks that share them, layers `pipeline` ways, of which the fullest stage
    /// has the average layer times `ceil(layers / pipeline)`, and the larger of embedding table and
    /// output head.
    ///
    /// Not modelled: padding of the vocabulary, copies of experts that many tokens choose.
    ///
    /// # Panics
    /// If a size is zero.
    #[must_use]
    pub fn weight_bytes_per_rank(&self, placement: Placement) -> u64 {
        assert!(placement.accelerators() > 0, "a group has at least one rank: {placement:?}");
        match &self.shape {
            Shape::Transformer(shape) => transformer_bytes(shape, &self.dtypes, placement),
            Shape::Lumped(shape) => {
                let ranks = u64::from(placement.tensor) * u64::from(placement.pipeline);
                self.dtypes.linear.bytes(shape.parameters).div_ceil(ranks)
            }
        }
    }

    /// Bytes that one token adds to the KV cache of one rank, over all layers, before any window
    /// lets go of it. With pipeline stages a rank holds its layers' share of this.
    ///
    /// Key/value heads are split `tp` ways with at least one head on a rank; a latent cache is on
    /// every rank whole.
    ///
    /// # Panics
    /// If `tp` is zero.
    #[must_use]
    pub fn kv_bytes_per_token(&self, tp: u32) -> u64 {
        assert!(tp > 0, "a group of ranks has at least one");
        let kv = self.dtypes.kv;
        match &self.shape {
            Shape::Transformer(shape) => {
                let bytes = |group: &LayerGroup| {
                    u64::from(group.count) * kv.bytes(group.attention.kv_elements_per_token(tp))
                };
                shape.layers.iter().map(bytes).sum()
            }
            Shape::Lumped(shape) => {
                u64::from(shape.layers) * kv.bytes(shape.kv_elements_per_token(tp))
            }
        }
    }

    /// Bytes of recurrent state that one sequence holds on one rank, over all layers, whatever its
    /// length; 0 for models without linear attention.
    ///
    /// # Panics
    /// If `tp` is zero.
    #[must_use]
    pub fn state_bytes_per_sequence(&self, tp: u32) -> u64 {
        assert!(tp > 0, "a group of ranks has at least one");
        let bytes = |group: &LayerGroup| match &group.attention {
            Attention::Linear(linear) => {
                let state = STATE_DTYPE.bytes(linear.state_elements(tp));
                let conv = self.dtypes.activation.bytes(linear.conv_state_elements(tp));
                u64::from(group.count) * (state + conv)
            }
            Attention::Grouped(_) | Attention::Latent(_) => 0,
        };
        self.transformer().map_or(0, |shape| shape.layers.iter().map(bytes).sum())
    }
}

fn transformer_bytes(shape: &Transformer, dtypes: &DTypes, placement: Placement) -> u64 {
    let Placement { tensor: tp, pipeline: pp, .. } = placement;
    let split = |parameters: u64| dtypes.embedding.bytes(parameters.div_ceil(u64::from(tp)));
    let layers = u64::from(shape.layer_count());
    let all: u64 = shape
        .layers
        .iter()
        .map(|group| u64::from(group.count) * layer_bytes(shape, group, dtypes, placement))
        .sum();
    let final_norm = dtypes.activation.bytes(shape.norm_parameters());
    let embedding = split(shape.embedding_parameters());
    if pp == 1 {
        return all + embedding + split(shape.head_parameters()) + final_norm;
    }
    // The last stage needs the head's matrix even if it is the embedding table.
    let head = split(shape.head_elements()) + final_norm;
    let share = u128::from(all) * u128::from(layers.div_ceil(u64::from(pp)));
    share.div_ceil(u128::from(layers)) as u64 + embedding.max(head)
}

/// Bytes of one layer on one rank.
fn layer_bytes(
    shape: &Transformer,
    group: &LayerGroup,
    dtypes: &DTypes,
    placement: Placement,
) -> u64 {
    let (hidden, tp) = (shape.hidden_size, placement.tensor);
    let attention = dtypes.attention().bytes(group.attention.linear_parameters(hidden, tp));
    let ffn = match &group.ffn {
        Ffn::Dense(dense) => {
            dtypes.linear.bytes(dense.linear_parameters(hidden, tp))
                + dtypes.activation.bytes(dense.other_parameters(hidden))
        }
        Ffn::Moe(moe) => {
            let held = moe.held(hidden, placement);
            let experts = u64::from(held.count);
            let small = moe.router_parameters(hidden)
                + moe.router_bias_parameters()
                + experts * moe.expert_bias_parameters(hidden);
            dtypes.experts.bytes(experts * held.parameters)
                + dtypes.linear.bytes(moe.shared_parameters(hidden, tp))
                + dtypes.activation.bytes(small)
        }
    };
    let norms = shape.layer_norm_parameters() + group.attention.other_parameters(hidden);
    attention + ffn + dtypes.activation.bytes(norms)
}
