//! What every token passes: matrix products, and kernels that only move data.

use tokendrome_catalog::model::{DenseFfn, MoeFfn};
use tokendrome_catalog::{Attention, DType, Ffn};

use super::{Builder, Grain, PartKind, RooflineError, bytes_per_element};
use crate::roofline::layer::{Experts, Gemm};

type Operators = Vec<(PartKind, Gemm)>;

impl Builder<'_> {
    /// A kernel that reads and writes so many elements of activations per token.
    fn mover(&self, elements: f64) -> Gemm {
        Gemm {
            flops_per_token: 0.0,
            weight_bytes: 0.0,
            activation_bytes_per_token: elements * bytes_per_element(self.model.dtypes.activation),
            seconds_per_flop: 0.0,
        }
    }

    /// A norm of the residual stream: reads it and what is added to it, writes the sum and the
    /// norm.
    fn norm(&self, hidden: f64) -> Gemm {
        self.mover(4.0 * hidden)
    }

    /// Before the first layer.
    pub(super) fn entry(&self) -> Operators {
        match (self.reach.grain, self.model.transformer()) {
            (Grain::Operators, Some(shape)) => {
                let lookup = self.mover(2.0 * f64::from(shape.hidden_size));
                vec![(PartKind::Embedding, lookup)]
            }
            _ => Vec::new(),
        }
    }

    /// After the last layer.
    pub(super) fn exit(&self) -> Operators {
        match (self.reach.grain, self.model.transformer()) {
            (Grain::Operators, Some(shape)) => {
                vec![(PartKind::Norm, self.norm(f64::from(shape.hidden_size)))]
            }
            _ => Vec::new(),
        }
    }

    /// Up to attention proper, which reads queries and writes outputs of `between` elements
    /// together.
    pub(super) fn projections(
        &self,
        hidden_size: u32,
        attention: &Attention,
        between: f64,
    ) -> Result<Operators, RooflineError> {
        let dtype = self.model.dtypes.attention();
        let hidden = f64::from(hidden_size);
        let all = attention.linear_parameters(hidden_size, self.tp) as f64;
        if self.reach.grain == Grain::Classes {
            let gemm = self.gemm(all, dtype, 2.0 * hidden + between)?;
            return Ok(vec![(PartKind::Projections, gemm)]);
        }
        let output = self.output_width(attention) * hidden;
        let produced = self.produced(attention);
        Ok(vec![
            (PartKind::Norm, self.norm(hidden)),
            (PartKind::Qkv, self.gemm(all - output, dtype, hidden + produced)?),
            (PartKind::Rotary, self.mover(2.0 * self.rotated(attention))),
        ])
    }

    /// From attention proper to the end of the layer, given its feed-forward part.
    pub(super) fn after_attention(
        &self,
        hidden_size: u32,
        attention: &Attention,
        mut feed_forward: Operators,
    ) -> Result<Operators, RooflineError> {
        if self.reach.grain == Grain::Operators {
            let (hidden, width) = (f64::from(hidden_size), self.output_width(attention));
            let output =
                self.gemm(hidden * width, self.model.dtypes.attention(), hidden + width)?;
            let norm = (PartKind::Norm, self.norm(hidden));
            feed_forward.splice(0..0, [(PartKind::OutputProjection, output), norm]);
        }
        Ok(feed_forward)
    }

    /// Elements of one token that go into the output projection of a rank.
    fn output_width(&self, attention: &Attention) -> f64 {
        match attention {
            Attention::Grouped(of) => {
                f64::from(of.heads_per_rank(self.tp)) * f64::from(of.head_dim)
            }
            Attention::Latent(of) => {
                f64::from(of.heads_per_rank(self.tp)) * f64::from(of.v_head_dim)
            }
            Attention::Linear(_) => 0.0,
        }
    }

    /// Elements of one token that a rank's projections make: queries, keys and values.
    fn produced(&self, attention: &Attention) -> f64 {
        match attention {
            Attention::Grouped(of) => {
                let heads = of.heads_per_rank(self.tp) + 2 * of.kv_heads_per_rank(self.tp);
                f64::from(heads) * f64::from(of.head_dim)
            }
            Attention::Latent(of) => {
                let ranks = of.q_lora_rank.unwrap_or(0) + of.kv_lora_rank + of.qk_rope_head_dim;
                let queries = of.heads_per_rank(self.tp) * of.qk_head_dim();
                f64::from(ranks) + f64::from(queries)
            }
            Attention::Linear(_) => 0.0,
        }
    }

    /// Elements of one token that get the position's rotation on a rank.
    fn rotated(&self, attention: &Attention) -> f64 {
        match attention {
            Attention::Grouped(of) => {
                let heads = of.heads_per_rank(self.tp) + of.kv_heads_per_rank(self.tp);
                f64::from(heads) * f64::from(of.head_dim)
            }
            Attention::Latent(of) => {
                f64::from(of.heads_per_rank(self.tp) + 1) * f64::from(of.qk_rope_head_dim)
            }
            Attention::Linear(_) => 0.0,
        }
    }

    /// The part of a layer that works on each token alone: what all tokens pass, and the routed
    /// experts.
    pub(super) fn feed_forward(
        &self,
        hidden_size: u32,
        ffn: &Ffn,
    ) -> Result<(Operators, Option<Experts>), RooflineError> {
        match ffn {
            Ffn::Dense(dense) => Ok((self.dense(hidden_size, dense)?, None)),
            Ffn::Moe(moe) => {
                Ok((self.beside_experts(hidden_size, moe)?, Some(self.experts(hidden_size, moe)?)))
            }
        }
    }

    /// Elements between the projections of a block on one rank, by all its products.
    fn between(&self, intermediate: u32, gated: bool) -> f64 {
        f64::from(intermediate) / f64::from(self.tp) * if gated { 3.0 } else { 2.0 }
    }

    fn dense(&self, hidden_size: u32, dense: &DenseFfn) -> Result<Operators, RooflineError> {
        let hidden = f64::from(hidden_size);
        let linear = self.model.dtypes.linear;
        if self.reach.grain == Grain::Classes {
            let parameters = dense.linear_parameters(hidden_size, self.tp) as f64;
            let activations = 2.0 * hidden + self.between(dense.intermediate, dense.gated);
            let gemm = self.gemm(parameters, linear, activations)?;
            return Ok(vec![(PartKind::FeedForward, gemm)]);
        }
        self.matrices(hidden, dense.intermediate, dense.gated, linear)
    }

    /// Up, gate, activation and down of one block.
    fn matrices(
        &self,
        hidden: f64,
        intermediate: u32,
        gated: bool,
        dtype: DType,
    ) -> Result<Operators, RooflineError> {
        let width = f64::from(intermediate.div_ceil(self.tp));
        let product = |kind| Ok((kind, self.gemm(hidden * width, dtype, hidden + width)?));
        let mut operators = vec![product(PartKind::MlpUp)?];
        if gated {
            operators.push(product(PartKind::MlpGate)?);
        }
        // Reads what the products made, writes what goes into the last.
        let moved = width * if gated { 3.0 } else { 2.0 };
        operators.push((PartKind::Activation, self.mover(moved)));
        operators.push(product(PartKind::MlpDown)?);
        Ok(operators)
    }

    /// The router and the shared experts.
    fn beside_experts(&self, hidden_size: u32, moe: &MoeFfn) -> Result<Operators, RooflineError> {
        let hidden = f64::from(hidden_size);
        let linear = self.model.dtypes.linear;
        let router = moe.router_parameters(hidden_size);
        if self.reach.grain == Grain::Classes {
            let dense = moe.shared_parameters(hidden_size, self.tp) + router;
            let shared = self.between(moe.shared_intermediate, moe.gated);
            let gemm = self.gemm(dense as f64, linear, 2.0 * hidden + shared)?;
            return Ok(vec![(PartKind::FeedForward, gemm)]);
        }
        let format = self.model.dtypes.activation;
        let router = self.gemm(router as f64, format, hidden + f64::from(moe.experts))?;
        let mut operators = vec![(PartKind::Router, router)];
        if moe.shared_intermediate > 0 {
            let shared = self.matrices(hidden, moe.shared_intermediate, moe.gated, linear)?;
            operators.extend(shared);
        }
        Ok(operators)
    }

    fn experts(&self, hidden_size: u32, moe: &MoeFfn) -> Result<Experts, RooflineError> {
        let hidden = f64::from(hidden_size);
        let (count, top_k) = (f64::from(moe.experts), f64::from(moe.top_k));
        let held = moe.held(hidden_size, self.placement);
        let between = f64::from(held.intermediate) * if moe.gated { 3.0 } else { 2.0 };
        let activations = 2.0 * hidden + between;
        let one = self.gemm(held.parameters as f64, self.model.dtypes.experts, activations)?;
        let chosen_here = top_k * f64::from(held.count) / count;
        Ok(Experts {
            count: f64::from(held.count),
            ln_untouched_per_token: libm::log1p(-top_k / count),
            flops_per_token: one.flops_per_token * chosen_here,
            weight_bytes: one.weight_bytes,
            activation_bytes_per_token: one.activation_bytes_per_token * chosen_here,
            seconds_per_flop: one.seconds_per_flop,
        })
    }
}
