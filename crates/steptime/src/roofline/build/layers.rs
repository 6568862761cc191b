//! One layer: attention proper, and what stands around it.

use tokendrome_catalog::model::{GroupedAttention, LatentAttention, Lumped, Transformer};
use tokendrome_catalog::{Attention, LayerGroup};

use super::{Builder, PartKind, RooflineError, bytes_per_element};
use crate::roofline::layer::{Layer, Mixing};

impl Builder<'_> {
    pub(super) fn layer(
        &self,
        shape: &Transformer,
        group: &LayerGroup,
        windows: &[u32],
    ) -> Result<Layer, RooflineError> {
        let mixing = self.mixing(&group.attention, windows)?;
        let element = bytes_per_element(self.model.dtypes.activation);
        let between = mixing.activation_bytes_per_token / element;
        let (after, experts) = self.feed_forward(shape.hidden_size, &group.ffn)?;
        Ok(Layer {
            before: self.projections(shape.hidden_size, &group.attention, between)?,
            mixing,
            after: self.after_attention(shape.hidden_size, &group.attention, after)?,
            experts,
            exchanges: self.exchanges(shape.hidden_size, &group.ffn)?,
        })
    }

    fn mixing(&self, attention: &Attention, windows: &[u32]) -> Result<Mixing, RooflineError> {
        let kv_bytes = attention.kv_elements_per_token(self.tp) as f64
            * bytes_per_element(self.model.dtypes.kv);
        match attention {
            Attention::Grouped(grouped) => Ok(self.grouped(grouped, kv_bytes, windows)),
            Attention::Latent(latent) => Ok(self.latent(latent, kv_bytes)),
            Attention::Linear(_) => Err(RooflineError::NotModelled("linear-attention")),
        }
    }

    fn grouped(&self, grouped: &GroupedAttention, kv_bytes: f64, windows: &[u32]) -> Mixing {
        let heads = f64::from(grouped.heads_per_rank(self.tp));
        let width = heads * f64::from(grouped.head_dim);
        // A score and a weighted sum: two products, two operations each.
        self.softmax_mixing(4.0 * width, width, kv_bytes, span_of(grouped.window, windows))
    }

    fn softmax_mixing(
        &self,
        flops_per_pair: f64,
        width: f64,
        kv_bytes: f64,
        span: usize,
    ) -> Mixing {
        Mixing {
            span,
            prefill_flops_per_pair: flops_per_pair,
            decode_flops_per_pair: flops_per_pair,
            expand_flops_per_context: 0.0,
            kv_bytes,
            activation_bytes_per_token: 2.0
                * width
                * bytes_per_element(self.model.dtypes.activation),
        }
    }

    /// Prefill expands the latent into heads; decode works on the latent itself, with the
    /// up-projections absorbed into queries and outputs.
    fn latent(&self, latent: &LatentAttention, kv_bytes: f64) -> Mixing {
        let heads = f64::from(latent.heads_per_rank(self.tp));
        let [rank, nope, rope, value] = [
            latent.kv_lora_rank,
            latent.qk_nope_head_dim,
            latent.qk_rope_head_dim,
            latent.v_head_dim,
        ]
        .map(f64::from);
        let width = heads * (nope + rope + value) / 2.0;
        Mixing {
            prefill_flops_per_pair: 2.0 * heads * (nope + rope + value),
            decode_flops_per_pair: 2.0 * heads * (2.0 * rank + rope),
            expand_flops_per_context: 2.0 * rank * heads * (nope + value),
            ..self.softmax_mixing(0.0, width, kv_bytes, 0)
        }
    }

    /// A lumped model: its parameters spread evenly over the layers, all read in every iteration,
    /// the active ones computed with for every token.
    pub(super) fn lumped_layers(
        &self,
        shape: &Lumped,
        windows: &[u32],
    ) -> Result<Vec<(Layer, u32)>, RooflineError> {
        let share = f64::from(shape.layers) * f64::from(self.tp);
        let all = shape.parameters as f64 / share;
        let active = shape.active_parameters.unwrap_or(shape.parameters) as f64 / share;
        let mut weights = self.gemm(all, self.model.dtypes.linear, 0.0)?;
        weights.flops_per_token = 2.0 * active;
        let exchanges = self.all_reduces(shape.hidden_size, 2.0)?;
        let width = f64::from(shape.heads.div_ceil(self.tp)) * f64::from(shape.head_dim());
        let kv_bytes =
            shape.kv_elements_per_token(self.tp) as f64 * bytes_per_element(self.model.dtypes.kv);
        let layer = |span: usize| Layer {
            before: vec![(PartKind::Projections, weights)],
            mixing: Mixing {
                activation_bytes_per_token: 0.0,
                ..self.softmax_mixing(4.0 * width, width, kv_bytes, span)
            },
            after: Vec::new(),
            experts: None,
            exchanges: exchanges.clone(),
        };
        let windowed =
            if shape.window.is_some() { shape.window_layers.min(shape.layers) } else { 0 };
        let groups = [
            (layer(0), shape.layers - windowed),
            (layer(span_of(shape.window, windows)), windowed),
        ];
        Ok(groups.into_iter().filter(|&(_, count)| count > 0).collect())
    }
}

/// The place of a window among the spans: 0 is the whole context.
fn span_of(window: Option<u32>, windows: &[u32]) -> usize {
    let place = |window| windows.iter().position(|&known| known == window);
    window.and_then(place).map_or(0, |place| place + 1)
}
