//! Replications of one scenario, and what they tell of every figure.

use std::ops::ControlFlow;

use thiserror::Error;
use tokendrome::steptime::Law;
use tokendrome::{Figures, Scenario, SimulateError, Simulation};

use crate::estimates::{Estimate, Estimates};
use crate::jobs::{Job, JobError, Watch, run_all};
use crate::notices::Notices;
use crate::parallel::Threads;
use crate::precision::{Goal, HEADLINES, Reached, share_of};

/// What the trials of a scenario tell together.
#[derive(Debug, Clone, PartialEq)]
pub struct Trials {
    /// Trials that ran to their end.
    pub trials: u64,
    /// Whether these are all that were asked for.
    pub is_complete: bool,
    /// What became of the precision, if one was asked for and the trials were not interrupted.
    pub precision: Option<Reached>,
    /// Fingerprint of the trials' own digests, in order.
    pub digest: u64,
    /// What a person should know before trusting the figures.
    pub notices: Vec<String>,
    /// Every figure of the report, in its order.
    pub estimates: Vec<Estimate>,
}

impl Trials {
    /// The estimate of a figure, if it exists in any trial.
    #[must_use]
    pub fn estimate(&self, name: &str) -> Option<&Estimate> {
        self.estimates.iter().find(|estimate| estimate.name == name)
    }
}

/// Why trials have no result.
#[derive(Debug, Error)]
pub enum TrialsError {
    /// A trial failed: the one with the lowest number, whatever the threads.
    #[error("trial {trial}: {error}")]
    Trial {
        /// Its number, from 0.
        trial: u64,
        /// What happened.
        error: SimulateError,
    },
    /// Trials would all be the same.
    #[error(
        "every trial would be the same: a trace is replayed at its own times, with step times that \
         do not vary, so nothing is left to chance"
    )]
    NothingRandom,
}

impl From<JobError> for TrialsError {
    fn from(JobError { index, error }: JobError) -> Self {
        Self::Trial { trial: index, error }
    }
}

/// Runs replications 0, 1, ... of a scenario, as many as the goal asks for. Replication 0 is the
/// plain run. `progress` is called after each, in order, with the number of those that are done and
/// that of those that are planned so far.
///
/// The result is the same bit for bit with any number of threads. Memory does not grow with the
/// number of trials.
///
/// # Errors
/// More than one trial is asked for where none would differ, or a trial fails.
///
/// # Panics
/// If the scenario names a trace and the watch has no rows for it, or the other way round.
pub fn run_trials(
    simulation: &Simulation,
    goal: Goal,
    threads: Threads,
    watch: &impl Watch,
    mut progress: impl FnMut(u64, u64),
) -> Result<Trials, TrialsError> {
    let mut reduction = Reduction::default();
    let (mut done, mut is_complete) = (None, true);
    while let Some(total) = goal.next(done, &reduction.shares()) {
        if total > 1 && !is_random(simulation.scenario()) {
            return Err(TrialsError::NothingRandom);
        }
        let first = done.unwrap_or(0);
        let job = |index| Job { simulation, replication: first + index };
        is_complete = run_all(total - first, threads, job, watch, |index, figures| {
            reduction.add(first + index, figures);
            progress(first + index + 1, total);
            ControlFlow::Continue(())
        })
        .map_err(|JobError { index, error }| JobError { index: first + index, error })?;
        if !is_complete {
            break;
        }
        done = Some(total);
    }
    Ok(reduction.finish(goal, is_complete))
}

/// Whether replications can differ. Synthetic workloads are taken to draw something; where they do
/// not, the trials say so afterwards.
pub(crate) fn is_random(scenario: &Scenario) -> bool {
    let law = scenario.step_time.law();
    let workload = &scenario.workload;
    workload.trace.is_none() || workload.arrivals.is_some() || law != Law::Deterministic
}

/// Sums over trials, which come in order.
#[derive(Default)]
pub(crate) struct Reduction {
    trials: u64,
    estimates: Estimates,
    digest: Fingerprint,
    first_digest: u64,
    /// Trials whose digest is that of the first.
    equal: u64,
    notices: Notices,
}

impl Reduction {
    pub(crate) fn add(&mut self, index: u64, of: Figures) {
        if self.trials == 0 {
            self.first_digest = of.digest;
        }
        self.trials += 1;
        self.equal += u64::from(of.digest == self.first_digest);
        self.digest.add(of.digest);
        self.notices.add(index, of.notices);
        self.estimates.add(&of.summary);
    }

    /// How wide the intervals of the headlines are, as shares of their means.
    fn shares(&self) -> Vec<(&'static str, Option<f64>)> {
        let share = |name| {
            let moments = self.estimates.get(name)?;
            let half = moments.half_width(0.95);
            Some((name, half.and_then(|half| share_of(half, moments.mean()))))
        };
        HEADLINES.into_iter().filter_map(share).collect()
    }

    pub(crate) fn finish(self, goal: Goal, is_complete: bool) -> Trials {
        let precision = match goal {
            Goal::Precision(goal) if is_complete => Some(goal.reached(self.shares())),
            _ => None,
        };
        let mut notices = self.notices.list("trial", self.trials);
        notices.extend(precision.iter().map(|of| of.notice(self.trials, "headline means")));
        if !is_complete {
            notices.push(match self.trials {
                0 => "the trials were interrupted before the first had ended".to_owned(),
                trials => {
                    format!("the trials were interrupted: the figures cover the first {trials}")
                }
            });
        }
        if self.trials > 1 && self.equal == self.trials {
            notices.push(
                "all trials are the same: nothing that the scenario leaves to chance made a \
                 difference"
                    .to_owned(),
            );
        }
        Trials {
            trials: self.trials,
            is_complete,
            precision,
            digest: self.digest.0,
            notices,
            estimates: self.estimates.finish(),
        }
    }
}

/// FNV-1a over the bytes of the digests.
pub(crate) struct Fingerprint(pub(crate) u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Fingerprint {
    pub(crate) fn add(&mut self, digest: u64) {
        for byte in digest.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
    }
}

#[cfg(test)]
mod tests;
