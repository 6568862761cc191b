//! Runs of one scenario at one rate, on all threads.

use std::cell::Cell;
use std::ops::ControlFlow;

use tokendrome::metrics::Observer;
use tokendrome::workload::Rows;
use tokendrome::{Figures, SimulateError, Simulation};

use super::{CapacityError, Step};
use crate::jobs::{Input, Job, Stopper, Watch};
use crate::parallel::{Needed, Threads, run_in_order};

/// Why a search ends before it has found anything.
#[derive(Debug)]
pub(super) enum Stop {
    /// Somebody asked for it.
    Interrupted,
    Failed(CapacityError),
}

impl From<CapacityError> for Stop {
    fn from(error: CapacityError) -> Self {
        Self::Failed(error)
    }
}

/// Where runs take place, and who is told of them.
pub(super) struct Runs<'a, W> {
    threads: Threads,
    watch: &'a W,
    progress: &'a dyn Fn(Step),
    /// Runs that are done.
    pub(super) done: Cell<u64>,
}

/// What a run yields: its figures, and something else.
pub(super) type Ran<T> = Result<(Figures, T), SimulateError>;

/// Runs that belong together: replications `first`, `first + 1`, ... of `simulations`, in turn.
pub(super) struct Batch<'a> {
    /// Their rate, for those who watch.
    pub(super) rate_per_s: f64,
    pub(super) simulations: &'a [Simulation],
    pub(super) first: u64,
    pub(super) runs: u64,
}

impl<'a, W: Watch> Runs<'a, W> {
    pub(super) fn new(threads: Threads, watch: &'a W, progress: &'a dyn Fn(Step)) -> Self {
        Self { threads, watch, progress, done: Cell::new(0) }
    }

    /// The scenario's trace, if it has one.
    pub(super) fn input(&self, simulation: &Simulation) -> Result<Option<Input>, CapacityError> {
        self.watch.input(&Job { simulation, replication: 0 }).map_err(CapacityError::Trace)
    }

    /// Runs a batch; the results are in order. A run in which nothing arrives has none.
    pub(super) fn all<T: Send>(
        &self,
        batch: &Batch<'_>,
        run: impl Fn(&Job<'_>, Option<Rows>, &mut dyn Observer) -> Ran<T> + Sync,
    ) -> Result<Vec<Option<(Figures, T)>>, Stop> {
        let watch = self.watch;
        let sides = batch.simulations.len() as u64;
        let one = |index: u64, needed: &Needed<'_>| {
            let simulation = &batch.simulations[(index % sides) as usize];
            let job = Job { simulation, replication: batch.first + index };
            let rows = watch.input(&job)?.map(|input| input.rows);
            match run(&job, rows, &mut Stopper { watch, needed }) {
                Ok(result) => Ok(Some(result)),
                Err(SimulateError::Empty) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let failed = |index| move |error| (index, error);
        let work = |index, needed: &Needed<'_>| one(index, needed).map_err(failed(index));
        let mut results = Vec::new();
        let ran = run_in_order(batch.runs, self.threads, work, |_, result| {
            let is_whole = result.as_ref().is_none_or(|(figures, _)| figures.is_complete);
            if !is_whole || watch.is_stopped() {
                return ControlFlow::Break(());
            }
            results.push(result);
            self.done.set(self.done.get() + 1);
            (self.progress)(Step { rate_per_s: batch.rate_per_s, runs: self.done.get() });
            ControlFlow::Continue(())
        });
        ran.map_err(|(index, error)| CapacityError::Run {
            rate_per_s: batch.rate_per_s,
            replication: batch.first + index,
            error,
        })?;
        if (results.len() as u64) < batch.runs { Err(Stop::Interrupted) } else { Ok(results) }
    }
}
