//! The times of the iterations in flight, while one follows another.

use tokendrome_metrics::{Levels, PlanEffects};
use tokendrome_units::{SimDuration, SimTime, TimeError};

use super::super::{InFlight, Loop};
use crate::host::later;

/// An iteration in flight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub(super) start: SimTime,
    pub(super) end: SimTime,
    pub(super) work: (f64, f64),
}

impl Flight {
    fn of(batch: &InFlight) -> Self {
        Self { start: batch.start, end: batch.end, work: (batch.flops, batch.bytes) }
    }

    fn shift(&mut self, by: SimDuration) -> Result<(), TimeError> {
        (self.start, self.end) = (later(self.start, by)?, later(self.end, by)?);
        Ok(())
    }
}

/// One iteration in flight with a synchronous loop, two with an asynchronous one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) oldest: Flight,
    newest: Flight,
    /// The asynchronous host's clock.
    clock: Option<SimTime>,
}

impl Pace {
    /// The pace of a replica of which as many plans are in flight as while requests are steady.
    pub(super) fn of(engine: &Loop) -> Self {
        match engine {
            Loop::Synchronous { in_flight, .. } => {
                let only = Flight::of(in_flight.front().expect("an iteration is in flight"));
                Self { oldest: only, newest: only, clock: None }
            }
            Loop::Asynchronous { host, .. } => {
                let mut batches = host.batches().map(|batch| Flight::of(batch));
                let oldest = batches.next().expect("an iteration is in flight");
                let newest = batches.next().expect("so is another one");
                Self { oldest, newest, clock: Some(host.clock()) }
            }
        }
    }

    /// When the oldest iteration has ended and the host is at it.
    #[inline]
    pub(super) fn due(&self) -> SimTime {
        self.clock.map_or(self.oldest.end, |clock| clock.max(self.oldest.end))
    }

    /// The oldest iteration is delivered at `now`, and another one launched: the host takes `host`
    /// for it, the accelerator `time`; with a synchronous loop `time` is for both.
    #[inline]
    pub(super) fn launch(
        &mut self,
        now: SimTime,
        host: SimDuration,
        time: SimDuration,
        work: (f64, f64),
    ) -> Result<(), TimeError> {
        let Some(clock) = &mut self.clock else {
            self.oldest = Flight { start: now, end: later(now, time)?, work };
            return Ok(());
        };
        *clock = later(now, host)?;
        let free = self.newest.end;
        let end = later(free.max(*clock), time)?;
        self.oldest = self.newest;
        self.newest = Flight { start: now.max(free), end, work };
        Ok(())
    }

    /// Whether all times, seen from `now`, are what they were in `earlier`, seen from `then`.
    pub(super) fn is_as(&self, earlier: &Self, then: SimTime, now: SimTime) -> bool {
        let by = now - then;
        let mut shifted = *earlier;
        shifted.shift(by).is_ok() && shifted.times() == self.times()
    }

    fn times(&self) -> [SimTime; 5] {
        let (oldest, newest) =
            (&self.oldest, if self.clock.is_some() { &self.newest } else { &self.oldest });
        [oldest.start, oldest.end, newest.start, newest.end, self.clock.unwrap_or(SimTime::ZERO)]
    }

    /// Everything happens later.
    pub(super) fn shift(&mut self, by: SimDuration) -> Result<(), TimeError> {
        self.oldest.shift(by)?;
        self.newest.shift(by)?;
        if let Some(clock) = &mut self.clock {
            *clock = later(*clock, by)?;
        }
        Ok(())
    }

    /// Makes these the iterations in flight; `held` is what the replica holds now.
    pub(super) fn write_back(&self, engine: &mut Loop, held: Levels) {
        let write = |batch: &mut InFlight, flight: &Flight| {
            (batch.start, batch.end) = (flight.start, flight.end);
            (batch.flops, batch.bytes) = flight.work;
            batch.effects = PlanEffects::default();
            batch.held = held;
        };
        match (engine, self.clock) {
            (Loop::Synchronous { in_flight, stage_free }, _) => {
                in_flight.iter_mut().for_each(|batch| write(batch, &self.oldest));
                stage_free[0] = self.oldest.end;
            }
            (Loop::Asynchronous { host, .. }, clock) => {
                let flights = [&self.oldest, &self.newest];
                let clock = clock.expect("an asynchronous host has a clock");
                host.go_on(clock, self.newest.end, |i, batch| {
                    write(batch, flights[i]);
                    flights[i].end
                });
            }
        }
    }
}
