//! From a model, an accelerator and a placement to the rates and layers of a roofline.

use std::collections::BTreeMap;

use tokendrome_catalog::{
    AcceleratorSpec, Attention, DType, DTypes, Ffn, Link, ModelSpec, Placement, Shape,
};

use super::error::RooflineError;
use super::layer::{Gemm, Layer};
use super::{PartKind, Rates, Roofline, SPANS_MAX};
use crate::collectives::{AllReduce, Collective, Group, LinkTime, Wire};
use crate::{LayerwiseSpec, RooflineSpec};

mod exchanges;
mod layers;
mod operators;

/// How finely a layer is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grain {
    /// Classes of kernels that run into each other.
    Classes,
    /// Every operator for itself.
    Operators,
}

/// What the kernels reach, and what they are.
struct Reach<'a> {
    grain: Grain,
    spec: &'a RooflineSpec,
    gemm_efficiency_by_dtype: &'a BTreeMap<DType, f64>,
    all_reduce: AllReduce,
}

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
        let reach = Reach {
            grain: Grain::Classes,
            spec,
            gemm_efficiency_by_dtype: &BTreeMap::new(),
            all_reduce: AllReduce::Auto,
        };
        Self::build(&reach, model, hardware, placement)
    }

    /// The same with every operator for itself.
    ///
    /// # Errors
    /// As [`Roofline::new`].
    pub fn layerwise(
        spec: &LayerwiseSpec,
        model: &ModelSpec,
        hardware: &AcceleratorSpec,
        placement: Placement,
    ) -> Result<Self, RooflineError> {
        let reach = Reach {
            grain: Grain::Operators,
            spec: &spec.roofline(),
            gemm_efficiency_by_dtype: &spec.gemm_efficiency_by_dtype,
            all_reduce: spec.all_reduce,
        };
        Self::build(&reach, model, hardware, placement)
    }

    fn build(
        reach: &Reach<'_>,
        model: &ModelSpec,
        hardware: &AcceleratorSpec,
        placement: Placement,
    ) -> Result<Self, RooflineError> {
        let builder = Builder { reach, model, hardware, placement, tp: placement.tensor };
        builder.check()?;
        let windows = windows_of(model)?;
        let layers = builder.layers(&windows)?;
        let stages = stages_of(&layers, placement.pipeline);
        let hidden = f64::from(model.hidden_size());
        let activation = bytes_per_element(model.dtypes.activation);
        let peak_flops = builder.peak(model.dtypes.linear)?.max(builder.peak_of_experts()?);
        let ranks = f64::from(placement.tensor);
        let accelerators = f64::from(placement.accelerators());
        Ok(Self {
            rates: builder.rates()?,
            stages,
            entry: builder.entry(),
            exit: builder.exit(),
            head: builder.head()?,
            // Hidden state and residual, each rank sending its share.
            boundary_bytes_per_token: 2.0 * hidden * activation / ranks,
            windows,
            ranks,
            engines: placement.data,
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
    reach: &'a Reach<'a>,
    model: &'a ModelSpec,
    hardware: &'a AcceleratorSpec,
    placement: Placement,
    tp: u32,
}

impl Builder<'_> {
    fn check(&self) -> Result<(), RooflineError> {
        let Placement { tensor, pipeline, .. } = self.placement;
        self.check_experts()?;
        let node = self.hardware.accelerators_per_node;
        if tensor > node && (self.hardware.network.is_none() || tensor % node > 0) {
            let accelerator = self.hardware.name.clone();
            return Err(RooflineError::Node { tensor, node, accelerator });
        }
        if tensor > node && self.reach.all_reduce == AllReduce::InSwitch {
            return Err(RooflineError::Switch { tensor, node });
        }
        let layers = self.model.layers();
        if pipeline > layers {
            return Err(RooflineError::Stages { pipeline, layers });
        }
        let divides = |heads: u32| match heads % tensor {
            0 => Ok(()),
            _ => Err(RooflineError::Heads { heads, tensor }),
        };
        let shares = |kv_heads: u32| match (kv_heads % tensor, tensor % kv_heads) {
            (0, _) | (_, 0) => Ok(()),
            _ => Err(RooflineError::KvHeads { kv_heads, tensor }),
        };
        match &self.model.shape {
            Shape::Lumped(shape) => divides(shape.heads),
            Shape::Transformer(shape) => {
                shape.layers.iter().try_for_each(|group| match &group.attention {
                    Attention::Grouped(grouped) => {
                        divides(grouped.heads)?;
                        shares(grouped.kv_heads)
                    }
                    Attention::Latent(latent) => divides(latent.heads),
                    Attention::Linear(_) => Err(RooflineError::NotModelled("linear-attention")),
                })
            }
        }
    }

    /// Whether there are experts to share, and enough of them.
    fn check_experts(&self) -> Result<(), RooflineError> {
        let Placement { data, whole_experts, .. } = self.placement;
        if data == 1 && !whole_experts {
            return Ok(());
        }
        let layers = self.model.transformer().map_or(&[][..], |shape| &shape.layers);
        let experts = layers.iter().filter_map(|group| match &group.ffn {
            Ffn::Moe(moe) => Some(moe.experts),
            Ffn::Dense(_) => None,
        });
        let Some(experts) = experts.min() else {
            return Err(RooflineError::NoExperts(self.model.name.clone()));
        };
        let ranks = self.placement.expert_ranks();
        if whole_experts && ranks > experts {
            return Err(RooflineError::Experts { experts, ranks });
        }
        Ok(())
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

    /// Connection as collectives reach it.
    fn wire(&self, link: Link) -> Wire {
        Wire {
            latency_s: link.latency_us / 1e6,
            per_byte_s: 1.0 / (link.bandwidth.0 * self.reach.spec.link_efficiency),
        }
    }

    /// So many accelerators side by side.
    fn group(&self, ranks: u32) -> Result<Group, RooflineError> {
        self.group_with_stride(ranks, 1, 1)
    }

    /// So many accelerators, of which the first `each` of every `stride` belong to the group.
    fn group_with_stride(
        &self,
        ranks: u32,
        stride: u32,
        each: u32,
    ) -> Result<Group, RooflineError> {
        let node = self.hardware.accelerators_per_node;
        let per_node = match node / stride {
            0 => node.min(each),
            strides => strides.saturating_mul(each),
        };
        let per_node = per_node.clamp(1, ranks);
        let within = match per_node {
            1 => None,
            _ => Some(self.link(self.hardware.link, "link within a node", "link")?),
        };
        let between = match ranks > per_node {
            false => None,
            true => Some(self.link(self.hardware.network, "network between nodes", "network")?),
        };
        let known = within.or(between).map(|link| self.wire(link));
        let known = known.unwrap_or(Wire { latency_s: 0.0, per_byte_s: 0.0 });
        Ok(Group {
            ranks,
            per_node,
            within: within.map_or(known, |link| self.wire(link)),
            between: between.map_or(known, |link| self.wire(link)),
        })
    }

    fn gemm_efficiency(&self, dtype: DType) -> f64 {
        let by_dtype = self.reach.gemm_efficiency_by_dtype.get(&dtype);
        by_dtype.copied().unwrap_or(self.reach.spec.gemm_efficiency)
    }

    fn rates(&self) -> Result<Rates, RooflineError> {
        let spec = self.reach.spec;
        let transfer = match self.placement.pipeline {
            1 => LinkTime::default(),
            _ => {
                let ranks = self.tp.saturating_mul(self.placement.pipeline);
                self.group(ranks)?.time(Collective::PointToPoint, AllReduce::Auto)
            }
        };
        let attention_peak = self.peak(self.model.dtypes.activation)?;
        Ok(Rates {
            seconds_per_byte: 1.0 / (self.hardware.memory_bandwidth.0 * spec.memory_efficiency),
            attention_seconds_per_flop: 1.0 / (attention_peak * spec.attention_efficiency),
            transfer,
            layer_overhead_s: (spec.layer_overhead_us + self.quantized_layer_us()) / 1e6,
            iteration_overhead_s: spec.overheads.iteration_us / 1e6,
            sequence_overhead_s: spec.overheads.sequence_us / 1e6,
            host_overhead_s: spec.host_overhead_us / 1e6,
        })
    }

    /// What a layer with quantised matrices takes longer.
    fn quantized_layer_us(&self) -> f64 {
        let DTypes { linear, experts, .. } = self.model.dtypes;
        let of_experts = if self.model.is_moe() { experts } else { linear };
        let narrowest = linear.bits_per_element().min(of_experts.bits_per_element());
        let is_quantized = narrowest < 16.0;
        if is_quantized { self.reach.spec.overheads.quantized_layer_us } else { 0.0 }
    }

    /// A matrix product with `parameters` weights of `dtype` on this rank, whose inputs and outputs
    /// have `activations` elements per token.
    fn gemm(&self, parameters: f64, dtype: DType, activations: f64) -> Result<Gemm, RooflineError> {
        Ok(Gemm {
            flops_per_token: 2.0 * parameters,
            weight_bytes: parameters * bytes_per_element(dtype),
            activation_bytes_per_token: activations
                * bytes_per_element(self.model.dtypes.activation),
            seconds_per_flop: 1.0 / (self.peak(dtype)? * self.gemm_efficiency(dtype)),
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
}
