//! The event loop.

mod ahead;
mod cuts;
mod finish;
mod handover;
mod iterations;
mod requests;

use std::collections::VecDeque;
use std::ops::ControlFlow;

use thiserror::Error;
use tokendrome_kernel::{Event, EventQueue};
use tokendrome_metrics::{Levels, Observer, Recorder, ReplicaCounters, RequestRecord, Totals};
use tokendrome_units::{Id, IdVec, ReplicaId, SimDuration, SimTime, TimeError};
use tokendrome_workload::{Request, Source, SourceError};

use crate::delays::Delays;
use crate::digest::Digest;
use crate::replica::{Due, EngineLoop, Replica, ReplicaModel};
use crate::router::{Places, Router};
use handover::Handover;

pub use handover::{Carried, Disaggregation, TransferTotals};

/// Events between two calls of [`Observer::progress`].
const PROGRESS_EVERY: u64 = 4_096;

/// The part of a tick by which a request may come late for the end of a step: times are written
/// with six digits, and rates have periods that no clock holds exactly.
const TICK_SLACK: u64 = 1_000_000;

/// Requests and iterations that may follow from one another at one moment before the run is taken
/// to stand still.
const REPEATS_MAX: u64 = 1_000_000;

/// Everything that can happen.
#[derive(Clone)]
enum Happening {
    /// A request comes to a cluster whose executors share queues, where it is seen by an iteration
    /// that is planned because another ends at the same moment: its place in `arriving`.
    ComesFirst(u32),
    /// The oldest iteration in flight on a replica ends, and its host is at it.
    IterationEnds(ReplicaId),
    /// A request that came during a step of a ticking replica arrives there: its place in
    /// `arriving`.
    Enters(u32, ReplicaId),
    /// A request comes: its place in `arriving`.
    Comes(u32),
    /// The host of a replica has rested, and plans again.
    Wakes(ReplicaId),
    /// The last bytes of a KV cache have been sent, unless the flows have changed since this
    /// version of them.
    TransferEnds(u32),
    /// KV caches arrive where they were sent: which ones.
    Lands(u32),
}

impl Event for Happening {
    fn class(&self) -> u8 {
        match self {
            Self::ComesFirst(_) => 0,
            Self::IterationEnds(_) => 1,
            // Whoever came earlier goes first.
            Self::Enters(..) => 2,
            Self::Comes(_) => 3,
            Self::TransferEnds(_) => 4,
            Self::Lands(_) => 5,
            Self::Wakes(_) => 6,
        }
    }

    /// What happens to replicas at one moment happens in their order: when each of its events was
    /// scheduled depends on how far it went ahead.
    fn rank(&self) -> u32 {
        match self {
            Self::IterationEnds(replica) | Self::Wakes(replica) => replica.0,
            Self::ComesFirst(_)
            | Self::Enters(..)
            | Self::Comes(_)
            | Self::TransferEnds(_)
            | Self::Lands(_) => 0,
        }
    }
}

/// Why a run ended without a result.
#[derive(Debug, Error)]
pub enum RunError {
    /// The source of requests failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A step-time model returned something that is not a time.
    #[error("the step-time model returned something that is not a time: {0}")]
    StepTime(#[from] TimeError),
    /// The clock does not move on.
    #[error(
        "the clock stands still at {now}: {REPEATS_MAX} requests or iterations ended at this one \
         moment and called for the next at once; give users time to think, or iterations time to \
         compute{}",
        refused(refusal.as_deref())
    )]
    StandsStill {
        /// The clock.
        now: SimTime,
        /// Why the last request that was refused was.
        refusal: Option<String>,
    },
    /// Requests wait, and nothing will ever happen again.
    #[error("{waiting} requests are left at {now} and none of them can go on: {blockage}")]
    Stuck {
        /// Requests in the system.
        waiting: u64,
        /// The clock.
        now: SimTime,
        /// What the first of them waits for.
        blockage: String,
    },
}

fn refused(refusal: Option<&str>) -> String {
    refusal.map_or_else(String::new, |refusal| format!(". The last was refused: {refusal}"))
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Everything that was measured.
    pub totals: Totals,
    /// Totals by replica.
    pub replicas: Vec<ReplicaCounters>,
    /// KV blocks of each replica.
    pub kv_blocks: Vec<u64>,
    /// What was sent between the pools of a disaggregated cluster.
    pub transfers: Option<TransferTotals>,
    /// Fingerprint of the run.
    pub digest: u64,
    /// Whether an observer ended the run early.
    pub interrupted: bool,
}

