//! Mean, spread and confidence of independent values.

use crate::student::two_sided_quantile;

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Count, mean and sum of squared deviations of values that come one at a time (Welford 1962).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    count: u64,
    mean: f64,
    deviations: f64,
}

impl Moments {
    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        let delta = value - self.mean;
        self.mean += delta / self.count as f64;
        self.deviations += delta * (value - self.mean);
    }

    /// Adds the values of others (Chan, Golub and LeVeque 1979).
    pub(crate) fn extend(&mut self, others: &Self) {
        let count = self.count + others.count;
        if count == 0 {
            return;
        }
        let delta = others.mean - self.mean;
        let (own, new, all) = (self.count as f64, others.count as f64, count as f64);
        self.deviations += others.deviations + delta * delta * own * new / all;
        self.mean += delta * new / all;
        self.count = count;
    }

    /// Number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Arithmetic mean; 0 of no values.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Standard deviation of what the values were drawn from (divisor n - 1); none for fewer than
    /// two.
    #[must_use]
    pub fn std(&self) -> Option<f64> {
        let freedom = self.freedom()?;
        Some(libm::sqrt(self.deviations / freedom as f64))
    }

    /// Half the width of the confidence interval of the mean by Student's t:
    /// `t(level, n - 1) * std / sqrt(n)`; none for fewer than two values.
    ///
    /// It assumes independent values, and a mean that is about normal.
    ///
    /// # Panics
    /// If the level does not lie between 0 and 1.
    #[must_use]
    pub fn half_width(&self, level: f64) -> Option<f64> {
        let quantile = two_sided_quantile(level, self.freedom()?);
        self.half_width_by(quantile)
    }

    /// The same with the quantile at hand.
    pub(crate) fn half_width_by(&self, quantile: f64) -> Option<f64> {
        Some(quantile * self.std()? / libm::sqrt(self.count as f64))
    }

    /// The confidence interval of the mean: see [`Moments::half_width`].
    ///
    /// # Panics
    /// If the level does not lie between 0 and 1.
    #[must_use]
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let half = self.half_width(level)?;
        Some(Interval { low: self.mean - half, high: self.mean + half })
    }

    fn freedom(&self) -> Option<u64> {
        self.count.checked_sub(1).filter(|&freedom| freedom > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Moments {
        let mut moments = Moments::default();
        values.iter().for_each(|&value| moments.add(value));
        moments
    }

    #[test]
    fn by_hand() {
        // Mean 5, deviations 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, divisor 7; t(0.95, 7) = 2.364624.
        let moments = of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((moments.count(), moments.mean()), (8, 5.0));
        assert!((moments.std().unwrap() - 2.138_089_935_299_395).abs() < 1e-12);
        let Interval { low, high } = moments.interval(0.95).unwrap();
        assert!((low - 3.212_512_0).abs() < 1e-6 && (high - 6.787_488_0).abs() < 1e-6);
    }

    #[test]
    fn parts_make_the_whole() {
        let mut parts = of(&[2.0, 4.0, 4.0]);
        parts.extend(&of(&[4.0, 5.0, 5.0, 7.0, 9.0]));
        assert_eq!((parts.count(), parts.mean()), (8, 5.0));
        assert!((parts.std().unwrap() - 2.138_089_935_299_395).abs() < 1e-12);
        let mut empty = Moments::default();
        empty.extend(&Moments::default());
        assert_eq!(empty, Moments::default());
        empty.extend(&parts);
        assert_eq!(empty, parts);
    }

    #[test]
    fn one_value_has_no_spread() {
        let moments = of(&[3.0]);
        assert_eq!((moments.mean(), moments.std(), moments.interval(0.95)), (3.0, None, None));
        assert_eq!(of(&[3.0, 3.0]).half_width(0.95), Some(0.0));
    }
}
