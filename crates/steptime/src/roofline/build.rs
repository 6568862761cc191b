//! From a model, an accelerator and a placement to the rates and layers of a roofline.

use tokendrome_catalog::model::{GroupedAttention, LatentAttention, Lumped, Transformer};
use tokendrome_catalog::{
    AcceleratorSpec, Attention, DType, DTypes, Ffn, LayerGroup, Link, ModelSpec, Shape,
};

use super::error::{Placement, RooflineError};
use super::layer::{Experts, Gemm, Layer, Mixing};
use super::{Rates, Roofline, SPANS_MAX};
use crate::RooflineSpec;

impl Roofline {
    /// The roofline of `model` on `placement` of `hardware`. All three must be valid.
    ///
    /// # Errors
    /// If the model cannot be placed so, or the hardware lacks a figure.
    pub fn new(
        spec: &RooflineSpec,
        model: &ModelSpec,
        hardware: &AcceleratorSpec,
        placement: Placement,
    ) -> Result<Self, RooflineError> {
        let builder = Builder { spec, model, hardware, tp: placement.tensor };
        builder.check(placement)?;
        let windows = windows_of(model)?;
        let layers = builder.layers(&windows)?;
        let stages = stages_of(&layers, placement.pipeline);
        let hidden = f64::from(model.hidden_size());
        let activation = bytes_per_element(model.dtypes.activation);
        let peak_flops = builder.peak(model.dtypes.linear)?.max(builder.peak_of_experts()?);
        let ranks = f64::from(placement.tensor);
        let accelerators = ranks * f64::from(placement.pipeline);
        Ok(Self {
            rates: builder.rates(placement)?,
            stages,
            head: builder.head()?,
            // Hidden state and residual, each rank sending its share.
            boundary_bytes_per_token: 2.0 * hidden * activation / ranks,
            windows,
            ranks,
            peaks: (peak_flops * accelerators, hardware.memory_bandwidth.0 * accelerators),
            layers: layers.into_iter().map(|(layer, _)| layer).collect(),
        })
    }
}

fn bytes_per_element(dtype: DType) -> f64 {
    dtype.bits_per_element() / 8.0
}

/// The different windows of a model's layers, ascending.
fn windows_of(model: &ModelSpec) -> Result<Vec<u32>, RooflineError> {
    let mut windows: Vec<u32> = match &model.shape {
        Shape::Transformer(shape) => {
            shape.layers.iter().filter_map(|group| group.attention.window()).collect()
        }
        Shape::Lumped(shape) => shape.window.into_iter().collect(),
    };
    windows.sort_unstable();
    windows.dedup();
    if windows.len() >= SPANS_MAX {
        return Err(RooflineError::Windows { found: windows.len(), most: SPANS_MAX - 1 });
    }
    Ok(windows)
}

/// How many layers of each kind a stage has. Stages differ by at most one layer, the last one being
/// among the short ones; kinds are spread evenly, which may make fractions.
fn stages_of(layers: &[(Layer, u32)], pipeline: u32) -> Vec<Vec<(usize, f64)>> {
    let total: u32 = layers.iter().map(|(_, count)| count).sum();
    let (base, rest) = (total / pipeline, total % pipeline);
    (0..pipeline)
        .map(|stage| {
            let longer = stage + 1 < pipeline && pipeline - 1 - stage <= rest;
            let share = f64::from(base + u32::from(longer)) / f64::from(total);
            let part = |(i, (_, count)): (usize, &(Layer, u32))| (i, f64::from(*count) * share);
            layers.iter().enumerate().map(part).collect()
        })
        .collect()
}

struct Builder<'a> {
    spec: &'a RooflineSpec,
    model: &'a ModelSpec,
    hardware: &'a AcceleratorSpec,
    tp: u32,
}

