//! The roofline of `deckerd2001/inference_sim` (commit 9d1177d), so that its figures come out.
//!
//! Prompts count as if all were as long as the longest, decodes as if all contexts were. Every head
//! has keys and values of its own, the feed-forward block one up-projection and no gate, and
//! attention is sped up by a factor that grows with its length. The times of a layer's operators
//! add up; activations, norms, the output head and the embedding are not shared between ranks. A
//! ring all-reduce has one fixed latency. An iteration with prompts and decodes takes both times,
//! one after the other.

use tokendrome_catalog::{AcceleratorSpec, Attention, DType, Ffn, ModelSpec, Placement, Shape};

use super::parts::{Part, PartKind, Parts};
use super::{RooflineError, Work};
use crate::{BatchShape, LayerwiseSpec, RooflineSpec, StepCost, StepTime};

/// Fixed time of an all-reduce, in seconds.
const ALL_REDUCE_S: f64 = 5e-6;

/// Bytes that softmax moves for each pair of tokens and head.
const SOFTMAX_BYTES: f64 = 4.0;

/// The roofline of padded batches.
#[derive(Debug, Clone)]
pub struct PaddedRoofline {
    layers: f64,
    hidden: f64,
    heads: f64,
    head_dim: f64,
    intermediate: f64,
    vocabulary: f64,
    ranks: f64,
    /// Bytes of an element of weights, activations and KV cache.
    bytes: Formats,
    flops_per_s: f64,
    bytes_per_s: f64,
    attention_efficiency: f64,
    link_bytes_per_s: f64,
    overheads: RooflineSpec,
    peaks: (f64, f64),
}

#[derive(Debug, Clone, Copy)]
struct Formats {
    weights: f64,
    activations: f64,
    kv: f64,
}

/// One phase of an iteration: `sequences` prompts or decodes.
struct Phase {
    sequences: f64,
    /// Tokens of each that are computed.
    tokens: f64,
    /// Tokens that each attends to.
    context: f64,
    decodes: bool,
}

impl PaddedRoofline {
    /// The roofline of `model` on `placement` of `hardware`. All three must be valid.
    ///
    /// # Errors
    /// If the model cannot be placed so or has layers that the profile does not know, or the
    /// hardware lacks a figure.
    pub fn new(
        spec: &LayerwiseSpec,
        model: &ModelSpec,
        hardware: &AcceleratorSpec,
        placement: Placement,
    ) -> Result<Self, RooflineError> {
        // The same placements are possible.
        super::Roofline::layerwise(spec, model, hardware, placement)?;
        if placement.pipeline > 1 {
            return Err(RooflineError::Profile);
        }
        let Shape::Transformer(shape) = &model.shape else { return Err(RooflineError::Profile) };
        let [group] = shape.layers.as_slice() else { return Err(RooflineError::Profile) };
        let (Attention::Grouped(attention), Ffn::Dense(ffn)) = (&group.attention, &group.ffn)
        else {
            return Err(RooflineError::Profile);
        };
        let reach = spec.roofline();
        let peak = hardware.peak.for_weights(model.dtypes.linear).map(|(_, rate)| rate.0);
        let peak = peak.ok_or_else(|| RooflineError::NoPeak {
            accelerator: hardware.name.clone(),
            dtype: model.dtypes.linear.name(),
        })?;
        let bytes = |dtype: DType| dtype.bits_per_element() / 8.0;
        let ranks = f64::from(placement.tensor);
        let link = hardware.link.map_or(f64::INFINITY, |link| link.bandwidth.0);
        Ok(Self {
            layers: f64::from(group.count),
            hidden: f64::from(shape.hidden_size),
            heads: f64::from(attention.heads),
            head_dim: f64::from(attention.head_dim),
            intermediate: f64::from(ffn.intermediate),
            vocabulary: f64::from(shape.vocab_size),
            ranks,
            bytes: Formats {
                weights: bytes(model.dtypes.linear),
                activations: bytes(model.dtypes.activation),
                kv: bytes(model.dtypes.kv),
            },
            flops_per_s: peak * spec.gemm_efficiency_of(model.dtypes.linear),
            bytes_per_s: hardware.memory_bandwidth.0 * reach.memory_efficiency,
            attention_efficiency: reach.attention_efficiency,
            link_bytes_per_s: link * reach.link_efficiency,
            peaks: (peak * ranks, hardware.memory_bandwidth.0 * ranks),
            overheads: reach,
        })
    }

    fn phases(batch: &BatchShape) -> impl Iterator<Item = Phase> {
        let longest = |of: fn(&crate::Chunk) -> u32| {
            f64::from(batch.prefills.iter().map(of).max().unwrap_or(0))
        };
        let prompts = Phase {
            sequences: batch.prefills.len() as f64,
            tokens: longest(|chunk| chunk.tokens),
            context: longest(|chunk| chunk.context + chunk.tokens),
            decodes: false,
        };
        let decodes = Phase {
            sequences: f64::from(batch.decodes),
            tokens: 1.0,
            // The token that is computed does not count.
            context: f64::from(batch.decode_context_max.saturating_sub(1)),
            decodes: true,
        };
        [prompts, decodes].into_iter().filter(|phase| phase.sequences > 0.0)
    }

