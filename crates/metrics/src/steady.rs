//! What one long run says of the long run: the mean after the warm-up, and how sure it is.
//!
//! 1. **Warm-up** by MSER: left out are the first batches without which the squared standard error
//!    of the mean of the others, taken as if they were independent, is smallest. The last
//!    [`LAST_LEFT`] batches are no candidates. If the point lies in the second half of the run, the
//!    run is too short to tell ([`Verdict::NotSteady`]). Batches have 5 measurements at first (then
//!    it is MSER-5) and twice as many whenever the series has outgrown its memory. Where somebody
//!    says how long the warm-up is, that was left out before, and nothing more is: MSER only
//!    judges. For it takes a long queue at the beginning for a warm-up, too, which makes means a
//!    little small and intervals hold a little less than they promise: of M/M/1 at a load of 0.5,
//!    93 % with 10,000 requests, where the whole series has 94 %.
//! 2. **Interval** by batch means: what is left is cut into [`GROUPS_MIN`] to
//!    `2 * GROUPS_MIN - 1` groups of equally many batches, whose means are taken as independent and
//!    normal. Schmeiser shows that more than about 30 groups gain little, and that fewer, longer
//!    ones are closer to independent.
//! 3. **Check** by von Neumann's ratio, one-sided at 5 %: if neighbouring groups are alike, groups
//!    are too short, and the interval is too narrow ([`Verdict::Correlated`]).
//!
//! Sources: White, An effective truncation heuristic for bias reduction in simulation output,
//! Simulation 69 (1997), 323-334; White, Cobb and Spratt, A comparison of five steady-state
//! truncation heuristics for simulation, WSC 2000, 755-760; Hoad, Robinson and Davies, Automating
//! warm-up length estimation, JORS 61 (2010), 1389-1403 (the last batches, the second half);
//! Schmeiser, Batch size effects in the analysis of simulation output, Operations Research 30
//! (1982), 556-568; von Neumann, Annals of Mathematical Statistics 12 (1941), 367-395, as used by
//! Fishman and Yarberry, An implementation of the batch means method, INFORMS Journal on Computing
//! 9 (1997), 296-310. Not modelled: trends and periods of the load; a daily curve has no steady
//! state.

use serde::Serialize;

use crate::batches::{Batch, Batches};
use crate::student::two_sided_quantile;

/// Least number of groups that an interval is made of; there are fewer than twice as many.
pub const GROUPS_MIN: usize = 20;
/// Batches at the end that do not make a steady state on their own.
const LAST_LEFT: usize = 5;
/// The 95th percentile of the standard normal distribution.
const NORMAL_95: f64 = 1.644_853_626_951_472_7;

/// Whether a run is long enough for its mean to have an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Verdict {
    /// It is.
    LongEnough,
    /// Fewer than 20 batches are left after the warm-up: 100 measurements, or more where a long
    /// series is kept in longer batches.
    TooFew,
    /// The mean still changes in the second half of the run: there is no steady state, or the run
    /// is too short to show one.
    NotSteady,
    /// There is an interval, but it is probably too narrow: the groups that it is made of are not
    /// independent.
    Correlated,
}

/// Who says how long the warm-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarmUp {
    /// MSER.
    Detected,
    /// Somebody: it was left out before.
    Given,
}

/// The mean of a series after its warm-up, with its 95 % confidence interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SteadyMean {
    /// Whether the run is long enough.
    pub verdict: Verdict,
    /// Mean after the warm-up; none where the verdict is `too-few` or `not-steady`, as with all
    /// that follows.
    pub mean: Option<f64>,
    /// Lower end of the 95 % confidence interval of the mean.
    pub ci95_low: Option<f64>,
    /// Upper end of the 95 % confidence interval of the mean.
    pub ci95_high: Option<f64>,
    /// Measurements that the mean is made of: those after the warm-up that fill groups.
    pub count: u64,
    /// How many independent measurements would tell as much: `count` times the variance of one
    /// over the variance of a group's mean times its size; at most `count`. None for averages over
    /// time.
    pub effective_count: Option<f64>,
    /// Measurements that are left out as a warm-up that was detected; 0 where it was given.
    pub warm_up_count: u64,
    /// When the last of these came, in simulated seconds; 0 if there are none.
    pub warm_up_s: f64,
    /// Groups that the interval is made of.
    pub groups: u64,
}

impl SteadyMean {
    fn without_mean(verdict: Verdict) -> Self {
        Self {
            verdict,
            mean: None,
            ci95_low: None,
            ci95_high: None,
            count: 0,
            effective_count: None,
            warm_up_count: 0,
            warm_up_s: 0.0,
            groups: 0,
        }
    }
}

