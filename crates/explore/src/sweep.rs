//! The trials of many scenarios that differ in a few fields: the points of a sweep.
//!
//! All trials of all points are one list of jobs, so that few points with many trials and many
//! points with one trial each both use all threads. Points with much to simulate come first, so
//! that no long job is left over at the end; this changes the order of the work and nothing else.
//! The trials of a point are added up in their order: its figures are the same bit by bit with any
//! number of threads, and the same as those of [`crate::run_trials`].
//!
//! Trial k of every point draws the same random numbers as far as the points ask for the same:
//! *common random numbers* (Law, Simulation Modeling and Analysis, 5th ed., 2015, section 11.2).
//!
//! Points that differ in nothing but `workload.duration_s` are run together where that is possible:
//! a trial of theirs is one run, forked where arrivals end ([`Simulation::windows`]).

mod size;
mod work;

use std::ops::ControlFlow;

use thiserror::Error;
use tokendrome::metrics::Observer;
use tokendrome::{Scenario, SimulateError, Simulation, SweepParameter};

use crate::jobs::{Job, Watch, run_all_with};
use crate::notices::Notices;
use crate::parallel::Threads;
use crate::precision::Goal;
use crate::trials::{Reduction, Trials, is_random};
use work::Work;

/// What a sweep simulates.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// The scenario as it stands without the sweep, resolved.
    pub base: Scenario,
    /// The fields that vary.
    pub parameters: Vec<SweepParameter>,
    /// The points, in order.
    pub points: Vec<SweepPoint>,
}

/// A point of a sweep.
#[derive(Debug, Clone)]
pub struct SweepPoint {
    /// Which of its values each parameter has here.
    pub settings: Vec<usize>,
    /// The scenario, ready to run.
    pub simulation: Simulation,
}

impl SweepPoint {
    /// Trials of this point: those that its scenario asks for, or one where nothing is left to
    /// chance.
    #[must_use]
    pub fn trials(&self) -> u64 {
        let scenario = self.simulation.scenario();
        if is_random(scenario) { u64::from(scenario.simulation.trials) } else { 1 }
    }
}

impl Sweep {
    fn scenario(&self, point: usize) -> &Scenario {
        self.points[point].simulation.scenario()
    }

    /// What a point is called, which counts from 0: `point 3 of 9 (scheduler = static)`.
    #[must_use]
    pub fn name(&self, point: usize) -> String {
        let settings = self.parameters.iter().zip(&self.points[point].settings);
        let said = settings.map(|(parameter, &setting)| {
            format!("{} = {}", parameter.field, parameter.settings[setting].label)
        });
        let said: Vec<String> = said.collect();
        format!("point {} of {} ({})", point + 1, self.points.len(), said.join(", "))
    }
}

/// What came out of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Swept {
    /// For every point what its trials tell; none if they were interrupted.
    pub points: Vec<Option<Trials>>,
    /// What a person should know before trusting the figures.
    pub notices: Vec<String>,
}

impl Swept {
    /// Whether all points were simulated.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.points.iter().all(Option::is_some)
    }

    /// Number of points that were simulated.
    #[must_use]
    pub fn finished(&self) -> usize {
        self.points.iter().flatten().count()
    }
}

/// Why a sweep has no result: the first trial that failed in the order of the work, whatever the
/// threads.
#[derive(Debug, Error)]
#[error("{point}, trial {trial}: {error}")]
pub struct SweepError {
    /// What the point is called.
    pub point: String,
    /// Number of the trial, from 0.
    pub trial: u64,
    /// What happened.
    pub error: SimulateError,
}

/// Runs all points that are not `known` from an earlier time. `finished` is called once for each
/// when its last trial has ended, and may end everything; `progress` is called after each trial
/// with the number of those that are done.
///
/// The results are the same bit for bit with any number of threads. Memory is that of the points
/// and their figures, and does not grow with the number of trials.
///
/// # Errors
/// A trial fails; `finished` has seen all points that were done before.
///
/// # Panics
/// If there are not as many known results as points, or a point's scenario names a trace and the
/// watch has no rows for it, or the other way round.
pub fn run_sweep(
    sweep: &Sweep,
    known: Vec<Option<Trials>>,
    threads: Threads,
    watch: &impl Watch,
    mut finished: impl FnMut(usize, &Trials) -> ControlFlow<()>,
    mut progress: impl FnMut(u64),
) -> Result<Swept, SweepError> {
    assert_eq!(known.len(), sweep.points.len(), "a result or none for every point");
    let mut points = known;
    let work = Work::of(sweep, &points);
    let job = |index| {
        let (group, trial) = work.job(index);
        Job { simulation: &sweep.points[group.longest()].simulation, replication: trial }
    };
    let mut reductions: Vec<Reduction> = Vec::new();
    let mut done = 0;
    let run = |index, job: &Job<'_>, rows, stopper: &mut dyn Observer| {
        work.job(index).0.run(job, rows, stopper)
    };
    let ran = run_all_with(work.jobs(), threads, job, watch, run, |index, longest, others| {
        let (group, trial) = work.job(index);
        let members = &group.points;
        reductions.resize_with(members.len(), Reduction::default);
        for (reduction, figures) in reductions.iter_mut().zip(others.into_iter().chain([longest])) {
            reduction.add(trial, figures);
        }
        done += members.len() as u64;
        progress(done);
        if trial + 1 < group.trials {
            return ControlFlow::Continue(());
        }
        let ended = members.iter().zip(reductions.drain(..));
        for (&point, reduction) in ended {
            let trials = reduction.finish(Goal::Trials(group.trials), true);
            let flow = finished(point, &trials);
            points[point] = Some(trials);
            if flow.is_break() {
                return flow;
            }
        }
        ControlFlow::Continue(())
    });
    if let Err(failed) = ran {
        let (group, trial) = work.job(failed.index);
        let point = group.failing(sweep, trial);
        return Err(SweepError { point: sweep.name(point), trial, error: failed.error });
    }
    let notices = notices(sweep, &points);
    Ok(Swept { points, notices })
}

/// What the points had to say, once for all of them.
fn notices(sweep: &Sweep, points: &[Option<Trials>]) -> Vec<String> {
    let mut notices = Notices::default();
    let mut exact = 0_u64;
    for ((index, trials), point) in (1..).zip(points).zip(&sweep.points) {
        let Some(trials) = trials else { continue };
        notices.add(index, trials.notices.clone());
        let asked = u64::from(point.simulation.scenario().simulation.trials);
        exact += u64::from(point.trials() < asked);
    }
    let count = points.iter().flatten().count() as u64;
    let mut list = notices.list("point", count);
    if exact > 0 {
        let which = if exact == count { String::new() } else { format!("in {exact} points ") };
        list.push(format!("{which}nothing is left to chance: one trial is all there is"));
    }
    if count < points.len() as u64 {
        list.push(format!(
            "the sweep was interrupted: the figures are those of {count} of {} points",
            points.len()
        ));
    }
    list
}

#[cfg(test)]
mod tests;
