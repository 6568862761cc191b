//! What the parts need to know of a batch, summed once per iteration.

use super::SPANS_MAX;
use crate::{BatchShape, Chunk};

/// Attention work of one span (the whole context, or a window).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    /// Pairs of a prefill token and a token it attends to.
    pub(super) prefill_pairs: f64,
    /// Tokens whose KV the prefill chunks read, their own among them.
    pub(super) prefill_reads: f64,
    /// Pairs of a decode and a token it attends to: also the tokens whose KV is read.
    pub(super) decode_pairs: f64,
}

/// A batch in sums.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    /// All tokens.
    pub(super) tokens: f64,
    /// Tokens of the prefill chunks.
    pub(super) prefill_tokens: f64,
    /// Tokens of all engines that share the experts.
    pub(super) shared_tokens: f64,
    /// Tokens of the one of them that has most.
    pub(super) most_tokens: f64,
    /// Decodes.
    pub(super) decodes: f64,
    /// Tokens that are sampled.
    pub(super) sampled: f64,
    /// Tokens before the prefill chunks, which latent attention has to expand again.
    pub(super) prefill_context: f64,
    /// The whole context first, then the windows in ascending order.
    pub(super) spans: [Span; SPANS_MAX],
}

impl Sums {
    /// All sums over a batch of one of `engines` that share their experts.
    pub(super) fn of(batch: &BatchShape, windows: &[u32], engines: u32) -> Self {
        let decodes = f64::from(batch.decodes);
        let mut sums = Self { decodes, ..Self::default() };
        for (i, span) in sums.spans.iter_mut().enumerate().take(1 + batch.decode_clipped.len()) {
            span.decode_pairs = decode_pairs(batch, i);
        }
        let (mut prefill_tokens, mut prefill_context) = (0.0, 0.0);
        for chunk in &batch.prefills {
            prefill_tokens += f64::from(chunk.tokens);
            // One token is computed on the latent itself, as a decode is.
            if chunk.tokens > 1 {
                prefill_context += f64::from(chunk.context);
            }
            let all = std::iter::once(&u32::MAX).chain(windows);
            for (span, &window) in sums.spans.iter_mut().zip(all) {
                span.prefill_pairs += pairs(*chunk, window);
                span.prefill_reads +=
                    f64::from(chunk.context.min(window)) + f64::from(chunk.tokens);
            }
        }
        let tokens = prefill_tokens + sums.decodes;
        let (shared_tokens, most_tokens) = match batch.beside {
            None => (tokens * f64::from(engines), tokens),
            Some(beside) => (tokens + beside.tokens as f64, tokens.max(beside.most as f64)),
        };
        Self {
            tokens,
            shared_tokens,
            most_tokens,
            prefill_tokens,
            sampled: f64::from(batch.sampled),
            prefill_context,
            ..sums
        }
    }
}

/// Pairs of a decode and a token that it attends to, within a span.
#[inline]
pub(super) fn decode_pairs(batch: &BatchShape, span: usize) -> f64 {
    match span {
        0 => batch.decode_context as f64,
        _ => batch.decode_clipped[span - 1] as f64,
    }
}

/// Pairs of a token of the chunk and a token that it attends to: itself, those before it in the
/// chunk, and the context, but no more than the last `window`.
fn pairs(chunk: Chunk, window: u32) -> f64 {
    let (tokens, context) = (f64::from(chunk.tokens), f64::from(chunk.context));
    let full = |n: f64| n * context + n * (n + 1.0) / 2.0;
    // Tokens of the chunk that still see everything before them.
    let unclipped = f64::from(window.saturating_sub(chunk.context).min(chunk.tokens));
    full(unclipped) + (tokens - unclipped) * f64::from(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_equal_the_count_by_hand() {
        for (tokens, context, window) in [
            (1, 0, 9),
            (5, 0, 9),
            (5, 3, 9),
            (5, 7, 9),
            (5, 20, 9),
            (9, 0, 9),
            (10, 0, 9),
            (4, 9, 9),
        ] {
            let by_hand: u32 = (1..=tokens).map(|i: u32| (context + i).min(window)).sum();
            let chunk = Chunk { tokens, context };
            assert_eq!(pairs(chunk, window), f64::from(by_hand), "{chunk:?} in {window}");
            let all: u32 = (1..=tokens).map(|i: u32| context + i).sum();
            assert_eq!(pairs(chunk, u32::MAX), f64::from(all));
        }
    }
}