/// Why a run goes no further.
#[derive(Clone, Copy)]
enum End {
    /// Nothing is left to happen.
    Drained,
    /// The horizon has been reached.
    Horizon,
    /// An observer, or whoever plays, has enough.
    BrokenOff,
}

/// Replicas behind a router.
pub struct Cluster<'a, 'o> {
    replicas: IdVec<ReplicaId, Replica>,
    router: Box<dyn Router>,
    /// The way from the replicas that compute prompts to those that decode, where these differ.
    handover: Option<Handover>,
    delays: Delays,
    source: &'a mut dyn Source,
    recorder: Recorder,
    observers: &'a mut [&'o mut dyn Observer],
    events: EventQueue<Happening>,
    /// Requests that are on their way, by the place that their event names.
    arriving: Vec<Option<Request>>,
    /// So much before its time a request comes to ticking replicas: what is due a rounding error
    /// after a boundary is in time for it.
    slack: SimDuration,
    /// How a request's coming is scheduled.
    comes: fn(u32) -> Happening,
    free_places: Vec<u32>,
    /// Requests that the router holds back.
    held: VecDeque<Request>,
    /// Replicas that may be able to start an iteration at this moment.
    ready: Vec<ReplicaId>,
    /// Replicas that have started one, and when their oldest one ends.
    begun: Vec<(ReplicaId, SimTime)>,
    levels: Levels,
    /// The moment at which the run is cut: nothing happens at it any more.
    horizon: SimTime,
    /// Events since progress was last reported.
    unreported: u64,
    digest: Digest,
    /// The place in `arriving` of the next request of the open loop, and when it comes.
    open_loop: Option<u32>,
    next_arrival: SimTime,
    /// Whether the end of a request may call for another one.
    is_closed: bool,
    /// Requests that wait for the end of a step of a ticking replica, to arrive then.
    coming: u64,
    arrived: u64,
    ended: u64,
    /// Requests and iterations of this moment that follow from others of the same moment.
    repeats: u64,
    /// Why the last request that was refused was.
    last_refusal: Option<String>,
    /// Scratch of the end of an iteration.
    finished: Vec<(RequestRecord, Option<u32>)>,
}

impl Places for IdVec<ReplicaId, Replica> {
    fn replicas(&self) -> u32 {
        self.len() as u32
    }

    fn has_place(&self, replica: ReplicaId, coming: u32) -> bool {
        self[replica].has_place(coming)
    }

    fn requests(&self, replica: ReplicaId) -> u64 {
        self[replica].requests()
    }
}

