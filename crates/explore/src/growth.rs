//! Whether the queue of a run grows, or is as long at the end as it was before.
//!
//! The time in which requests arrive is cut into a first tenth, which is left out because the
//! system fills up, and [`BLOCKS`] equal blocks. The queue grows if the mean numbers of waiting
//! requests of the blocks have an upward trend by the test of Mann and Kendall, and the last block
//! is above the first by more than [`RISE_SHARE`] of it and by more than [`RISE_REQUESTS`].
//!
//! Sources: Mann, Nonparametric tests against trend, Econometrica 13 (1945), 245-259; Kendall, Rank
//! Correlation Methods (1948). The test takes the blocks for independent. Neighbours are not quite,
//! which makes false alarms more frequent than [`ALPHA`] says; so it is small, and the rise has to
//! be worth a word. A run that is short against the swings of its queue can mislead either way.

use tokendrome::TimeSeries;

use crate::kendall::rises_less_falls;

/// Blocks that are compared.
pub const BLOCKS: usize = 10;
/// Share of the time that is left out at the beginning.
const LEFT_OUT: f64 = 0.1;
/// Longest time without arrivals at the end, as a share of the run.
const IDLE_MAX: f64 = 0.1;
/// Chance at most that blocks without a trend look as if they had one.
pub const ALPHA: f64 = 0.01;
/// Least rise from the first block to the last, as a share of the first.
pub const RISE_SHARE: f64 = 0.1;
/// Least rise from the first block to the last, in requests.
pub const RISE_REQUESTS: f64 = 1.0;

/// The verdict on one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// Whether the queue grows.
    pub is_growing: bool,
    /// Mean number of requests waiting in each block.
    pub waiting: [f64; BLOCKS],
    /// One-sided p-value of the trend: how often blocks in random order would rise as much.
    pub p: f64,
    /// When the last request arrived, to the bucket of the series, in seconds: there the blocks
    /// end.
    pub until_s: f64,
}

/// Judges a run by its series, `duration_s` seconds long; none if nothing arrives in its last
/// tenth: then the end of the run says nothing of the load.
#[must_use]
pub fn growth(series: &TimeSeries, duration_s: f64) -> Option<Growth> {
    let last = series.points.iter().rfind(|point| point.arrivals_per_s > 0.0)?;
    let until_s = (last.start_s + series.bucket_s).min(duration_s);
    let block_s = until_s * (1.0 - LEFT_OUT) / BLOCKS as f64;
    if block_s <= 0.0 || until_s < (1.0 - IDLE_MAX) * duration_s {
        return None;
    }
    let start = |block: usize| until_s - block_s * (BLOCKS - block) as f64;
    let mut waiting = [0.0; BLOCKS];
    for (block, mean) in waiting.iter_mut().enumerate() {
        *mean = mean_waiting(series, start(block), start(block + 1));
    }
    let p = chance_of_trend(&waiting);
    let (first, last) = (waiting[0], waiting[BLOCKS - 1]);
    let has_risen = last - first > RISE_REQUESTS.max(RISE_SHARE * first);
    Some(Growth { is_growing: p < ALPHA && has_risen, waiting, p, until_s })
}

/// Time average of the requests that wait, from `from_s` to `to_s`.
fn mean_waiting(series: &TimeSeries, from_s: f64, to_s: f64) -> f64 {
    let (mut area, mut covered_s) = (0.0, 0.0);
    for point in &series.points {
        let end_s = point.start_s + series.bucket_s;
        let overlap_s = (end_s.min(to_s) - point.start_s.max(from_s)).max(0.0);
        area += overlap_s * point.waiting;
        covered_s += overlap_s;
    }
    if covered_s > 0.0 { area / covered_s } else { 0.0 }
}

/// The chance that values in random order have Kendall's S, the pairs that rise less those that
/// fall, as large as these: exact where no two are equal, and too large where some are.
fn chance_of_trend(values: &[f64; BLOCKS]) -> f64 {
    const PAIRS: i64 = (BLOCKS * (BLOCKS - 1) / 2) as i64;
    // Rises, falls and equal pairs are all pairs there are; equal ones count half for each.
    let falls_twice = (PAIRS - rises_less_falls(values)).unsigned_abs() as usize;
    // An equal pair counts as half a fall. Orders with at most so many falls, of all orders:
    let orders = orders_by_falls();
    let all: f64 = orders.iter().sum();
    orders[..=falls_twice.div_ceil(2)].iter().sum::<f64>() / all
}

/// How many orders of the blocks have 0, 1, 2, ... pairs that fall (Mahonian numbers): a value put
/// into an order of n others makes 0 to n further falls, each in one way.
fn orders_by_falls() -> [f64; BLOCKS * (BLOCKS - 1) / 2 + 1] {
    let mut orders = [0.0; BLOCKS * (BLOCKS - 1) / 2 + 1];
    orders[0] = 1.0;
    for others in 1..BLOCKS {
        let before = orders;
        for (falls, count) in orders.iter_mut().enumerate() {
            *count = before[falls.saturating_sub(others)..=falls].iter().sum();
        }
    }
    orders
}

#[cfg(test)]
mod tests;
