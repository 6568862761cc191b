//! Runs of scenarios as jobs.

use std::ops::ControlFlow;

use thiserror::Error;
use tokendrome::metrics::{Observer, Progress};
use tokendrome::workload::{Rows, SourceError};
use tokendrome::{Figures, SimulateError, Simulation};

use crate::parallel::{Needed, Threads, run_in_order};

/// One run of a scenario.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The scenario, ready to run.
    pub simulation: &'a Simulation,
    /// Number of the replication: which of the seed's random numbers it draws.
    pub replication: u64,
}

/// The rows of a trace for one run, from its beginning.
pub struct Input {
    /// The rows.
    pub rows: Rows,
    /// What was found while they were read; asked for once the run has ended.
    pub notices: Box<dyn FnOnce() -> Vec<String>>,
}

/// What runs ask the outside for, from any thread.
pub trait Watch: Sync {
    /// The rows for a run of a scenario that replays a trace; every run reads them anew. None if
    /// the scenario has no trace.
    ///
    /// # Errors
    /// The trace cannot be opened.
    fn input(&self, job: &Job<'_>) -> Result<Option<Input>, SourceError> {
        let _ = job;
        Ok(None)
    }

    /// Whether to end everything soon. Asked every few thousand events and between runs.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Nobody watches; no scenario has a trace.
impl Watch for () {}

/// Why a job has no result.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct JobError {
    /// Number of the job, from 0.
    pub index: u64,
    /// What happened.
    #[source]
    pub error: SimulateError,
}

/// Runs jobs 0, 1, ... up to `count`, each as `job` describes it, and hands their figures to
/// `consume` in this order, on the calling thread. Results that wait for their turn are few,
/// whatever the number of jobs.
///
/// Returns whether all jobs were run, rather than stopped by the watch or by `consume`. What a
/// stopped run had measured is not handed over.
///
/// # Errors
/// That of the lowest job that failed, whatever the threads; `consume` has seen all before it.
///
/// # Panics
/// If a job's scenario names a trace and the watch has no rows for it, or the other way round.
pub fn run_all<'a>(
    count: u64,
    threads: Threads,
    job: impl Fn(u64) -> Job<'a> + Sync,
    watch: &impl Watch,
    mut consume: impl FnMut(u64, Figures) -> ControlFlow<()>,
) -> Result<bool, JobError> {
    let figures = |_, job: &Job<'_>, rows, stopper: &mut dyn Observer| {
        Ok((job.simulation.figures(job.replication, rows, &mut [stopper])?, ()))
    };
    run_all_with(count, threads, job, watch, figures, |index, figures, ()| consume(index, figures))
}

/// The figures of a run, and something beside them.
pub(crate) type Ran<T> = Result<(Figures, T), SimulateError>;

/// As [`run_all`], with jobs that are run by `run`, which hands over something beside the figures.
/// It takes the number of the job, the rows of the trace, and an observer that has to see the run.
pub(crate) fn run_all_with<'a, T: Send>(
    count: u64,
    threads: Threads,
    job: impl Fn(u64) -> Job<'a> + Sync,
    watch: &impl Watch,
    run: impl Fn(u64, &Job<'a>, Option<Rows>, &mut dyn Observer) -> Ran<T> + Sync,
    mut consume: impl FnMut(u64, Figures, T) -> ControlFlow<()>,
) -> Result<bool, JobError> {
    let work = |index, needed: &Needed<'_>| -> Result<(Figures, T), SimulateError> {
        let (job, mut stopper) = (job(index), Stopper { watch, needed });
        let (rows, notices) = watch.input(&job)?.map(|input| (input.rows, input.notices)).unzip();
        let (mut figures, more) = run(index, &job, rows, &mut stopper)?;
        figures.notices.extend(notices.into_iter().flat_map(|notices| notices()));
        Ok((figures, more))
    };
    let work =
        |index, needed: &Needed<'_>| work(index, needed).map_err(|error| JobError { index, error });
    let mut is_complete = true;
    run_in_order(count, threads, work, |index, (figures, more)| {
        is_complete = figures.is_complete && !watch.is_stopped();
        if !is_complete {
            return ControlFlow::Break(());
        }
        let flow = consume(index, figures, more);
        is_complete = flow.is_continue() || index + 1 == count;
        flow
    })?;
    Ok(is_complete)
}

/// Ends a run whose result nobody needs.
pub(crate) struct Stopper<'a, W> {
    pub(crate) watch: &'a W,
    pub(crate) needed: &'a Needed<'a>,
}

impl<W: Watch> Observer for Stopper<'_, W> {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn progress(&mut self, _: &Progress) -> ControlFlow<()> {
        let goes_on = self.needed.is_needed() && !self.watch.is_stopped();
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
