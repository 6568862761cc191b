//! Distributions of integer measurements, each with a weight.

use serde::Serialize;

use crate::LogLinear;

/// Up to this many distinct additions a [`Sample`] keeps every one, and its percentiles are exact.
pub const EXACT_SAMPLES_MAX: usize = 262_144;

/// How percentiles were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Method {
    /// From all values, interpolated linearly as numpy does.
    Exact,
    /// From a log-linear histogram, within 0.1 %.
    Histogram,
}

/// The summary of a distribution. Empty distributions have no summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Distribution {
    /// Number of values.
    pub count: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation of the values themselves (divisor n).
    pub std: f64,
    /// Smallest value.
    pub min: f64,
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest value.
    pub max: f64,
    /// How the percentiles were found.
    pub method: Method,
}

impl Distribution {
    /// The same distribution in a unit that is `size` of the present ones.
    #[must_use]
    pub fn in_units_of(&self, size: f64) -> Self {
        Self {
            count: self.count,
            mean: self.mean / size,
            std: self.std / size,
            min: self.min / size,
            p50: self.p50 / size,
            p90: self.p90 / size,
            p95: self.p95 / size,
            p99: self.p99 / size,
            max: self.max / size,
            method: self.method,
        }
    }
}

#[derive(Debug, Clone)]
enum Store {
    /// Values with their weights.
    Exact(Vec<(u64, u64)>),
    Histogram(LogLinear),
}

/// Collects measurements one at a time.
///
/// Adding costs O(1); memory is bounded by the exact limit, then by the histogram's.
#[derive(Debug, Clone)]
pub struct Sample {
    store: Store,
    exact_max: usize,
    /// How often something was added.
    additions: u64,
    count: u64,
    /// Sum of the values.
    sum: u128,
    /// Sum of their squares, modulo 2^128: see [`Sample::moments`].
    squares: u128,
    min: u64,
    max: u64,
}

impl Sample {
    /// An empty sample that keeps up to `exact_max` additions exactly.
    #[must_use]
    pub fn new(exact_max: usize) -> Self {
        Self {
            store: Store::Exact(Vec::new()),
            exact_max,
            additions: 0,
            count: 0,
            sum: 0,
            squares: 0,
            min: u64::MAX,
            max: 0,
        }
    }

    /// Adds one value.
    pub fn add(&mut self, value: u64) {
        self.add_weighted(value, 1);
    }

    /// Adds `value` as if it had been added `weight` times.
    #[inline]
    pub fn add_weighted(&mut self, value: u64, weight: u64) {
        self.add_repeated(value, weight, 1);
    }

    /// [`Sample::add_weighted`], `times` times.
    #[inline]
    pub fn add_repeated(&mut self, value: u64, weight: u64, times: u64) {
        let weight = weight * times;
        if weight == 0 {
            return;
        }
        self.count += weight;
        self.additions += times;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        let product = u128::from(value) * u128::from(weight);
        self.sum += product;
        self.squares = self.squares.wrapping_add(product.wrapping_mul(u128::from(value)));
        match &mut self.store {
            Store::Histogram(histogram) => histogram.add(value, weight),
            Store::Exact(values) if self.additions <= self.exact_max as u64 => {
                values.push((value, weight));
            }
            Store::Exact(_) => self.count_out(value, weight),
        }
    }

    /// There are too many values to be kept: from now on they are counted.
    #[cold]
    fn count_out(&mut self, value: u64, weight: u64) {
        let mut histogram = LogLinear::default();
        if let Store::Exact(values) = &self.store {
            values.iter().for_each(|&(value, weight)| histogram.add(value, weight));
        }
        histogram.add(value, weight);
        self.store = Store::Histogram(histogram);
    }

    /// Number of values, counting weights.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The percentiles (each from 0 to 100, ascending) by linear interpolation between the two
    /// nearest ranks, as `numpy.percentile` does.
    ///
    /// # Panics
    /// If the sample is empty.
    #[must_use]
    pub fn percentiles(&self, percents: &[f64]) -> Vec<f64> {
        assert!(self.count > 0, "an empty sample has no percentiles");
        let last = self.count - 1;
        let places: Vec<(u64, f64)> = percents
            .iter()
            .map(|percent| {
                let rank = last as f64 * (percent / 100.0);
                let low = (rank as u64).min(last);
                (low, rank - low as f64)
            })
            .collect();
        let ranks: Vec<u64> =
            places.iter().flat_map(|&(low, _)| [low, (low + 1).min(last)]).collect();
        let values = self.at_ranks(&ranks);
        let (min, max) = (self.min as f64, self.max as f64);
        places
            .iter()
            .zip(values.chunks_exact(2))
            .map(|(&(_, part), pair)| interpolate(pair[0], pair[1], part).clamp(min, max))
            .collect()
    }

