//! The largest rate of arrivals that a scenario can take.
//!
//! * [`Method::Drift`]: the largest *stable* rate. A rate is judged by the drift of the backlog in
//!   late parts of long runs whose arrivals go on to the end; just above the largest stable rate,
//!   requests depart as fast as they ever will, and that rate, with its confidence interval, is the
//!   estimate. It is verified from both sides.
//! * [`Method::MannKendall`]: the test of a recorded simulator on a grid of rates. It takes the
//!   start of a run for instability; see [`detect`].
//! * [`Method::Objectives`]: the largest rate at which limits on figures hold.
//!
//! Every scenario is searched on its own; replications with one number draw the same random numbers
//! in all of them. The course of a search depends on results only, in the order of their numbers,
//! and so does its outcome: threads do not matter. Memory is that of the runs in progress.

mod backlog;
mod bracket;
mod condition;
mod detector;
mod drift;
mod load;
mod objectives;
mod outcome;
mod runs;
mod windows;

use thiserror::Error;
use tokendrome::workload::SourceError;
use tokendrome::{ScenarioError, SimulateError, Simulation};

pub use condition::{Condition, ConditionError, Side};
pub use detector::{Detection, detect};
pub use outcome::{Basis, Capacity, Curve, Drift, Measured, Objective, Tried, Verdict};

use crate::jobs::Watch;
use crate::parallel::Threads;
use load::Load;
use outcome::Course;
use runs::{Runs, Stop};

/// Longest run, in seconds: a scenario's times have the same limit.
const LENGTH_MAX_S: f64 = 1e9;

/// How to find the largest rate.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// The largest stable rate, by the drift of the backlog.
    Drift(Search),
    /// The largest stable rate of a grid, by the trend of response times.
    MannKendall(Grid),
    /// The largest rate at which all conditions hold.
    Objectives(Search, Vec<Condition>),
}

/// Where to look, and how closely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// Rate to begin with, per second; none: that of the scenario.
    pub from_per_s: Option<f64>,
    /// Rate beyond which nothing is tried, per second; none: a billion times the first.
    pub to_per_s: Option<f64>,
    /// Half the width of the interval at most, as a share of the rate: above 0. Below 0.25 for
    /// [`Method::Drift`], which looks four times as far to both sides. Brackets of stable and
    /// unstable rates are up to twice as wide.
    pub precision: f64,
    /// Replications to begin with, where departures are measured.
    pub trials_first: u64,
    /// Replications at most, at one rate; verdicts take ten at least.
    pub trials_max: u64,
}

/// The rates and runs of [`Method::MannKendall`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Lowest rate, per second.
    pub from_per_s: f64,
    /// No rate is above this, per second.
    pub to_per_s: f64,
    /// From one rate to the next, per second.
    pub step_per_s: f64,
    /// The longest window of arrivals, in seconds.
    pub window_s: f64,
    /// Windows: of equal steps up to the longest. At least ten.
    pub points: u32,
    /// Runs of each window.
    pub trials: u32,
}

/// How far a search has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The rate that is tried now, per second.
    pub rate_per_s: f64,
    /// Runs that are done.
    pub runs: u64,
}

/// Why a scenario has no capacity.
#[derive(Debug, Error)]
pub enum CapacityError {
    /// Its arrivals have no rate that could be changed.
    #[error("the scenario {what}, so there is no rate to look for")]
    NoRate {
        /// What its arrivals are like.
        what: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// Its trace cannot be read.
    #[error("{0}")]
    Trace(SourceError),
    /// It cannot be simulated at some rate.
    #[error("{0}")]
    Scenario(ScenarioError),
    /// A condition names a figure that no run has.
    #[error("no run has a figure `{name}`")]
    NoFigure {
        /// The name.
        name: String,
        /// Figures that runs have, and that are alike.
        known: Vec<String>,
    },
    /// A run failed.
    #[error("at a rate of {rate_per_s}, replication {replication}: {error}")]
    Run {
        /// The rate, per second.
        rate_per_s: f64,
        /// Number of the replication.
        replication: u64,
        /// What happened.
        #[source]
        error: SimulateError,
    },
}

/// Finds the largest rate that a scenario can take. `progress` is called after every run.
///
/// A search that the watch stops has no rate, and tells what it had tried.
///
/// # Errors
/// The arrivals of the scenario have no rate, a condition names no figure, or a run fails.
///
/// # Panics
/// If the scenario names a trace and the watch has no rows for it, or the other way round.
pub fn capacity(
    simulation: &Simulation,
    method: &Method,
    threads: Threads,
    watch: &impl Watch,
    progress: &dyn Fn(Step),
) -> Result<Capacity, CapacityError> {
    let runs = Runs::new(threads, watch, progress);
    let mut course = Course::default();
    simulation.notices().iter().for_each(|notice| course.notice(notice));
    let (rows, reading) = runs.input(simulation)?.map(|of| (of.rows, of.notices)).unzip();
    let load = Load::of(simulation.scenario(), rows)?;
    let read = reading.map_or_else(Vec::new, |notices| notices());
    read.into_iter().for_each(|notice| course.notice(notice));
    let found = match method {
        Method::Drift(search) => drift::search(&load, search, &runs, &mut course),
        Method::MannKendall(grid) => windows::search(&load, grid, &runs, &mut course),
        Method::Objectives(search, conditions) => {
            objectives::search(&load, search, conditions, &runs, &mut course)
        }
    };
    match found {
        Ok(found) => Ok(course.finish(Some(found), &load, runs.done.get())),
        Err(Stop::Interrupted) => Ok(course.finish(None, &load, runs.done.get())),
        Err(Stop::Failed(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests;
