//! Statistics of weighted values, as numpy has them of values that are repeated as often.

/// Values in order, each with the sum of all weights up to it.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    sorted: Vec<(f64, u64)>,
}

impl Values {
    /// Values that weigh the same.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        Self::weighted(values.into_iter().map(|value| (value, 1)))
    }

    /// Values with their weights.
    pub(super) fn weighted(values: impl IntoIterator<Item = (f64, u64)>) -> Self {
        let mut sorted: Vec<(f64, u64)> =
            values.into_iter().filter(|(_, weight)| *weight > 0).collect();
        sorted.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut sum = 0;
        for (_, weight) in &mut sorted {
            sum += *weight;
            *weight = sum;
        }
        Self { sorted }
    }

    /// The sum of the weights.
    pub(super) fn count(&self) -> u64 {
        self.sorted.last().map_or(0, |(_, sum)| *sum)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Values with their own weights.
    fn each(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut below = 0;
        self.sorted.iter().map(move |&(value, sum)| {
            let weight = sum - below;
            below = sum;
            (value, weight)
        })
    }

    pub(super) fn sum(&self) -> f64 {
        self.each().map(|(value, weight)| value * weight as f64).sum()
    }

    /// The arithmetic mean; 0 of nothing, as clients write it.
    pub(super) fn mean(&self) -> f64 {
        if self.is_empty() { 0.0 } else { self.sum() / self.count() as f64 }
    }

    /// The variance with the divisor n; 0 of nothing.
    pub(super) fn variance(&self) -> f64 {
        if self.is_empty() {
            return 0.0;
        }
        let mean = self.mean();
        let square = |(value, weight): (f64, u64)| (value - mean) * (value - mean) * weight as f64;
        self.each().map(square).sum::<f64>() / self.count() as f64
    }

    /// The standard deviation with the divisor n; 0 of nothing.
    pub(super) fn std(&self) -> f64 {
        libm::sqrt(self.variance())
    }

    pub(super) fn min(&self) -> f64 {
        self.sorted.first().map_or(0.0, |(value, _)| *value)
    }

    pub(super) fn max(&self) -> f64 {
        self.sorted.last().map_or(0.0, |(value, _)| *value)
    }

    /// The value with the greatest weight, the smallest of several; 0 of nothing.
    pub(super) fn mode(&self) -> f64 {
        let (mut best, mut run): ((f64, u64), (f64, u64)) = ((0.0, 0), (f64::NAN, 0));
        for (value, weight) in self.each() {
            run = (value, if run.0 == value { run.1 + weight } else { weight });
            if run.1 > best.1 {
                best = run;
            }
        }
        best.0
    }

    /// A percentile (0 to 100), interpolated linearly between the two nearest ranks; 0 of nothing.
    pub(super) fn percentile(&self, percent: f64) -> f64 {
        let Some(last) = self.count().checked_sub(1) else { return 0.0 };
        let rank = last as f64 * percent / 100.0;
        let low = (rank as u64).min(last);
        let at = |rank: u64| self.sorted[self.sorted.partition_point(|(_, sum)| *sum <= rank)].0;
        let (from, to) = (at(low), at((low + 1).min(last)));
        from + (to - from) * (rank - low as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against numpy 2.
    #[test]
    fn statistics_are_those_of_numpy() {
        let values = Values::of([8.0, 1.0, 4.0, 2.0]);
        assert_eq!((values.mean(), values.min(), values.max()), (3.75, 1.0, 8.0));
        assert!((values.std() - 2.680_951_323_690_902).abs() < 1e-12);
        for (percent, expect) in [(0.0, 1.0), (50.0, 3.0), (90.0, 6.8), (99.0, 7.88), (100.0, 8.0)]
        {
            assert!((values.percentile(percent) - expect).abs() < 1e-12, "p{percent}");
        }
    }

    #[test]
    fn weights_repeat_values() {
        let weighted = Values::weighted([(5.0, 2), (1.0, 3), (9.0, 0), (7.0, 1)]);
        let plain = Values::of([1.0, 1.0, 1.0, 5.0, 5.0, 7.0]);
        assert_eq!((weighted.count(), weighted.sum()), (6, 20.0));
        assert!((weighted.variance() - plain.variance()).abs() < 1e-12);
        assert_eq!((weighted.mode(), plain.mode()), (1.0, 1.0));
        for percent in 0..=100 {
            let percent = f64::from(percent);
            assert_eq!(weighted.percentile(percent), plain.percentile(percent), "p{percent}");
        }
    }

    #[test]
    fn of_nothing_all_is_zero() {
        let none = Values::default();
        assert_eq!((none.count(), none.mean(), none.std(), none.mode()), (0, 0.0, 0.0, 0.0));
        assert_eq!(none.percentile(99.0), 0.0);
    }
}