    /// The values at `ranks`, which need not be sorted pairwise (a pair may overlap the next).
    fn at_ranks(&self, ranks: &[u64]) -> Vec<f64> {
        let mut order: Vec<usize> = (0..ranks.len()).collect();
        order.sort_by_key(|&i| ranks[i]);
        let sorted: Vec<u64> = order.iter().map(|&i| ranks[i]).collect();
        let found = match &self.store {
            Store::Exact(values) => exact_at_ranks(values, &sorted),
            Store::Histogram(histogram) => histogram.at_ranks(&sorted),
        };
        let mut values = vec![0.0; ranks.len()];
        for (&i, value) in order.iter().zip(found) {
            values[i] = value;
        }
        values
    }

    /// Mean and standard deviation. The sums are exact, so that the order in which values were
    /// added is of no matter; the squares are taken about the whole part of the mean, and it is
    /// that sum alone which has to stay below 2^128.
    fn moments(&self) -> (f64, f64) {
        let count = u128::from(self.count);
        let (whole, rest) = (self.sum / count, self.sum % count);
        // Sum of (v - w)^2 = sum of v^2 - 2 w (sum of v) + n w^2.
        let about_whole = self
            .squares
            .wrapping_sub(self.sum.wrapping_mul(whole).wrapping_mul(2))
            .wrapping_add(whole.wrapping_mul(whole).wrapping_mul(count));
        let part = rest as f64 / count as f64;
        let variance = about_whole as f64 / count as f64 - part * part;
        (whole as f64 + part, libm::sqrt(variance.max(0.0)))
    }

    /// The summary; none for an empty sample.
    #[must_use]
    pub fn summary(&self) -> Option<Distribution> {
        (self.count > 0).then(|| self.summary_of(&self.percentiles(&[50.0, 90.0, 95.0, 99.0])))
    }

    /// The summary, and the percentiles 0, 0.5, ... 100; none for an empty sample.
    pub(crate) fn summary_and_curve(&self) -> Option<(Distribution, Vec<f64>)> {
        let percents: Vec<f64> = (0..=200).map(|half| f64::from(half) / 2.0).collect();
        (self.count > 0).then(|| {
            let curve = self.percentiles(&percents);
            (self.summary_of(&[curve[100], curve[180], curve[190], curve[198]]), curve)
        })
    }

    /// The summary, given the percentiles that it tells.
    fn summary_of(&self, p: &[f64]) -> Distribution {
        let (mean, std) = self.moments();
        Distribution {
            count: self.count,
            mean,
            std,
            min: self.min as f64,
            p50: p[0],
            p90: p[1],
            p95: p[2],
            p99: p[3],
            max: self.max as f64,
            method: match self.store {
                Store::Exact(_) => Method::Exact,
                Store::Histogram(_) => Method::Histogram,
            },
        }
    }
}

/// The values at some ranks, which ascend. Only values that lie near one of them are sorted.
fn exact_at_ranks(values: &[(u64, u64)], ranks: &[u64]) -> Vec<f64> {
    let mut histogram = LogLinear::default();
    values.iter().for_each(|&(value, weight)| histogram.add(value, weight));
    let chosen = histogram.buckets_at_ranks(ranks);
    let mut near: Vec<(u64, u64)> = Vec::with_capacity(values.len());
    near.extend(values.iter().filter(|(value, _)| chosen.contains(*value)));
    near.sort_unstable();
    let (mut below, mut i) = (0u64, 0usize);
    let mut found = Vec::with_capacity(ranks.len());
    for (&rank, &skipped) in ranks.iter().zip(chosen.skipped()) {
        while skipped + below + near[i].1 <= rank {
            below += near[i].1;
            i += 1;
        }
        found.push(near[i].0 as f64);
    }
    found
}

/// Between `a` and `b`, `part` of the way, from the nearer end as numpy does.
fn interpolate(a: f64, b: f64, part: f64) -> f64 {
    if part >= 0.5 { b - (b - a) * (1.0 - part) } else { a + (b - a) * part }
}

#[cfg(test)]
mod tests;