impl Batches {
    /// The mean after the warm-up, in units of which each is `unit` of the measurements' own.
    /// `second_ns` is the length of a reported second in nanoseconds. What `warm_up` was given is
    /// no part of the series. Costs O(batches).
    #[must_use]
    pub fn steady_mean(&self, unit: f64, second_ns: f64, warm_up: WarmUp) -> SteadyMean {
        let (all, size) = (self.complete(), self.size());
        if all.len() < GROUPS_MIN {
            return SteadyMean::without_mean(Verdict::TooFew);
        }
        let means: Vec<f64> = all.iter().map(|batch| batch.sum / size as f64).collect();
        let Some(detected) = warm_up_by_mser(&means) else {
            return SteadyMean::without_mean(Verdict::NotSteady);
        };
        let warm_up = if warm_up == WarmUp::Given { 0 } else { detected };
        if all.len() - warm_up < GROUPS_MIN {
            return SteadyMean::without_mean(Verdict::TooFew);
        }
        let grouped = Groups::of(&means[warm_up..]);
        let used = &all[all.len() - grouped.batches()..];
        let half = grouped.half_width();
        let mean = self.origin() + grouped.spread.mean;
        let count = used.len() as u64 * size;
        let warm_up_end = warm_up.checked_sub(1).map_or(0, |last| all[last].end.as_nanos());
        SteadyMean {
            verdict: match grouped.are_alike() {
                true => Verdict::Correlated,
                false => Verdict::LongEnough,
            },
            mean: Some(mean / unit),
            ci95_low: Some((mean - half) / unit),
            ci95_high: Some((mean + half) / unit),
            count,
            effective_count: Some(effective_count(used, count, &grouped)),
            warm_up_count: warm_up as u64 * size,
            warm_up_s: warm_up_end as f64 / second_ns,
            groups: grouped.means.len() as u64,
        }
    }
}

/// How many of the first values MSER leaves out; none if it is more than half of them.
fn warm_up_by_mser(values: &[f64]) -> Option<usize> {
    let (mut kept, mut best) = (Spread::default(), (f64::INFINITY, 0));
    for (at, &value) in values.iter().enumerate().rev() {
        kept.add(value);
        let error = kept.deviations / (kept.count * kept.count);
        // Of equal errors the one that leaves out least.
        if kept.count > LAST_LEFT as f64 && error <= best.0 {
            best = (error, at);
        }
    }
    (best.1 <= values.len() / 2).then_some(best.1)
}

/// Count, mean and sum of squared deviations (Welford 1962).
#[derive(Debug, Clone, Copy, Default)]
struct Spread {
    count: f64,
    mean: f64,
    deviations: f64,
}

impl Spread {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let delta = value - self.mean;
        self.mean += delta / self.count;
        self.deviations += delta * (value - self.mean);
    }

    /// Variance of what the values were drawn from.
    fn variance(&self) -> f64 {
        self.deviations / (self.count - 1.0)
    }
}

/// Equally many values each, one after another.
struct Groups {
    /// Values of a group.
    size: usize,
    means: Vec<f64>,
    /// Of the means.
    spread: Spread,
}

impl Groups {
    /// Cuts at least [`GROUPS_MIN`] values; those that do not fill groups are left out at the
    /// beginning, where what is left of the warm-up would be.
    fn of(values: &[f64]) -> Self {
        let size = values.len() / GROUPS_MIN;
        let used = &values[values.len() % size..];
        let mean = |group: &[f64]| group.iter().sum::<f64>() / size as f64;
        let means: Vec<f64> = used.chunks(size).map(mean).collect();
        let mut spread = Spread::default();
        means.iter().for_each(|&mean| spread.add(mean));
        Self { size, means, spread }
    }

    /// Values in all groups.
    fn batches(&self) -> usize {
        self.size * self.means.len()
    }

    /// Half the width of the 95 % confidence interval of the mean by Student's t.
    fn half_width(&self) -> f64 {
        let groups = self.spread.count;
        let quantile = two_sided_quantile(0.95, self.means.len() as u64 - 1);
        quantile * libm::sqrt(self.spread.variance() / groups)
    }

    /// Whether neighbours are more alike than chance makes them, by von Neumann's ratio of the
    /// squared steps to the squared deviations: of independent normal means,
    /// `1 - steps / (2 * deviations)` has mean 0 and variance `(n - 2) / (n^2 - 1)`.
    fn are_alike(&self) -> bool {
        let squared_step = |pair: &[f64]| (pair[1] - pair[0]) * (pair[1] - pair[0]);
        let steps: f64 = self.means.windows(2).map(squared_step).sum();
        let (deviations, n) = (self.spread.deviations, self.spread.count);
        if deviations <= 0.0 {
            return false;
        }
        let correlation = 1.0 - steps / (2.0 * deviations);
        correlation * libm::sqrt((n * n - 1.0) / (n - 2.0)) > NORMAL_95
    }
}

/// How many independent measurements would have a mean as sure as that of `count` in `used`.
fn effective_count(used: &[Batch], count: u64, groups: &Groups) -> f64 {
    let count = count as f64;
    let sum: f64 = used.iter().map(|batch| batch.sum).sum();
    let squares: f64 = used.iter().map(|batch| batch.squares).sum();
    let of_one = (squares - sum * sum / count) / (count - 1.0);
    let of_mean = groups.spread.variance() / groups.spread.count;
    if of_mean > 0.0 { (of_one / of_mean).clamp(0.0, count) } else { count }
}

#[cfg(test)]
mod tests;
