//! The times of the iterations in flight, while one follows another.

use tokendrome_metrics::Work;
use tokendrome_units::{SimDuration, SimTime, TimeError};

use super::super::{Flight, Loop};
use crate::host::later;

/// One iteration in flight with a synchronous loop, two with an asynchronous one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// The one before the newest, with an asynchronous loop.
    older: Flight,
    newest: Flight,
    /// The asynchronous host's clock.
    clock: Option<SimTime>,
}

impl Pace {
    /// The pace of a replica of which as many plans are in flight as while requests are steady.
    pub(super) fn of(engine: &Loop) -> Self {
        match engine {
            Loop::Synchronous { in_flight, .. } => {
                let only = in_flight.front().expect("an iteration is in flight").flight;
                Self { older: only, newest: only, clock: None }
            }
            Loop::Executors { .. } => unreachable!("executors do not go ahead"),
            Loop::Asynchronous { host, .. } => {
                let mut batches = host.batches().map(|batch| batch.flight);
                let older = batches.next().expect("an iteration is in flight");
                let newest = batches.next().expect("so is another one");
                Self { older, newest, clock: Some(host.clock()) }
            }
        }
    }

    /// The oldest iteration.
    #[inline]
    pub(super) fn oldest(&self) -> &Flight {
        if self.clock.is_some() { &self.older } else { &self.newest }
    }

    /// When the oldest iteration has ended and the host is at it.
    #[inline]
    pub(super) fn due(&self) -> SimTime {
        self.clock.map_or(self.newest.end, |clock| clock.max(self.older.end))
    }

    /// KV blocks in use since the iteration launched last was planned.
    #[inline]
    pub(super) fn kv_blocks(&self) -> u64 {
        self.newest.kv_blocks
    }

    /// The oldest iteration is delivered at `now`, and another one launched: the host takes `host`
    /// for it, the accelerator `time`; with a synchronous loop `time` is for both.
    #[inline]
    pub(super) fn launch(
        &mut self,
        now: SimTime,
        host: SimDuration,
        time: SimDuration,
        work: Work,
        kv_blocks: u64,
    ) -> Result<(), TimeError> {
        let (start, end) = match &mut self.clock {
            None => (now, later(now, time)?),
            Some(clock) => {
                *clock = later(now, host)?;
                let free = self.newest.end;
                self.older = self.newest;
                (now.max(free), later(free.max(*clock), time)?)
            }
        };
        let newest = &mut self.newest;
        (newest.start, newest.end, newest.work) = (start, end, work);
        (newest.kv_blocks, newest.preempted) = (kv_blocks, 0);
        Ok(())
    }

    /// Whether all times, seen from `now`, are what they were in `earlier`, seen from `then`.
    pub(super) fn is_as(&self, earlier: &Self, then: SimTime, now: SimTime) -> bool {
        let by = now - then;
        let mut shifted = *earlier;
        shifted.shift(by).is_ok() && shifted.times() == self.times()
    }

    fn times(&self) -> [SimTime; 5] {
        let (oldest, newest) = (self.oldest(), &self.newest);
        [oldest.start, oldest.end, newest.start, newest.end, self.clock.unwrap_or(SimTime::ZERO)]
    }

    /// Everything happens later.
    pub(super) fn shift(&mut self, by: SimDuration) -> Result<(), TimeError> {
        self.older.shift(by)?;
        self.newest.shift(by)?;
        if let Some(clock) = &mut self.clock {
            *clock = later(*clock, by)?;
        }
        Ok(())
    }

    /// Makes these the iterations in flight.
    pub(super) fn write_back(&self, engine: &mut Loop) {
        match (engine, self.clock) {
            (Loop::Synchronous { in_flight, stage_free }, _) => {
                in_flight.iter_mut().for_each(|batch| batch.flight = self.newest);
                stage_free[0] = self.newest.end;
            }
            (Loop::Executors { .. }, _) => unreachable!("executors do not go ahead"),
            (Loop::Asynchronous { host, .. }, clock) => {
                let flights = [self.older, self.newest];
                let clock = clock.expect("an asynchronous host has a clock");
                host.go_on(clock, self.newest.end, |i, batch| {
                    batch.flight = flights[i];
                    flights[i].end
                });
            }
        }
    }
}