impl Builder<'_> {
    fn check(&self, placement: Placement) -> Result<(), RooflineError> {
        let Placement { tensor, pipeline } = placement;
        let node = self.hardware.accelerators_per_node;
        if tensor > node {
            let accelerator = self.hardware.name.clone();
            return Err(RooflineError::Node { tensor, node, accelerator });
        }
        let layers = self.model.layers();
        if pipeline > layers {
            return Err(RooflineError::Stages { pipeline, layers });
        }
        let divides = |heads: u32| match heads % tensor {
            0 => Ok(()),
            _ => Err(RooflineError::Heads { heads, tensor }),
        };
        match &self.model.shape {
            Shape::Lumped(shape) => divides(shape.heads),
            Shape::Transformer(shape) => {
                shape.layers.iter().try_for_each(|group| match &group.attention {
                    Attention::Grouped(grouped) => divides(grouped.heads),
                    Attention::Latent(latent) => divides(latent.heads),
                    Attention::Linear(_) => Err(RooflineError::NotModelled("linear-attention")),
                })
            }
        }
    }

    /// Dense peak of matrix products with weights of `dtype`, in operations per second.
    fn peak(&self, dtype: DType) -> Result<f64, RooflineError> {
        self.hardware.peak.for_weights(dtype).map(|(_, rate)| rate.0).ok_or_else(|| {
            RooflineError::NoPeak { accelerator: self.hardware.name.clone(), dtype: dtype.name() }
        })
    }

    fn peak_of_experts(&self) -> Result<f64, RooflineError> {
        let is_moe = self.model.transformer().is_some() && self.model.is_moe();
        let DTypes { linear, experts, .. } = self.model.dtypes;
        self.peak(if is_moe { experts } else { linear })
    }

    fn link(
        &self,
        link: Option<Link>,
        name: &'static str,
        field: &'static str,
    ) -> Result<Link, RooflineError> {
        link.ok_or_else(|| RooflineError::NoLink {
            accelerator: self.hardware.name.clone(),
            link: name,
            field,
        })
    }

    fn rates(&self, placement: Placement) -> Result<Rates, RooflineError> {
        let spec = self.spec;
        let per_byte = |link: &Link| 1.0 / (link.bandwidth.0 * spec.link_efficiency);
        let all_reduce = if placement.tensor > 1 {
            let link = self.link(self.hardware.link, "link within a node", "link")?;
            let ranks = f64::from(placement.tensor);
            // A ring passes every byte on 2 (n - 1) times, in n parts.
            let hops = 2.0 * (ranks - 1.0);
            (hops * link.latency_us / 1e6, hops / ranks * per_byte(&link))
        } else {
            (0.0, 0.0)
        };
        let transfer = if placement.pipeline > 1 {
            let within = placement.tensor.saturating_mul(placement.pipeline)
                <= self.hardware.accelerators_per_node;
            let link = if within {
                self.link(self.hardware.link, "link within a node", "link")?
            } else {
                self.link(self.hardware.network, "network between nodes", "network")?
            };
            (link.latency_us / 1e6, per_byte(&link))
        } else {
            (0.0, 0.0)
        };
        let attention_peak = self.peak(self.model.dtypes.activation)?;
        Ok(Rates {
            seconds_per_byte: 1.0 / (self.hardware.memory_bandwidth.0 * spec.memory_efficiency),
            attention_seconds_per_flop: 1.0 / (attention_peak * spec.attention_efficiency),
            all_reduce,
            transfer,
            layer_overhead_s: spec.layer_overhead_us / 1e6,
            host_overhead_s: spec.host_overhead_us / 1e6,
        })
    }

    /// A matrix product with `parameters` weights of `dtype` on this rank, whose inputs and outputs
    /// have `activations` elements per token.
    fn gemm(&self, parameters: f64, dtype: DType, activations: f64) -> Result<Gemm, RooflineError> {
        Ok(Gemm {
            flops_per_token: 2.0 * parameters,
            weight_bytes: parameters * bytes_per_element(dtype),
            activation_bytes_per_token: activations
                * bytes_per_element(self.model.dtypes.activation),
            seconds_per_flop: 1.0 / (self.peak(dtype)? * self.spec.gemm_efficiency),
        })
    }

    fn head(&self) -> Result<Option<Gemm>, RooflineError> {
        let Some(shape) = self.model.transformer() else { return Ok(None) };
        let vocabulary = f64::from(shape.vocab_size) / f64::from(self.tp);
        let hidden = f64::from(shape.hidden_size);
        let dtype = self.model.dtypes.embedding;
        self.gemm(hidden * vocabulary, dtype, hidden + vocabulary).map(Some)
    }

    fn layers(&self, windows: &[u32]) -> Result<Vec<(Layer, u32)>, RooflineError> {
        match &self.model.shape {
            Shape::Transformer(shape) => shape
                .layers
                .iter()
                .map(|group| Ok((self.layer(shape, group, windows)?, group.count)))
                .collect(),
            Shape::Lumped(shape) => self.lumped_layers(shape, windows),
        }
    }

    fn layer(
        &self,
        shape: &Transformer,
        group: &LayerGroup,
        windows: &[u32],
    ) -> Result<Layer, RooflineError> {
        let hidden = f64::from(shape.hidden_size);
        let parameters = group.attention.linear_parameters(shape.hidden_size, self.tp) as f64;
        let mixing = self.mixing(&group.attention, windows)?;
        let element = bytes_per_element(self.model.dtypes.activation);
        let between = mixing.activation_bytes_per_token / element;
        let dtype = self.model.dtypes.attention();
        let (feed_forward, experts) = self.feed_forward(shape.hidden_size, &group.ffn)?;
        Ok(Layer {
            projections: self.gemm(parameters, dtype, 2.0 * hidden + between)?,
            mixing,
            feed_forward: Some(feed_forward),
            experts,
            all_reduce_bytes_per_token: hidden * element,
            all_reduces: if self.tp > 1 { 2.0 } else { 0.0 },
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

    /// The dense part and the routed experts.
    fn feed_forward(
        &self,
        hidden_size: u32,
        ffn: &Ffn,
    ) -> Result<(Gemm, Option<Experts>), RooflineError> {
        let hidden = f64::from(hidden_size);
        let tp = f64::from(self.tp);
        let between = |intermediate: u32, gated: bool| {
            f64::from(intermediate) / tp * if gated { 3.0 } else { 2.0 }
        };
        let linear = self.model.dtypes.linear;
        match ffn {
            Ffn::Dense(dense) => {
                let parameters = dense.linear_parameters(hidden_size, self.tp) as f64;
                let activations = 2.0 * hidden + between(dense.intermediate, dense.gated);
                Ok((self.gemm(parameters, linear, activations)?, None))
            }
            Ffn::Moe(moe) => {
                let dense = moe.shared_parameters(hidden_size, self.tp)
                    + moe.router_parameters(hidden_size);
                let shared = between(moe.shared_intermediate, moe.gated);
                let dense = self.gemm(dense as f64, linear, 2.0 * hidden + shared)?;
                let (count, top_k) = (f64::from(moe.experts), f64::from(moe.top_k));
                let activations = top_k * (2.0 * hidden + between(moe.intermediate, moe.gated));
                let parameters = moe.expert_parameters(hidden_size, self.tp) as f64;
                let one = self.gemm(parameters, self.model.dtypes.experts, activations)?;
                let experts = Experts {
                    count,
                    ln_untouched_per_token: libm::log1p(-top_k / count),
                    flops_per_token: one.flops_per_token * top_k,
                    weight_bytes: one.weight_bytes,
                    activation_bytes_per_token: one.activation_bytes_per_token,
                    seconds_per_flop: one.seconds_per_flop,
                };
                Ok((dense, Some(experts)))
            }
        }
    }

    /// A lumped model: its parameters spread evenly over the layers, all read in every iteration,
    /// the active ones computed with for every token.
    fn lumped_layers(
        &self,
        shape: &Lumped,
        windows: &[u32],
    ) -> Result<Vec<(Layer, u32)>, RooflineError> {
        let share = f64::from(shape.layers) * f64::from(self.tp);
        let all = shape.parameters as f64 / share;
        let active = shape.active_parameters.unwrap_or(shape.parameters) as f64 / share;
        let mut weights = self.gemm(all, self.model.dtypes.linear, 0.0)?;
        weights.flops_per_token = 2.0 * active;
        let hidden = f64::from(shape.hidden_size);
        let width = f64::from(shape.heads.div_ceil(self.tp)) * f64::from(shape.head_dim());
        let kv_bytes =
            shape.kv_elements_per_token(self.tp) as f64 * bytes_per_element(self.model.dtypes.kv);
        let element = bytes_per_element(self.model.dtypes.activation);
        let layer = |span: usize| Layer {
            projections: weights,
            mixing: Mixing {
                activation_bytes_per_token: 0.0,
                ..self.softmax_mixing(4.0 * width, width, kv_bytes, span)
            },
            feed_forward: None,
            experts: None,
            all_reduce_bytes_per_token: hidden * element,
            all_reduces: if self.tp > 1 { 2.0 } else { 0.0 },
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
