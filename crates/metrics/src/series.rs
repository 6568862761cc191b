//! Time series of a whole run in bounded memory.
//!
//! Time is cut into equal buckets. When a run outgrows them, neighbours are merged and the width
//! doubles, so that a series always has between half of [`BUCKETS_MAX`] and all of them.

use serde::Serialize;
use tokendrome_units::{SimDuration, SimTime};

use crate::{Batches, Levels};

/// Most buckets of a series.
const BUCKETS_MAX: usize = 512;

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    arrived: u64,
    completed: u64,
    prompt_tokens: u64,
    output_tokens: u64,
    waiting_ns: u128,
    running_ns: u128,
    kv_block_ns: u128,
}

impl Bucket {
    fn merge(&mut self, other: &Self) {
        self.arrived += other.arrived;
        self.completed += other.completed;
        self.prompt_tokens += other.prompt_tokens;
        self.output_tokens += other.output_tokens;
        self.waiting_ns += other.waiting_ns;
        self.running_ns += other.running_ns;
        self.kv_block_ns = self.kv_block_ns.wrapping_add(other.kv_block_ns);
    }
}

/// One bucket of a series, as rates and time averages.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeriesPoint {
    /// Start of the bucket, in seconds.
    pub start_s: f64,
    /// Requests that arrived, per second.
    pub arrivals_per_s: f64,
    /// Requests that completed, per second.
    pub completions_per_s: f64,
    /// Prompt tokens computed, per second (recomputed ones among them).
    pub prompt_tokens_per_s: f64,
    /// Output tokens delivered, per second.
    pub output_tokens_per_s: f64,
    /// Mean number of requests waiting.
    pub waiting: f64,
    /// Mean number of requests running.
    pub running: f64,
    /// Mean number of KV blocks in use.
    pub kv_blocks: f64,
}

/// Collects a series.
#[derive(Debug, Clone)]
pub struct Series {
    /// Nanoseconds of a reported millisecond.
    ms_ns: u64,
    width_ns: u64,
    buckets: Vec<Bucket>,
    now_ns: u64,
    /// Where the bucket at the clock ends.
    end: SimTime,
}

impl Series {
    /// An empty series. Its buckets are a millisecond wide at first.
    pub(crate) fn new(millisecond: SimDuration) -> Self {
        let ms_ns = millisecond.as_nanos();
        Self {
            ms_ns,
            width_ns: ms_ns,
            buckets: vec![Bucket::default()],
            now_ns: 0,
            end: SimTime::from_nanos(ms_ns),
        }
    }

    /// Nanoseconds of a reported second.
    fn second_ns(&self) -> f64 {
        self.ms_ns as f64 * 1e3
    }

    /// Moves on to `now`, during which the levels were `levels`.
    pub(crate) fn advance(&mut self, now: SimTime, levels: &Levels) {
        loop {
            let until = self.end.min(now);
            let nanos = u128::from(until.as_nanos() - self.now_ns);
            self.now_ns = until.as_nanos();
            let bucket = self.last();
            bucket.waiting_ns += u128::from(levels.waiting) * nanos;
            bucket.running_ns += u128::from(levels.running) * nanos;
            self.correct_blocks(u128::from(levels.kv_blocks) * nanos);
            if until < self.end {
                return;
            }
            self.buckets.push(Bucket::default());
            if self.buckets.len() > BUCKETS_MAX {
                self.halve();
            }
            let end = (self.now_ns / self.width_ns + 1).saturating_mul(self.width_ns);
            self.end = SimTime::from_nanos(end);
        }
    }

    /// Where the bucket at the clock ends.
    pub(crate) fn bucket_end(&self) -> SimTime {
        self.end
    }

    /// Adds to the integral of the KV blocks over the bucket at the clock what may be negative,
    /// modulo 2^128, and may come before what it corrects.
    pub(crate) fn correct_blocks(&mut self, block_ns: u128) {
        let bucket = self.last();
        bucket.kv_block_ns = bucket.kv_block_ns.wrapping_add(block_ns);
    }

    fn last(&mut self) -> &mut Bucket {
        self.buckets.last_mut().expect("a series has a bucket")
    }

