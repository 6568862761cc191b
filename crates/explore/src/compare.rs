//! Several scenarios on the same requests, and the differences between them.
//!
//! Every scenario runs the same replications of the same seed. Random streams are named for their
//! purpose, so that scenarios which ask for the same requests draw the same ones: common random
//! numbers. What a trial of one scenario has in common with the same trial of another cancels out
//! of their difference, whose interval is narrower than that of two independent runs.
//!
//! Source: Law, Simulation Modeling and Analysis (5th ed., 2015), sections 10.2.1 (the paired-t
//! confidence interval) and 11.2 (common random numbers).

mod cases;
mod observe;
mod pairs;

use std::ops::ControlFlow;

use thiserror::Error;
use tokendrome::metrics::Observer;
use tokendrome::{Figures, SimulateError};

pub use cases::{Case, Cases, CasesError};
pub use observe::{FIRST_REQUESTS_MAX, FirstTrial, Offered};
pub use pairs::Difference;

use crate::estimates::{Estimate, Estimates};
use crate::jobs::{Job, JobError, Watch, run_all_with};
use crate::notices::Notices;
use crate::parallel::Threads;
use crate::precision::{Goal, HEADLINES, Reached, share_of};
use crate::trials::{Fingerprint, is_random};
use observe::observed;
use pairs::Pairs;

/// One scenario of a comparison, over all trials.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Fingerprint of the trials' own digests, in order.
    pub digest: u64,
    /// Every figure of the report, in its order.
    pub estimates: Vec<Estimate>,
    /// Every figure less that of the first scenario, trial by trial; empty for the first.
    pub differences: Vec<Difference>,
    /// What the first trial looked like; none if it was interrupted.
    pub first_trial: Option<FirstTrial>,
}

impl Side {
    /// The estimate of a figure, if it exists in any trial.
    #[must_use]
    pub fn estimate(&self, name: &str) -> Option<&Estimate> {
        self.estimates.iter().find(|estimate| estimate.name == name)
    }

    /// The difference of a figure, if any trial has it here and in the first scenario.
    #[must_use]
    pub fn difference(&self, name: &str) -> Option<&Difference> {
        self.differences.iter().find(|difference| difference.name == name)
    }
}

/// What scenarios tell when they are put beside each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Trials that every scenario ran to their end.
    pub trials: u64,
    /// Whether these are all that were asked for.
    pub is_complete: bool,
    /// What became of the precision, if one was asked for, the runs were not interrupted, and
    /// something is left to chance.
    pub precision: Option<Reached>,
    /// Whether nothing is left to chance: then there are no intervals, and none are needed.
    pub is_exact: bool,
    /// What a person should know before trusting the figures.
    pub notices: Vec<String>,
    /// The scenarios, in the order of the cases.
    pub sides: Vec<Side>,
}

/// Why there is no comparison: the failed run with the lowest trial, and of these the first
/// scenario's, whatever the threads.
#[derive(Debug, Error)]
#[error("{name}{}: {error}", .trial.map_or_else(String::new, |trial| format!(", trial {trial}")))]
pub struct CompareError {
    /// Name of the scenario.
    pub name: String,
    /// Number of the trial, from 0; none if there is but one.
    pub trial: Option<u64>,
    /// What happened.
    #[source]
    pub error: SimulateError,
}

/// Runs replications 0, 1, ... of all cases, as many as the goal asks for, and compares each with
/// the first. `progress` is called with the number of runs that are done and that of those that are
/// planned so far: trials times cases.
///
/// A precision is that of the differences: half the width of each headline's interval, as a share
/// of the first scenario's mean.
///
/// If nothing is left to chance in any scenario, one trial is all there is, and no more are run.
/// The result is the same bit for bit with any number of threads. Memory does not grow with the
/// number of trials.
///
/// # Errors
/// A run fails.
///
/// # Panics
/// If there are no cases, or a scenario names a trace and the watch has no rows for it, or the
/// other way round.
pub fn compare(
    cases: &Cases,
    goal: Goal,
    threads: Threads,
    watch: &impl Watch,
    mut progress: impl FnMut(u64, u64),
) -> Result<Comparison, CompareError> {
    let list = &cases.list;
    assert!(!list.is_empty(), "a comparison needs a scenario");
    let is_drawn = list.iter().any(|case| is_random(case.simulation.scenario()));
    let sides = list.len() as u64;
    let mut reduction = Reduction::new(list.len());
    let (mut done, mut is_complete, mut is_cut) = (None, true, false);
    while let Some(wanted) = goal.next(done, &reduction.shares()) {
        let total = if is_drawn { wanted } else { wanted.min(1) };
        is_cut = total < wanted;
        let first = done.unwrap_or(0);
        let job = |index: u64| Job {
            simulation: &list[(index % sides) as usize].simulation,
            replication: first + index / sides,
        };
        // The runs of a trial count once all are there: an interruption leaves whole trials.
        let mut trial = Vec::with_capacity(list.len());
        let consume = |index, figures, seen| {
            trial.push((figures, seen));
            if trial.len() == list.len() {
                reduction.add(trial.drain(..));
            }
            progress(first * sides + index + 1, total * sides);
            ControlFlow::Continue(())
        };
        let runs = (total - first) * sides;
        let run = |_, job: &Job<'_>, rows, stopper: &mut dyn Observer| observed(job, rows, stopper);
        is_complete = run_all_with(runs, threads, job, watch, run, consume).map_err(
            |JobError { index, error }| CompareError {
                name: list[(index % sides) as usize].name.clone(),
                trial: (total > 1).then_some(first + index / sides),
                error,
            },
        )?;
        if !is_complete || is_cut {
            break;
        }
        done = Some(total);
    }
    Ok(reduction.finish(cases, goal, is_complete, is_drawn, is_cut))
}