impl<'a, 'o> Cluster<'a, 'o> {
    /// A cluster at time zero.
    #[must_use]
    pub fn new(
        replicas: Vec<ReplicaModel>,
        router: Box<dyn Router>,
        source: &'a mut dyn Source,
        mut recorder: Recorder,
        observers: &'a mut [&'o mut dyn Observer],
    ) -> Self {
        recorder.follow_replicas(replicas.len());
        let replica = |(i, model)| Replica::new(ReplicaId::from_index(i), model);
        let slack = |model: &ReplicaModel| match model.engine_loop {
            EngineLoop::Ticking { tick } => SimDuration::from_nanos(tick.as_nanos() / TICK_SLACK),
            EngineLoop::Synchronous
            | EngineLoop::Asynchronous { .. }
            | EngineLoop::Overlap { .. }
            | EngineLoop::Executors { .. } => SimDuration::ZERO,
        };
        let slack = replicas.iter().map(slack).min().unwrap_or_default();
        let shares = |model: &ReplicaModel| match model.engine_loop {
            EngineLoop::Executors { .. } => true,
            EngineLoop::Synchronous
            | EngineLoop::Asynchronous { .. }
            | EngineLoop::Overlap { .. }
            | EngineLoop::Ticking { .. } => false,
        };
        let is_shared = replicas.iter().any(shares);
        Self {
            replicas: replicas.into_iter().enumerate().map(replica).collect(),
            router,
            handover: None,
            delays: Delays::default(),
            source,
            recorder,
            observers,
            events: EventQueue::new(),
            arriving: Vec::new(),
            slack,
            comes: if is_shared { Happening::ComesFirst } else { Happening::Comes },
            free_places: Vec::new(),
            held: VecDeque::new(),
            ready: Vec::new(),
            begun: Vec::new(),
            levels: Levels::default(),
            horizon: SimTime::MAX,
            unreported: 0,
            digest: Digest::new(),
            open_loop: None,
            next_arrival: SimTime::MAX,
            is_closed: false,
            coming: 0,
            arrived: 0,
            ended: 0,
            repeats: 0,
            last_refusal: None,
            finished: Vec::new(),
        }
    }

    /// Runs until every request has ended, or until `horizon`: what would happen at that very
    /// moment, or later, does not.
    ///
    /// # Errors
    /// The source fails, a step time is not a time, or nothing can go on.
    pub fn run(mut self, horizon: Option<SimTime>) -> Result<Outcome, RunError> {
        self.horizon = horizon.unwrap_or(SimTime::MAX);
        self.expect_next()?;
        let end = self.play(|_| Ok(ControlFlow::Continue(())))?;
        self.conclude(end)
    }

    /// Goes on from wherever it stands; `after` is called after each moment, and may break off.
    fn play(
        &mut self,
        mut after: impl FnMut(&mut Self) -> Result<ControlFlow<()>, RunError>,
    ) -> Result<End, RunError> {
        while let Some(now) = self.next_time() {
            if self.horizon <= now {
                return Ok(End::Horizon);
            }
            self.advance(now)?;
            // All that happens at this moment, but not so much that nobody could stop it.
            while self.events.next_time() == Some(now) && self.unreported < PROGRESS_EVERY {
                self.handle(now)?;
                self.unreported += 1;
            }
            if self.events.next_time() != Some(now) {
                self.start_iterations(now)?;
                // Not before: who comes in the middle of a moment does not wait yet.
                self.recorder.set_levels(self.levels);
            }
            self.run_all_ahead()?;
            if after(self)?.is_break() {
                return Ok(End::BrokenOff);
            }
            if self.unreported >= PROGRESS_EVERY {
                self.unreported = 0;
                if let Some(blockage) = self.replicas.iter().find_map(Replica::is_thrashing) {
                    return Err(self.stuck(blockage));
                }
                if self.report_progress().is_break() {
                    return Ok(End::BrokenOff);
                }
            }
        }
        Ok(End::Drained)
    }

    /// The outcome of a run that has come to this end.
    fn conclude(mut self, end: End) -> Result<Outcome, RunError> {
        if let End::Horizon = end {
            let horizon = self.horizon;
            self.recorder.advance(horizon);
            return Ok(self.finish(horizon, false));
        }
        let interrupted = matches!(end, End::BrokenOff);
        if self.levels.in_system > 0 && !interrupted {
            return Err(self.stuck(self.blockage()));
        }
        // If the run was interrupted, replicas may have gone ahead.
        let replicas = self.replicas.iter().map(Replica::last_delivery);
        let now = replicas.fold(self.recorder.counters().time, SimTime::max);
        self.recorder.advance(now);
        Ok(self.finish(now, interrupted))
    }

    /// Moves the clock of the measurements on to `now`.
    fn advance(&mut self, now: SimTime) -> Result<(), RunError> {
        if now > self.recorder.counters().time {
            self.repeats = 0;
        } else if self.repeats > REPEATS_MAX {
            return Err(RunError::StandsStill { now, refusal: self.last_refusal.take() });
        }
        self.recorder.advance(now);
        Ok(())
    }

    fn handle(&mut self, now: SimTime) -> Result<(), RunError> {
        let Some((_, event)) = self.events.pop() else { return Ok(()) };
        match event {
            Happening::IterationEnds(id) => {
                if self.replicas[id].is_untouched() && self.may_go_ahead() {
                    let due = self.run_ahead(id, now)?;
                    if due > now {
                        self.expect_due(id, Due::Ends(due));
                        return Ok(());
                    }
                }
                self.replicas[id].woken();
                self.end_iteration(id, now)?;
                if self.replicas[id].plans_at_once() {
                    self.start_on(id, now)?;
                }
                Ok(())
            }
            Happening::Enters(place, replica) => self.enter(place, replica),
            Happening::ComesFirst(place) | Happening::Comes(place) => self.come(place, now),
            Happening::TransferEnds(version) => self.end_transfers(version, now),
            Happening::Lands(landing) => self.land(landing, now),
            Happening::Wakes(replica) => {
                if self.replicas[replica].awaits_wake_at(now) {
                    self.replicas[replica].woken();
                    self.ready.push(replica);
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
