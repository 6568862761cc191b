//! Time of attention over a batch, from times of batches with one chunk and equal decodes.

use super::data::{AttentionTime, Skew};
use super::grid::{Grid, Reading};
use crate::{BatchShape, Chunk};

/// Attention of one layer, in microseconds.
#[derive(Debug, Clone)]
pub(super) struct AttentionTable {
    /// Chunks alone: (tokens, context).
    prefill: Option<Grid>,
    /// Decodes alone: (decodes, context).
    decode: Option<Grid>,
    /// Both: (tokens, context, decodes, context).
    mixed: Option<Grid>,
    /// The least that was measured of a chunk alone: what launching the kernel takes.
    floor_us: f64,
    skew: Vec<Skew>,
    /// Where nothing was fitted: the mean of what was.
    skew_default: f64,
}

impl AttentionTable {
    pub(super) fn new(times: &[AttentionTime], skew: &[Skew]) -> Self {
        let grid = |keep: &dyn Fn(&AttentionTime) -> bool,
                    place: &dyn Fn(&AttentionTime) -> Vec<u32>| {
            let points = times
                .iter()
                .filter(|time| keep(time))
                .map(|time| (place(time).into_iter().map(f64::from).collect(), time.time_us));
            Grid::new(points.collect())
        };
        let alone = |time: &AttentionTime| time.n_decode == 0;
        let floor = times.iter().filter(|time| alone(time)).map(|time| time.time_us);
        let floor_us = floor.fold(f64::INFINITY, f64::min);
        let samples: f64 = skew.iter().map(|of| of.samples).sum();
        let weighted: f64 = skew.iter().map(|of| of.samples * of.alpha.clamp(0.0, 1.0)).sum();
        Self {
            prefill: grid(&alone, &|time| vec![time.prefill_chunk, time.kv_prefill]),
            decode: grid(&|time| time.prefill_chunk == 0, &|time| {
                vec![time.n_decode, time.kv_decode]
            }),
            mixed: grid(&|time| time.prefill_chunk > 0 && time.n_decode > 0, &|time| {
                vec![time.prefill_chunk, time.kv_prefill, time.n_decode, time.kv_decode]
            }),
            floor_us: if floor_us.is_finite() { floor_us } else { 0.0 },
            skew: skew.to_vec(),
            skew_default: if samples > 0.0 { weighted / samples } else { 0.0 },
        }
    }

    /// Whether chunks alone, decodes alone and both were measured.
    pub(super) fn is_complete(&self) -> bool {
        self.prefill.is_some() && self.decode.is_some()
    }

    /// All prefill chunks of a batch: their times add up, and the kernel is launched once.
    pub(super) fn prefills(&self, chunks: &[Chunk]) -> Reading {
        let none = Reading { value: 0.0, is_outside: false };
        let Some(grid) = self.prefill.as_ref().filter(|_| !chunks.is_empty()) else { return none };
        let mut sum = Reading { value: self.floor_us, is_outside: false };
        for chunk in chunks {
            let one = grid.at(&[f64::from(chunk.tokens), f64::from(chunk.context)]);
            sum.value += one.value - self.floor_us;
            sum.is_outside |= one.is_outside;
        }
        sum
    }

    /// What the decodes of a batch add to its chunks.
    pub(super) fn decodes(&self, batch: &BatchShape) -> Reading {
        if batch.decodes == 0 {
            return Reading { value: 0.0, is_outside: false };
        }
        let n = f64::from(batch.decodes);
        let mean = batch.decode_context as f64 / n;
        let longest = f64::from(batch.decode_context_max).max(mean);
        let chunk = Joint::of(&batch.prefills);
        let at_mean = self.added(&chunk, n, mean);
        if longest <= mean {
            return at_mean;
        }
        let at_longest = self.added(&chunk, n, longest);
        let shortest = f64::from(batch.decode_context_min).min(mean);
        let share = (mean - shortest) / (longest - shortest).max(1.0);
        let alpha = self.alpha(&chunk, n, share, longest);
        Reading { value: at_mean.value + alpha * (at_longest.value - at_mean.value), ..at_mean }
    }

    /// What `n` decodes of equal contexts add to a chunk.
    fn added(&self, chunk: &Joint, n: f64, context: f64) -> Reading {
        let alone = |grid: &Option<Grid>, place: &[f64]| {
            grid.as_ref().map(|grid| grid.at(place)).expect("both phases were measured")
        };
        if chunk.tokens == 0.0 {
            return alone(&self.decode, &[n, context]);
        }
        let before = alone(&self.prefill, &[chunk.tokens, chunk.context]);
        match &self.mixed {
            Some(mixed) => {
                let both = mixed.at(&[chunk.tokens, chunk.context, n, context]);
                Reading {
                    value: (both.value - before.value).max(0.0),
                    is_outside: both.is_outside || before.is_outside,
                }
            }
            // Nobody measured both together: kernels of their own.
            None => alone(&self.decode, &[n, context]),
        }
    }

    /// The share of the way from the mean context's time to the longest's.
    fn alpha(&self, chunk: &Joint, n: f64, share: f64, longest: f64) -> f64 {
        let distance = |of: &Skew| (f64::from(of.prefill_chunk) - chunk.tokens).abs();
        let covers = |of: &&Skew| {
            (of.prefill_chunk == 0) == (chunk.tokens == 0.0)
                && n <= of.n_decode
                && share <= of.share
                && longest <= of.kv_longest
                && chunk.context <= of.kv_prefill
        };
        // The nearest chunk, and of its classes the tightest.
        let found = self.skew.iter().filter(covers).min_by(|a, b| {
            let size = |of: &Skew| (of.n_decode, of.share, of.kv_longest, of.kv_prefill);
            let (a_size, b_size) = (size(a), size(b));
            distance(a)
                .total_cmp(&distance(b))
                .then(a_size.0.total_cmp(&b_size.0))
                .then(a_size.1.total_cmp(&b_size.1))
                .then(a_size.2.total_cmp(&b_size.2))
                .then(a_size.3.total_cmp(&b_size.3))
        });
        found.map_or(self.skew_default, |of| of.alpha).clamp(0.0, 1.0)
    }
}

/// All chunks of a batch as one: their tokens, and the mean of their contexts by tokens.
struct Joint {
    tokens: f64,
    context: f64,
}

impl Joint {
    fn of(chunks: &[Chunk]) -> Self {
        let tokens: f64 = chunks.iter().map(|chunk| f64::from(chunk.tokens)).sum();
        let sum: f64 =
            chunks.iter().map(|chunk| f64::from(chunk.tokens) * f64::from(chunk.context)).sum();
        Self { tokens, context: if tokens > 0.0 { sum / tokens } else { 0.0 } }
    }
}
