//! One layer on one rank.

use super::sums::Sums;
use super::{PartKind, Rates, Work};
use crate::collectives::LinkTime;

/// A matrix product of every token with the same weights, or, without operations, a kernel that
/// only moves what it reads and writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gemm {
    pub(super) flops_per_token: f64,
    pub(super) weight_bytes: f64,
    /// Inputs read and outputs written.
    pub(super) activation_bytes_per_token: f64,
    pub(super) seconds_per_flop: f64,
}

impl Gemm {
    pub(super) fn work(&self, rates: &Rates, tokens: f64) -> Work {
        if tokens == 0.0 {
            return Work::default();
        }
        let flops = self.flops_per_token * tokens;
        let bytes = self.weight_bytes + self.activation_bytes_per_token * tokens;
        work(flops, self.seconds_per_flop, bytes, rates)
    }
}

/// The routed experts of a layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Experts {
    /// Those on this rank.
    pub(super) count: f64,
    /// `ln(1 - top_k / experts)`: how the share of untouched experts falls with every token.
    pub(super) ln_untouched_per_token: f64,
    /// This rank's part of the experts that one token is sent to, on average.
    pub(super) flops_per_token: f64,
    /// Of one expert on this rank.
    pub(super) weight_bytes: f64,
    pub(super) activation_bytes_per_token: f64,
    pub(super) seconds_per_flop: f64,
}

impl Experts {
    /// Expected number of distinct experts that `tokens` tokens touch, if each chooses its
    /// `top_k` evenly and independently: `E (1 - (1 - k/E)^T)`.
    pub(super) fn touched(&self, tokens: f64) -> f64 {
        if tokens == 0.0 {
            return 0.0;
        }
        -self.count * libm::expm1(tokens * self.ln_untouched_per_token)
    }

    fn work(&self, rates: &Rates, tokens: f64) -> Work {
        let flops = self.flops_per_token * tokens;
        let weights = self.weight_bytes * self.touched(tokens);
        let bytes = weights + self.activation_bytes_per_token * tokens;
        work(flops, self.seconds_per_flop, bytes, rates)
    }
}

/// Attention proper: scores, softmax, weighted sum of values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mixing {
    /// Which span of [`Sums::spans`].
    pub(super) span: usize,
    /// Operations per pair of tokens in prefill.
    pub(super) prefill_flops_per_pair: f64,
    /// Operations per pair of tokens in decode.
    pub(super) decode_flops_per_pair: f64,
    /// Operations per token of context that a prefill chunk has to expand again (latent attention).
    pub(super) expand_flops_per_context: f64,
    /// Bytes of KV per token.
    pub(super) kv_bytes: f64,
    /// Queries read and outputs written.
    pub(super) activation_bytes_per_token: f64,
}

/// A collective that every iteration's tokens go through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange {
    pub(super) kind: PartKind,
    pub(super) time: LinkTime,
    /// Shortcuts that an engine has for small messages; the quickest way is taken.
    pub(super) direct: Option<[LinkTime; 2]>,
    /// Whose tokens make the message.
    pub(super) of: Sent,
    pub(super) bytes_per_token: f64,
    /// How often in a layer.
    pub(super) times: f64,
}

/// Whose tokens make the message of a collective.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sent {
    /// The engine's own.
    Own,
    /// Those of the engine that has most: all wait for it.
    Most,
    /// Those of all engines that share the experts.
    All,
}

impl Exchange {
    fn work(&self, sums: &Sums) -> Work {
        let tokens = match self.of {
            Sent::Own => sums.tokens,
            Sent::Most => sums.most_tokens,
            Sent::All => sums.shared_tokens,
        };
        let bytes = self.bytes_per_token * tokens;
        let ways = self.direct.iter().flatten().map(|way| way.seconds(bytes));
        let once = ways.fold(self.time.seconds(bytes), f64::min);
        Work { other_s: once * self.times, ..Work::default() }
    }
}

/// A layer.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// What every token passes before attention proper, in order.
    pub(super) before: Vec<(PartKind, Gemm)>,
    pub(super) mixing: Mixing,
    /// What every token passes after it; of a mixture of experts, the router and the shared ones.
    pub(super) after: Vec<(PartKind, Gemm)>,
    pub(super) experts: Option<Experts>,
    pub(super) exchanges: Vec<Exchange>,
}

impl Layer {
    /// Attention of `decodes` decodes that attend to `pairs` tokens together.
    #[inline]
    pub(super) fn decode_attention(&self, rates: &Rates, decodes: f64, pairs: f64) -> Work {
        let mixing = &self.mixing;
        let flops = mixing.decode_flops_per_pair * pairs;
        let bytes = mixing.kv_bytes * pairs + mixing.activation_bytes_per_token * decodes;
        work(flops, rates.attention_seconds_per_flop, bytes, rates)
    }

    /// Shows what the ranks of one layer send each other to `visit`, in seconds.
    pub(super) fn sent(&self, sums: &Sums, mut visit: impl FnMut(PartKind, f64)) {
        for exchange in &self.exchanges {
            visit(exchange.kind, exchange.work(sums).seconds());
        }
    }

    /// Shows the parts of one layer to `visit`.
    #[inline]
    pub(super) fn visit(&self, rates: &Rates, sums: &Sums, mut visit: impl FnMut(PartKind, &Work)) {
        for (kind, gemm) in &self.before {
            visit(*kind, &gemm.work(rates, sums.tokens));
        }
        let mixing = &self.mixing;
        let span = &sums.spans[mixing.span];
        if sums.prefill_tokens > 0.0 {
            let flops = mixing.prefill_flops_per_pair * span.prefill_pairs
                + mixing.expand_flops_per_context * sums.prefill_context;
            let bytes = mixing.kv_bytes * span.prefill_reads
                + mixing.activation_bytes_per_token * sums.prefill_tokens;
            let work = work(flops, rates.attention_seconds_per_flop, bytes, rates);
            visit(PartKind::PrefillAttention, &work);
        }
        if sums.decodes > 0.0 {
            let work = self.decode_attention(rates, sums.decodes, span.decode_pairs);
            visit(PartKind::DecodeAttention, &work);
        }
        visit(PartKind::KvWrite, &work(0.0, 0.0, mixing.kv_bytes * sums.tokens, rates));
        for (kind, gemm) in &self.after {
            visit(*kind, &gemm.work(rates, sums.tokens));
        }
        if let Some(experts) = &self.experts {
            visit(PartKind::Experts, &experts.work(rates, sums.shared_tokens));
        }
        for exchange in &self.exchanges {
            visit(exchange.kind, &exchange.work(sums));
        }
        let launch = Work { other_s: rates.layer_overhead_s, ..Work::default() };
        visit(PartKind::Launch, &launch);
    }
}

#[inline]
fn work(flops: f64, seconds_per_flop: f64, bytes: f64, rates: &Rates) -> Work {
    Work {
        flops,
        bytes,
        compute_s: flops * seconds_per_flop,
        memory_s: bytes * rates.seconds_per_byte,
        other_s: 0.0,
    }
}