    /// A matrix product of `tokens` tokens, on one of `ranks` ranks.
    fn linear(&self, tokens: f64, inputs: f64, outputs: f64, ranks: f64) -> Work {
        let flops = 2.0 * tokens * inputs * outputs / ranks;
        let bytes = inputs * outputs * self.bytes.weights / ranks;
        self.work(flops, bytes)
    }

    fn work(&self, flops: f64, bytes: f64) -> Work {
        let compute_s = flops / self.flops_per_s;
        Work { flops, bytes, compute_s, memory_s: bytes / self.bytes_per_s, other_s: 0.0 }
    }

    /// Elements that are moved, `ranks` ranks sharing them.
    fn mover(&self, elements: f64, element: f64, ranks: f64) -> Work {
        self.work(0.0, elements * element / ranks)
    }

    /// Scores, softmax, weighted sum: one after the other, and faster the longer they are.
    fn attention(&self, phase: &Phase) -> Work {
        let pairs = phase.sequences * self.heads / self.ranks * phase.tokens * phase.context;
        let speed_up = match phase.tokens.max(phase.context) {
            longest if longest < 512.0 => 1.5,
            longest if longest < 2_048.0 => 2.5,
            _ => 3.5,
        };
        let flops = 2.0 * (2.0 * pairs * self.head_dim);
        let bytes = pairs * SOFTMAX_BYTES;
        let Work { compute_s, memory_s, .. } = self.work(flops, bytes);
        let reach = speed_up * self.attention_efficiency;
        let (compute_s, memory_s) = (compute_s / reach, memory_s / reach);
        // The two do not overlap: beside the longer, the shorter takes its time too.
        Work { flops, bytes, compute_s, memory_s, other_s: compute_s.min(memory_s) }
    }

    fn all_reduce(&self, tokens: f64) -> Work {
        if self.ranks == 1.0 {
            return Work::default();
        }
        let bytes = tokens * self.hidden * self.bytes.activations;
        let sent = 2.0 * (self.ranks - 1.0) / self.ranks * bytes;
        Work { other_s: sent / self.link_bytes_per_s + ALL_REDUCE_S, ..Work::default() }
    }

    /// Shows every operator: (kind, work on one rank, how often).
    fn visit(&self, batch: &BatchShape, mut visit: impl FnMut(PartKind, &Work, f64)) {
        let Self { hidden, intermediate, ranks, layers, .. } = *self;
        let Formats { activations, kv, .. } = self.bytes;
        for phase in Self::phases(batch) {
            let tokens = phase.sequences * phase.tokens;
            let norm = self.mover(2.0 * tokens * hidden, activations, 1.0);
            visit(PartKind::Norm, &norm, 2.0 * layers);
            visit(PartKind::Qkv, &self.linear(tokens, hidden, 3.0 * hidden, ranks), layers);
            if phase.decodes {
                let read = phase.sequences * phase.context;
                let read = self.mover(2.0 * read * hidden, kv, ranks);
                visit(PartKind::KvRead, &read, layers);
                visit(PartKind::DecodeAttention, &self.attention(&phase), layers);
            } else {
                visit(PartKind::PrefillAttention, &self.attention(&phase), layers);
            }
            let written = self.mover(2.0 * tokens * hidden, kv, ranks);
            visit(PartKind::KvWrite, &written, layers);
            let output = self.linear(tokens, hidden, hidden, ranks);
            visit(PartKind::OutputProjection, &output, layers);
            visit(PartKind::AllReduce, &self.all_reduce(tokens), 2.0 * layers);
            let up = self.linear(tokens, hidden, intermediate, ranks);
            visit(PartKind::MlpUp, &up, layers);
            let activation = self.mover(2.0 * tokens * intermediate, activations, 1.0);
            visit(PartKind::Activation, &activation, layers);
            let down = self.linear(tokens, intermediate, hidden, ranks);
            visit(PartKind::MlpDown, &down, layers);
            visit(PartKind::Head, &self.linear(tokens, hidden, self.vocabulary, 1.0), 1.0);
            if !phase.decodes {
                let embedding = self.mover(tokens * hidden, activations, 1.0);
                visit(PartKind::Embedding, &embedding, 1.0);
            }
        }
        let launch = Work { other_s: self.overheads.layer_overhead_us / 1e6, ..Work::default() };
        visit(PartKind::Launch, &launch, layers);
        let host = Work { other_s: self.overheads.host_overhead_us / 1e6, ..Work::default() };
        visit(PartKind::Host, &host, 1.0);
    }
}

impl StepTime for PaddedRoofline {
    fn cost(&self, batch: &BatchShape, cost: &mut StepCost) {
        (cost.host_s, cost.flops, cost.bytes) = (0.0, 0.0, 0.0);
        let mut seconds = 0.0;
        self.visit(batch, |kind, work, count| {
            match kind {
                PartKind::Host => cost.host_s += work.seconds() * count,
                _ => seconds += work.seconds() * count,
            }
            cost.flops += work.flops * count * self.ranks;
            cost.bytes += work.bytes * count * self.ranks;
        });
        cost.stage_s[0] = seconds;
    }

    fn sees_longest_context(&self) -> bool {
        true
    }

    fn explain(&self, batch: &BatchShape) -> Vec<Part> {
        let mut parts = Parts::default();
        self.visit(batch, |kind, work, count| parts.add(kind, work, count));
        parts.into_sorted()
    }

    fn peaks(&self) -> Option<(f64, f64)> {
        Some(self.peaks)
    }
}

#[cfg(test)]
mod tests;
