//! The test of Mann and Kendall on a curve of response times, as a recorded simulator has it.
//!
//! A curve has the mean response time of runs whose arrivals last longer and longer. Its points are
//! cut into [`BLOCKS`] blocks of equally many, the last with the rest. The system counts as
//! unstable if the blocks' means have an upward trend by the test of Mann and Kendall in its normal
//! approximation, with continuity correction, *and* the last is above the first by more than
//! [`RISE_SHARE`].
//!
//! It sees any upward trend, whatever it comes from: a stable system that starts empty has longer
//! and longer response times for a while, too, and is then called unstable. The drift of the
//! backlog ([`super::Method::Drift`]) does not mistake one for the other.

use crate::kendall::rises_less_falls;

/// Blocks of a curve.
pub(crate) const BLOCKS: usize = 10;
/// Chance at most that blocks without a trend look as if they had one.
const ALPHA: f64 = 0.05;
/// Least rise from the first block to the last, as a share of the first.
const RISE_SHARE: f64 = 0.10;
/// Keeps a rise from nothing finite, in seconds.
const FIRST_LEAST_S: f64 = 1e-9;

/// What the test says of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Means of the blocks, in seconds.
    pub block_means_s: [f64; BLOCKS],
    /// Kendall's S: pairs of blocks that rise less those that fall.
    pub s: i64,
    /// S, brought one nearer to 0, over its standard deviation.
    pub z: f64,
    /// One-sided chance of a larger z without a trend.
    pub p: f64,
    /// Last block over the first, less 1.
    pub rise: f64,
    /// The verdict.
    pub is_unstable: bool,
}

/// Tests the points of a curve, in seconds; none if there are fewer than ten.
#[must_use]
pub fn detect(means_s: &[f64]) -> Option<Detection> {
    let size = means_s.len() / BLOCKS;
    if size == 0 {
        return None;
    }
    let mut block_means_s = [0.0; BLOCKS];
    for (block, mean) in block_means_s.iter_mut().enumerate() {
        let end = if block + 1 == BLOCKS { means_s.len() } else { (block + 1) * size };
        let points = &means_s[block * size..end];
        *mean = points.iter().sum::<f64>() / points.len() as f64;
    }
    let s = rises_less_falls(&block_means_s);
    let n = BLOCKS as f64;
    let variance = n * (n - 1.0) * (2.0 * n + 5.0) / 18.0;
    let z = (s - s.signum()) as f64 / libm::sqrt(variance);
    let p = 0.5 * libm::erfc(z / std::f64::consts::SQRT_2);
    let (first, last) = (block_means_s[0], block_means_s[BLOCKS - 1]);
    let rise = (last - first) / (first + FIRST_LEAST_S);
    let is_unstable = p < ALPHA && z > 0.0 && rise > RISE_SHARE;
    Some(Detection { block_means_s, s, z, p, rise, is_unstable })
}

#[cfg(test)]
mod tests;