    /// Merges pairs of neighbours. The bucket at the clock is alone if it opens a pair.
    fn halve(&mut self) {
        self.width_ns = self.width_ns.saturating_mul(2);
        self.buckets = self
            .buckets
            .chunks(2)
            .map(|pair| {
                let mut merged = pair[0];
                if let Some(second) = pair.get(1) {
                    merged.merge(second);
                }
                merged
            })
            .collect();
    }

    pub(crate) fn arrival(&mut self) {
        self.last().arrived += 1;
    }

    pub(crate) fn completion(&mut self) {
        self.last().completed += 1;
    }

    pub(crate) fn tokens(&mut self, prompt: u64, output: u64) {
        let bucket = self.last();
        bucket.prompt_tokens += prompt;
        bucket.output_tokens += output;
    }

    /// Width of a bucket, in seconds; the last one may be cut short by the end of the run.
    #[must_use]
    pub fn width_s(&self) -> f64 {
        self.width_ns as f64 / self.second_ns()
    }

    /// Time averages of the requests that wait and of those that run, over the buckets that lie
    /// within `from` and `to`.
    #[must_use]
    pub fn levels(&self, from: SimTime, to: SimTime) -> [Batches; 2] {
        let mut levels = [Batches::default(), Batches::default()];
        for (i, bucket) in self.buckets.iter().enumerate() {
            let start = i as u64 * self.width_ns;
            let end = start.saturating_add(self.width_ns);
            if from.as_nanos() <= start && end <= to.as_nanos() {
                for (of, area) in levels.iter_mut().zip([bucket.waiting_ns, bucket.running_ns]) {
                    of.add(area as f64 / self.width_ns as f64, SimTime::from_nanos(end));
                }
            }
        }
        levels
    }

    /// The series. Each bucket's rates are per second of the part of it that the run reached.
    #[must_use]
    pub fn points(&self) -> Vec<SeriesPoint> {
        let mut points = Vec::with_capacity(self.buckets.len());
        for (i, bucket) in self.buckets.iter().enumerate() {
            let start_ns = i as u64 * self.width_ns;
            let nanos = self.now_ns.saturating_sub(start_ns).min(self.width_ns) as f64;
            if nanos <= 0.0 {
                // What happened at the very end of the run belongs to the bucket before.
                break;
            }
            let per_s = |total: u64| total as f64 / (nanos / self.second_ns());
            let mean = |area: u128| area as f64 / nanos;
            let tail = match self.buckets.get(i + 1) {
                Some(next) if start_ns + self.width_ns == self.now_ns => *next,
                _ => Bucket::default(),
            };
            points.push(SeriesPoint {
                start_s: start_ns as f64 / self.second_ns(),
                arrivals_per_s: per_s(bucket.arrived + tail.arrived),
                completions_per_s: per_s(bucket.completed + tail.completed),
                prompt_tokens_per_s: per_s(bucket.prompt_tokens + tail.prompt_tokens),
                output_tokens_per_s: per_s(bucket.output_tokens + tail.output_tokens),
                waiting: mean(bucket.waiting_ns),
                running: mean(bucket.running_ns),
                kv_blocks: mean(bucket.kv_block_ns),
            });
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_and_counts_survive_the_merging_of_buckets() {
        let mut series = Series::new(SimDuration::from_millis(1));
        let levels = Levels { in_system: 3, waiting: 2, running: 1, kv_blocks: 10, in_flight: 1 };
        for step in 1..=40_000u64 {
            series.advance(SimTime::from_nanos(step * 700_000), &levels);
            series.arrival();
            series.tokens(5, 1);
        }
        let points = series.points();
        assert!((BUCKETS_MAX / 2..=BUCKETS_MAX).contains(&points.len()), "{}", points.len());
        assert!(points.iter().all(|p| (p.waiting - 2.0).abs() < 1e-9));
        let end_s = 28.0;
        let arrived: f64 =
            points.iter().map(|p| p.arrivals_per_s * series.width_s().min(end_s - p.start_s)).sum();
        assert!((arrived - 40_000.0).abs() < 1e-6, "{arrived}");
    }
}
