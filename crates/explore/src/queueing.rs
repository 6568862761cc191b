//! The engine against queueing theory: systems whose answers are known, as ordinary scenarios.
//!
//! Every [`Case`] is a scenario with its theory. [`validate`] runs replications of all of them,
//! leaves the warm-up out, and compares each quantity's mean over the replications with what theory
//! says, by Student's t. With many comparisons some miss a 99 % interval by chance; so the
//! intervals of the verdicts are those of Bonferroni: each is so wide that all of them together
//! hold the truth with a chance of 99 % or more.
//!
//! Formulas and their sources: `docs/validation.md`, and [`theory`].

mod cases;
mod observe;
pub mod theory;

use std::ops::ControlFlow;

use thiserror::Error;
use tokendrome::metrics::Observer;
use tokendrome::{SimulateError, Simulation};

pub use cases::{Case, Size, cases};

use crate::jobs::{Job, JobError, Watch, run_all_with};
use crate::parallel::Threads;
use crate::statistics::{Interval, Moments};
use crate::student::two_sided_quantile;
use observe::{Means, observed};

/// Chance at most that any verdict of a validation is wrong where the engine is right.
pub const ALPHA: f64 = 0.01;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Mean time from arrival to end, in seconds.
    ResponseTime,
    /// Mean time from arrival to the beginning of service, in seconds.
    QueueTime,
    /// Share of the requests that wait at all.
    WaitShare,
    /// Time average of the requests in the system.
    InSystem,
    /// Little's law: the time average of the requests in the system, less the rate of arrivals
    /// times the mean time in the system, each as it was in the same run.
    Little,
    /// PASTA: the mean number in the system that arrivals find, less the time average of the same
    /// run.
    Pasta,
}

impl Quantity {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::ResponseTime,
        Self::QueueTime,
        Self::WaitShare,
        Self::InSystem,
        Self::Little,
        Self::Pasta,
    ];

    /// The word for files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ResponseTime => "response-time-s",
            Self::QueueTime => "queue-time-s",
            Self::WaitShare => "wait-share",
            Self::InSystem => "in-system",
            Self::Little => "little",
            Self::Pasta => "pasta",
        }
    }
}

/// A quantity of a case: what theory says, and what the replications say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// What is compared.
    pub quantity: Quantity,
    /// What theory says.
    pub theory: f64,
    /// What a deviation is a share of: the theory, or, where that is a difference of nothing, the
    /// number in the system.
    pub scale: f64,
    /// Mean over the replications.
    pub mean: f64,
    /// 95 % confidence interval of the mean.
    pub ci95: Interval,
    /// Interval of the verdict.
    pub limits: Interval,
    /// Whether the theory lies within it.
    pub is_confirmed: bool,
}

impl Check {
    /// How far the mean is from the theory, as a share.
    #[must_use]
    pub fn deviation(&self) -> f64 {
        (self.mean - self.theory) / self.scale
    }
}

/// A case and its checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The case.
    pub case: Case,
    /// One for every quantity, in their order.
    pub checks: Vec<Check>,
}

/// The engine against all cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// Replications of each case.
    pub trials: u64,
    /// Level of the interval of each verdict.
    pub level: f64,
    /// Cases, in order.
    pub cases: Vec<Checked>,
}

impl Validation {
    /// Comparisons in all.
    #[must_use]
    pub fn comparisons(&self) -> usize {
        self.cases.iter().map(|case| case.checks.len()).sum()
    }

    /// Comparisons in which theory lies outside of the interval.
    #[must_use]
    pub fn refuted(&self) -> usize {
        let checks = self.cases.iter().flat_map(|case| &case.checks);
        checks.filter(|check| !check.is_confirmed).count()
    }
}

/// Why there is no validation.
#[derive(Debug, Error)]
pub enum ValidationError {
    /// A run failed: the first in the order of the cases, whatever the threads.
    #[error("{name}, trial {trial}: {error}")]
    Run {
        /// Name of the case.
        name: &'static str,
        /// Number of the replication, from 0.
        trial: u64,
        /// What happened.
        error: SimulateError,
    },
    /// The watch ended it.
    #[error("interrupted")]
    Interrupted,
}

/// Runs replications 0, 1, ... of each case, as many as `trials` (2 or more), and compares.
/// `progress` is called with the number of runs that are done, of `trials` times the cases.
///
/// The result is the same bit for bit with any number of threads.
///
/// # Errors
/// A run fails, or the watch ends it.
///
/// # Panics
/// With fewer than two trials, which have no interval.
pub fn validate(
    cases: Vec<Case>,
    trials: u64,
    threads: Threads,
    watch: &impl Watch,
    mut progress: impl FnMut(u64),
) -> Result<Validation, ValidationError> {
    assert!(trials > 1, "an interval needs two trials, and not {trials}");
    let ready = |case: &Case| {
        Simulation::new(&case.scenario).map_err(|error| ValidationError::Run {
            name: case.name,
            trial: 0,
            error: error.into(),
        })
    };
    let simulations = cases.iter().map(ready).collect::<Result<Vec<_>, _>>()?;
    let job = |index: u64| Job {
        simulation: &simulations[(index / trials) as usize],
        replication: index % trials,
    };
    let mut sums = vec![[Moments::default(); Quantity::ALL.len()]; cases.len()];
    let count = trials * cases.len() as u64;
    let consume = |index: u64, _, means: Means| {
        let sums = &mut sums[(index / trials) as usize];
        sums.iter_mut().zip(Quantity::ALL).for_each(|(sum, of)| sum.add(means.of(of)));
        progress(index + 1);
        ControlFlow::Continue(())
    };
    let run = |_, job: &Job<'_>, rows, stopper: &mut dyn Observer| observed(job, rows, stopper);
    let is_complete = run_all_with(count, threads, job, watch, run, consume).map_err(
        |JobError { index, error }| ValidationError::Run {
            name: cases[(index / trials) as usize].name,
            trial: index % trials,
            error,
        },
    )?;
    if !is_complete {
        return Err(ValidationError::Interrupted);
    }
    let comparisons = (cases.len() * Quantity::ALL.len()) as f64;
    let level = 1.0 - ALPHA / comparisons;
    let quantiles = [0.95, level].map(|level| two_sided_quantile(level, trials - 1));
    let checked = cases.into_iter().zip(sums).map(|(case, sums)| {
        let check = |(quantity, sum)| check(&case, quantity, sum, quantiles);
        let checks = Quantity::ALL.into_iter().zip(&sums).map(check).collect();
        Checked { case, checks }
    });
    Ok(Validation { trials, level, cases: checked.collect() })
}

/// Compares a mean with its theory; `quantiles` are those of the two intervals.
fn check(case: &Case, quantity: Quantity, sum: &Moments, quantiles: [f64; 2]) -> Check {
    let expected = &case.expected;
    let (theory, scale) = match quantity {
        Quantity::ResponseTime => (expected.response_s, expected.response_s),
        Quantity::QueueTime => (expected.queue_s, expected.queue_s),
        Quantity::WaitShare => (expected.wait_share, expected.wait_share),
        Quantity::InSystem => (expected.in_system, expected.in_system),
        Quantity::Little | Quantity::Pasta => (0.0, expected.in_system),
    };
    let mean = sum.mean();
    let [ci95, limits] = quantiles.map(|quantile| {
        let half = sum.half_width_by(quantile).expect("there are two trials or more");
        Interval { low: mean - half, high: mean + half }
    });
    let is_confirmed = limits.low <= theory && theory <= limits.high;
    Check { quantity, theory, scale, mean, ci95, limits, is_confirmed }
}

#[cfg(test)]
mod tests;