/// Sums over the trials of one scenario.
#[derive(Default)]
struct Sums {
    digest: Fingerprint,
    first_digest: u64,
    /// Trials whose digest is that of the first.
    equal: u64,
    estimates: Estimates,
    pairs: Pairs,
    notices: Notices,
    /// The first trial whose requests are not those of the first scenario: theirs, and its own.
    other: Option<(u64, Offered, Offered)>,
    first_trial: Option<FirstTrial>,
}

struct Reduction {
    trials: u64,
    sides: Vec<Sums>,
}

type Run = (Figures, observe::Seen);

impl Reduction {
    fn new(sides: usize) -> Self {
        let sides = std::iter::repeat_with(Sums::default).take(sides).collect();
        Self { trials: 0, sides }
    }

    /// Adds a trial: a run of each scenario.
    fn add(&mut self, runs: impl Iterator<Item = Run>) {
        let mut first = None;
        for (sums, (figures, seen)) in self.sides.iter_mut().zip(runs) {
            if self.trials == 0 {
                sums.first_digest = figures.digest;
                sums.first_trial = seen.first_trial;
            }
            sums.equal += u64::from(figures.digest == sums.first_digest);
            sums.digest.add(figures.digest);
            sums.notices.add(self.trials, figures.notices);
            sums.estimates.add(&figures.summary);
            match &first {
                None => first = Some((crate::figures(&figures.summary), seen.offered)),
                Some((base, offered)) => {
                    sums.pairs.add(base, &figures.summary);
                    if *offered != seen.offered && sums.other.is_none() {
                        sums.other = Some((self.trials, *offered, seen.offered));
                    }
                }
            }
        }
        self.trials += 1;
    }

    /// How wide the intervals of the headlines' differences are, as shares of the first scenario's
    /// means: the widest of all scenarios.
    fn shares(&self) -> Vec<(&'static str, Option<f64>)> {
        let share = |name| {
            let widths = self.sides.iter().filter_map(|sums| sums.pairs.half_width(name));
            let widths = widths.map(|(half, mean)| half.and_then(|half| share_of(half, mean)));
            let wider = |a: Option<f64>, b| a.zip(b).map(|(a, b): (f64, f64)| a.max(b));
            Some((name, widths.reduce(wider)?))
        };
        HEADLINES.into_iter().filter_map(share).collect()
    }

    fn finish(
        self,
        cases: &Cases,
        goal: Goal,
        is_complete: bool,
        is_drawn: bool,
        is_cut: bool,
    ) -> Comparison {
        let trials = self.trials;
        let precision = match goal {
            Goal::Precision(goal) if is_complete && !is_cut => Some(goal.reached(self.shares())),
            _ => None,
        };
        let are_equal = trials > 1 && self.sides.iter().all(|sums| sums.equal == trials);
        let is_exact = trials > 0 && (!is_drawn || are_equal);
        let mut notices = cases.notices.clone();
        notices.extend(about_trials(trials, is_complete, is_exact, is_cut));
        let of = "headline differences, as shares of the first scenario's means";
        notices.extend(precision.iter().map(|reached| reached.notice(trials, of)));
        let names: Vec<&str> = cases.list.iter().map(|case| case.name.as_str()).collect();
        let (mut own, mut sides) = (Vec::new(), Vec::new());
        for (sums, name) in self.sides.into_iter().zip(&names) {
            if let Some((trial, theirs, its)) = sums.other
                && cases.is_same_requests
            {
                let text = theirs.difference(&its, names[0], name);
                let trial = if trials > 1 { format!("in trial {trial}, ") } else { String::new() };
                notices.push(trial + &text);
            }
            own.push(sums.notices.list("trial", trials));
            let mut side = Side {
                digest: sums.digest.0,
                estimates: sums.estimates.finish(),
                differences: sums.pairs.finish(),
                first_trial: sums.first_trial,
            };
            if is_exact {
                side.estimates.iter_mut().for_each(|of| (of.std, of.ci95) = (None, None));
                side.differences.iter_mut().for_each(|of| (of.std, of.ci95) = (None, None));
            }
            sides.push(side);
        }
        notices.extend(told_once(&own, &names));
        Comparison { trials, is_complete, precision, is_exact, notices, sides }
    }
}

/// What there is to know of the number of trials.
fn about_trials(trials: u64, is_complete: bool, is_exact: bool, is_cut: bool) -> Option<String> {
    let text = match trials {
        0 => "interrupted before the first trial of all scenarios had ended".to_owned(),
        _ if !is_complete => {
            let plural = if trials == 1 { "" } else { "s" };
            format!("interrupted: the figures cover the first {trials} trial{plural}")
        }
        _ if is_cut => "nothing is left to chance: one trial is all there is".to_owned(),
        _ if is_exact => return None,
        1 => "one trial: the differences are those of a single draw, and nothing says how sure \
              they are; more trials do"
            .to_owned(),
        _ => return None,
    };
    Some(text)
}

/// The notices of the scenarios: once where all have it, else with the name of the scenario.
fn told_once(own: &[Vec<String>], names: &[&str]) -> Vec<String> {
    let mut told = Vec::new();
    for (notices, name) in own.iter().zip(names) {
        for text in notices {
            let text = if own.iter().all(|other| other.contains(text)) {
                text.clone()
            } else {
                format!("{name}: {text}")
            };
            if !told.contains(&text) {
                told.push(text);
            }
        }
    }
    told
}

#[cfg(test)]
mod tests;
