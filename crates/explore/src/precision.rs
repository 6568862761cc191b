//! How many trials are enough for means of a given precision.
//!
//! Trials are run in batches. After each batch the 95 % intervals of the [`HEADLINES`] are looked
//! at; if all are narrow enough, there are no more. Otherwise the next batch goes to the number of
//! trials that the widest interval calls for, since widths shrink as `1 / sqrt(n)`: at least a
//! quarter more than there are, so that one looks seldom, and at most as many again, for a first
//! guess may be far off. The rule sees results in the order of their numbers and nothing else, so
//! that threads do not matter.
//!
//! A rule that stops when an interval looks narrow stops more often when the spread was
//! underestimated by chance: the interval then holds its mean a little less often than in 95 % of
//! all cases. The fewer trials there are at the first look, the worse; hence [`TRIALS_LEAST`].
//!
//! Sources: Chow and Robbins, On the asymptotic theory of fixed-width sequential confidence
//! intervals for the mean, Annals of Mathematical Statistics 36 (1965), 457-462; Law, Simulation
//! Modeling and Analysis (5th ed., 2015), section 9.4.1, which recommends ten replications to begin
//! with.

/// Figures whose means must be precise, as far as they exist.
pub const HEADLINES: [&str; 4] = [
    "latency.ttft_ms.mean",
    "latency.tpot_ms.mean",
    "latency.e2e_ms.mean",
    "throughput.requests_per_s",
];

/// Trials before the first look at the intervals.
pub const TRIALS_LEAST: u64 = 10;

/// How many trials to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// So many.
    Trials(u64),
    /// As many as a precision takes.
    Precision(Precision),
}

/// A precision, and the trials that it may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    /// Half the width of an interval at most, as a share of its mean: above 0.
    pub share: f64,
    /// Trials before the first look; [`TRIALS_LEAST`], if these are fewer.
    pub trials_first: u64,
    /// Trials at most.
    pub trials_max: u64,
}

/// What became of a precision.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// What was asked for.
    pub goal: Precision,
    /// Whether every interval is narrow enough.
    pub is_reached: bool,
    /// The figures that were looked at, and half the width of each one's interval as a share of its
    /// mean: none where there is no interval, or where the mean is 0 and the interval is not.
    pub shares: Vec<(&'static str, Option<f64>)>,
}

/// Half the width of an interval as a share of the mean.
pub(crate) fn share_of(half: f64, mean: f64) -> Option<f64> {
    match mean.abs() {
        _ if half == 0.0 => Some(0.0),
        0.0 => None,
        mean => Some(half / mean),
    }
}

impl Goal {
    /// Up to which number of trials to go on from `done`, given the shares of [`Reached`]; none if
    /// these are enough. The first batch has `done` none.
    pub(crate) fn next(&self, done: Option<u64>, shares: &[(&str, Option<f64>)]) -> Option<u64> {
        match (self, done) {
            (Self::Trials(trials), None) => Some(*trials),
            (Self::Trials(_), Some(_)) => None,
            (Self::Precision(goal), None) => {
                Some(goal.trials_first.max(TRIALS_LEAST).min(goal.trials_max))
            }
            (Self::Precision(goal), Some(done)) => goal.next(done, shares),
        }
    }
}

impl Precision {
    fn next(&self, done: u64, shares: &[(&str, Option<f64>)]) -> Option<u64> {
        if done >= self.trials_max || self.is_met(shares) {
            return None;
        }
        let (least, most) = (done + done.div_ceil(4), done.saturating_mul(2));
        let widest = shares.iter().map(|(_, share)| share.unwrap_or(f64::INFINITY));
        let ratio = widest.fold(0.0, f64::max) / self.share;
        // Casts of what is too large stop at the largest number.
        let wanted = libm::ceil(done as f64 * ratio * ratio) as u64;
        Some(wanted.clamp(least, most).min(self.trials_max))
    }

    pub(crate) fn is_met(&self, shares: &[(&str, Option<f64>)]) -> bool {
        shares.iter().all(|(_, share)| share.is_some_and(|share| share <= self.share))
    }

    /// What became of it, given the shares at the end.
    pub(crate) fn reached(self, shares: Vec<(&'static str, Option<f64>)>) -> Reached {
        Reached { goal: self, is_reached: self.is_met(&shares), shares }
    }
}

impl Reached {
    /// What a person should know of it; `of` says whose means they are, and of what the share is.
    pub(crate) fn notice(&self, trials: u64, of: &str) -> String {
        let goal = percent(self.goal.share);
        let Some((name, widest)) = self.widest() else {
            return format!("the precision of {goal} has nothing to hold for: no {of} exists");
        };
        let width =
            widest.map_or_else(|| "of unknown width".to_owned(), |w| format!("± {}", percent(w)));
        if self.is_reached {
            format!(
                "{trials} trials were enough for ± {goal} (95 %) of the {of}; the widest is \
                 {name}, {width}"
            )
        } else {
            format!(
                "after {trials} trials, the most that are allowed, the {of} are not all within ± \
                 {goal} (95 %): {name} is {width}; more trials (`--max-trials`) would narrow it"
            )
        }
    }

    /// The figure with the widest interval; the first of several.
    fn widest(&self) -> Option<(&'static str, Option<f64>)> {
        let key = |share: Option<f64>| share.unwrap_or(f64::INFINITY);
        let widest = |best: (&'static str, Option<f64>), next: &(&'static str, Option<f64>)| {
            if key(next.1) > key(best.1) { *next } else { best }
        };
        let (first, others) = self.shares.split_first()?;
        Some(others.iter().fold(*first, widest))
    }
}

/// A share as a percentage with three digits.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent >= 9.995 {
        1
    } else if percent >= 0.9995 {
        2
    } else {
        3
    };
    let text = format!("{percent:.decimals$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

#[cfg(test)]
mod tests;
