//! Figures of one scenario less those of another, trial by trial.

use tokendrome::Summary;

use crate::estimates::Estimates;
use crate::figures::for_each_figure;
use crate::statistics::Interval;

/// A figure less that of the first scenario, over all trials in which both have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its name: the path of its field in a report's summary.
    pub name: String,
    /// Trials in which both scenarios have it.
    pub n: u64,
    /// Mean of the differences.
    pub mean: f64,
    /// Standard deviation of the differences (divisor n - 1); none for one trial.
    pub std: Option<f64>,
    /// 95 % confidence interval of the mean by Student's t; none for one trial.
    pub ci95: Option<Interval>,
    /// Mean of the first scenario's figure over the same trials.
    pub first_mean: f64,
}

impl Difference {
    /// The mean difference as a share of the first scenario's mean; none where that is 0.
    #[must_use]
    pub fn change(&self) -> Option<f64> {
        (self.first_mean != 0.0).then(|| self.mean / self.first_mean.abs())
    }
}

/// Sums of differences.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    differences: Estimates,
    /// The first scenario's figures of the same trials, in the same places.
    firsts: Estimates,
}

impl Pairs {
    /// Adds a trial: the figures of the first scenario, and those of the other.
    pub(super) fn add(&mut self, first: &[(String, f64)], other: &Summary) {
        let (mut from, mut at) = (0, 0);
        for_each_figure(other, |name, value| {
            let is_here = first.get(from).is_some_and(|(known, _)| known == name);
            let place = if is_here {
                Some(from)
            } else {
                first.iter().position(|(known, _)| known == name)
            };
            let Some(place) = place else { return };
            from = place + 1;
            self.firsts.add_at(at, name, first[place].1);
            at = self.differences.add_at(at, name, value - first[place].1);
        });
    }

    /// Half the width of the interval of a figure's mean difference, if there are two trials, and
    /// the first scenario's mean; none if no trial has the figure in both.
    pub(super) fn half_width(&self, name: &str) -> Option<(Option<f64>, f64)> {
        let (difference, first) = (self.differences.get(name)?, self.firsts.get(name)?);
        Some((difference.half_width(0.95), first.mean()))
    }

    pub(super) fn finish(self) -> Vec<Difference> {
        let both = self.differences.finish().into_iter().zip(self.firsts.finish());
        let difference = |(of, first): (crate::Estimate, crate::Estimate)| Difference {
            name: of.name,
            n: of.n,
            mean: of.mean,
            std: of.std,
            ci95: of.ci95,
            first_mean: first.mean,
        };
        both.map(difference).collect()
    }
}
