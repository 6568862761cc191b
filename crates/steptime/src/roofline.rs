//! The roofline: every class of kernel takes the longer of its computing time and its memory time.
//!
//! One iteration is one pass over the whole batch: weights are read once however many sequences
//! share them, every prefill chunk attends to its own context, the decodes to the sum of theirs,
//! the output head runs for the sampled tokens alone. Per layer and rank the parts are: attention
//! projections, prefill attention, decode attention, KV writes, feed-forward matrices, routed
//! experts, two all-reduces, the way to experts on other ranks; per stage: output head, transfer to
//! the next stage; per iteration: the host.
//!
//! Source: roofline model (Williams, Waterman and Patterson 2009). Not modelled: norms and other
//! elementwise kernels, wave quantisation, split-KV reductions, cache hits between sequences,
//! imbalance between experts (the expected number of distinct experts is used), overlap of
//! communication with computation, the gathering of logits.

mod build;
mod error;
mod layer;
mod padded;
mod parts;
mod sums;

use crate::collectives::LinkTime;
use crate::{BatchShape, StepCost, StepTime};
use layer::Layer;
use sums::Sums;

pub use error::RooflineError;
pub use padded::PaddedRoofline;
pub use parts::{Bound, Part, PartKind};

/// Attention spans (the whole context, and windows) that one model may mix.
const SPANS_MAX: usize = 4;

/// The roofline of one model on one placement.
#[derive(Debug, Clone)]
pub struct Roofline {
    rates: Rates,
    /// Layers of each stage: (index into `layers`, how many).
    stages: Vec<Vec<(usize, f64)>>,
    layers: Vec<Layer>,
    /// What every token passes before the first layer.
    entry: Vec<(PartKind, layer::Gemm)>,
    /// What every token passes after the last layer.
    exit: Vec<(PartKind, layer::Gemm)>,
    /// Output head, per sampled token, in the last stage.
    head: Option<layer::Gemm>,
    /// Bytes that one token sends from stage to stage.
    boundary_bytes_per_token: f64,
    windows: Vec<u32>,
    /// Ranks of one engine in one stage.
    ranks: f64,
    /// Engines that share the experts.
    engines: u32,
    /// What all accelerators of a replica could do at most: operations/s, bytes/s.
    peaks: (f64, f64),
}

/// What the hardware reaches, as times per unit of work.
#[derive(Debug, Clone, Copy)]
struct Rates {
    seconds_per_byte: f64,
    /// Per operation of prefill and decode attention.
    attention_seconds_per_flop: f64,
    /// One transfer to the next stage.
    transfer: LinkTime,
    layer_overhead_s: f64,
    /// Of every iteration, hidden behind nothing.
    iteration_overhead_s: f64,
    /// Of every sequence that gets a token.
    sequence_overhead_s: f64,
    host_overhead_s: f64,
}

/// Work and time of one part, as the visitor of [`Roofline::visit`] sees it.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    flops: f64,
    bytes: f64,
    compute_s: f64,
    memory_s: f64,
    /// Time that is neither: links, launches, host.
    other_s: f64,
}

impl Work {
    fn seconds(&self) -> f64 {
        self.compute_s.max(self.memory_s) + self.other_s
    }
}

impl Roofline {
    /// Shows every part of every stage to `visit`: (stage, kind, work of one layer and rank, number
    /// of layers).
    #[inline]
    fn visit(&self, sums: &Sums, mut visit: impl FnMut(usize, PartKind, &Work, f64)) {
        let last = self.stages.len() - 1;
        for (kind, gemm) in &self.entry {
            visit(0, *kind, &gemm.work(&self.rates, sums.tokens), 1.0);
        }
        let iteration = Work { other_s: self.rates.iteration_overhead_s, ..Work::default() };
        visit(0, PartKind::Launch, &iteration, 1.0);
        for (stage, layers) in self.stages.iter().enumerate() {
            for &(layer, count) in layers {
                let layer = &self.layers[layer];
                layer.visit(&self.rates, sums, |kind, work| visit(stage, kind, work, count));
            }
            if stage == last {
                for (kind, gemm) in &self.exit {
                    visit(stage, *kind, &gemm.work(&self.rates, sums.tokens), 1.0);
                }
                if let Some(head) = &self.head {
                    visit(stage, PartKind::Head, &head.work(&self.rates, sums.sampled), 1.0);
                }
                let other_s = self.rates.sequence_overhead_s * sums.sampled;
                visit(stage, PartKind::Sampler, &Work { other_s, ..Work::default() }, 1.0);
            } else {
                let LinkTime { fixed_s, per_byte_s } = self.rates.transfer;
                let other_s = fixed_s + per_byte_s * self.boundary_bytes_per_token * sums.tokens;
                visit(stage, PartKind::Transfer, &Work { other_s, ..Work::default() }, 1.0);
            }
        }
        let host = Work { other_s: self.rates.host_overhead_s, ..Work::default() };
        visit(0, PartKind::Host, &host, 1.0);
    }
}

impl Roofline {
    /// The cost, given what of it is fixed.
    #[inline]
    fn add_decode_attention(&self, batch: &BatchShape, cost: &mut StepCost) {
        let (mut flops, mut bytes) = (cost.fixed.flops, cost.fixed.bytes);
        let decodes = f64::from(batch.decodes);
        let stages = cost.stage_s.iter_mut().zip(&cost.fixed.stage_s).zip(&self.stages);
        for ((seconds, fixed), layers) in stages {
            *seconds = *fixed;
            if batch.decodes == 0 {
                continue;
            }
            for &(layer, count) in layers {
                let layer = &self.layers[layer];
                let pairs = sums::decode_pairs(batch, layer.mixing.span);
                let work = layer.decode_attention(&self.rates, decodes, pairs);
                *seconds += work.seconds() * count;
                flops += work.flops * count;
                bytes += work.bytes * count;
            }
        }
        cost.flops = flops * self.ranks;
        cost.bytes = bytes * self.ranks;
    }
}

impl Roofline {
    /// Shows what the ranks send each other in an iteration to `visit`, in seconds.
    pub(crate) fn sent(&self, batch: &BatchShape, mut visit: impl FnMut(PartKind, f64)) {
        let sums = Sums::of(batch, &self.windows, self.engines);
        for &(layer, count) in self.stages.iter().flatten() {
            self.layers[layer].sent(&sums, |kind, seconds| visit(kind, seconds * count));
        }
    }
}

impl StepTime for Roofline {
    fn windows(&self) -> &[u32] {
        &self.windows
    }

    fn stages(&self) -> usize {
        self.stages.len()
    }

    fn cost(&self, batch: &BatchShape, cost: &mut StepCost) {
        let sums = Sums::of(batch, &self.windows, self.engines);
        let fixed = &mut cost.fixed;
        fixed.stage_s.fill(0.0);
        (fixed.flops, fixed.bytes) = (0.0, 0.0);
        cost.host_s = 0.0;
        self.visit(&sums, |stage, kind, work, count| {
            match kind {
                // Of the decodes' contexts: added last, so that it can be added again.
                PartKind::DecodeAttention => return,
                PartKind::Host => cost.host_s += work.seconds() * count,
                _ => fixed.stage_s[stage] += work.seconds() * count,
            }
            fixed.flops += work.flops * count;
            fixed.bytes += work.bytes * count;
        });
        self.add_decode_attention(batch, cost);
    }

    fn cost_again(&self, batch: &BatchShape, cost: &mut StepCost) {
        self.add_decode_attention(batch, cost);
    }

    fn explain(&self, batch: &BatchShape) -> Vec<Part> {
        let sums = Sums::of(batch, &self.windows, self.engines);
        let mut parts = parts::Parts::default();
        self.visit(&sums, |_, kind, work, count| parts.add(kind, work, count));
        parts.into_sorted()
    }

    fn peaks(&self) -> Option<(f64, f64)> {
        Some(self.peaks)
    }
}

#[cfg(test)]
mod tests;
