//! The end of an iteration: tokens, finished requests, counters.

use tokendrome_metrics::{Iteration, RequestRecord, Work};
use tokendrome_units::{SimDuration, SimTime, TimeError};

use super::{Due, Ended, EngineLoop, InFlight, Loop, Replica};

impl Replica {
    /// The oldest iteration in flight has ended, and the host is at it, at `now`. Tokens are shown
    /// to `token` (none for a first one, else the gap to the one before; and how many), every
    /// request that ends to `finished`.
    pub(crate) fn end(
        &mut self,
        now: SimTime,
        token: impl FnMut(Option<SimDuration>, u32),
        finished: impl FnMut(RequestRecord, Option<u32>),
    ) -> Result<Ended, TimeError> {
        let in_flight = match &mut self.engine {
            Loop::Synchronous { in_flight, .. } | Loop::Executors { in_flight, .. } => {
                let oldest = in_flight.pop_front().expect("an iteration in flight");
                assert_eq!(
                    oldest.flight.end, now,
                    "of the iterations in flight the first to end comes first"
                );
                oldest
            }
            Loop::Asynchronous { host, ends, .. } => {
                if host.due() > now {
                    // It was told of the batch's end, and plans another one by then.
                    let due = Some(Due::Ends(host.due()));
                    return Ok(Ended { iteration: None, work: Work::default(), due });
                }
                assert_eq!(host.due(), now, "the host waits for its oldest batch");
                *ends = false;
                host.take()
            }
        };
        let ended = self.deliver(&in_flight, now, token, finished);
        let iteration = (!in_flight.plan.is_empty()).then(|| self.iteration(&in_flight, now));
        if iteration.is_some() {
            self.count(&in_flight);
        }
        let work = in_flight.flight.work;
        self.spare.push(in_flight);
        Ok(Ended { iteration, work, due: self.after(ended, now)? })
    }

    /// Hands the tokens over. Returns whether any request ended.
    fn deliver(
        &mut self,
        in_flight: &InFlight,
        now: SimTime,
        mut token: impl FnMut(Option<SimDuration>, u32),
        mut finished: impl FnMut(RequestRecord, Option<u32>),
    ) -> bool {
        let mut outcome = std::mem::take(&mut self.outcome);
        self.model.scheduler.complete(&in_flight.plan, &mut outcome);
        self.fruitless.0 += in_flight.plan.tokens;
        for &slot in &outcome.prefilled {
            Self::live_at(&mut self.live, slot).prefill_end = Some(now);
        }
        for &slot in &outcome.tokens {
            let live = Self::live_at(&mut self.live, slot);
            if live.first_token.is_none() {
                live.first_token = Some(now);
                token(None, 1);
            } else {
                token(Some(now - live.last_token), 1);
            }
            live.last_token = now;
        }
        if outcome.steady > 0 {
            token(Some(now - self.last_delivery), outcome.steady);
        }
        if !outcome.tokens.is_empty() || outcome.steady > 0 {
            self.fruitless = (0, 0);
            self.last_delivery = now;
        }
        for &slot in &outcome.finished {
            let live = self.live[slot.index()].take().expect("a finished request was live");
            finished(self.record(slot, &live, Some(now)), live.user);
        }
        let any_ended = !outcome.finished.is_empty();
        outcome.clear();
        self.outcome = outcome;
        any_ended
    }

    /// An iteration that computed something, for those who look at it.
    pub(super) fn iteration(&self, in_flight: &InFlight, now: SimTime) -> Iteration {
        let flight = &in_flight.flight;
        Iteration {
            replica: self.id,
            number: self.counters.iterations,
            start: flight.start,
            end: flight.end,
            delivered: now,
            prefills: in_flight.prefills,
            prefill_tokens: in_flight.prefill_tokens,
            decodes: in_flight.decodes,
            preempted: flight.preempted,
            running: flight.running,
            waiting: flight.waiting,
            kv_blocks: flight.kv_blocks,
            kv_blocks_total: self.kv_blocks_total(),
            token_budget: self.model.scheduler.token_budget(),
        }
    }

    /// Counts an iteration that computed something.
    fn count(&mut self, in_flight: &InFlight) {
        let time = in_flight.flight.time();
        self.counters.iterations += 1;
        self.counters.computed_tokens += in_flight.prefill_tokens + u64::from(in_flight.decodes);
        self.counters.iteration_ns += u128::from(time.as_nanos());
    }

    /// What the host does next: none if it can plan at once.
    fn after(&mut self, ended: bool, now: SimTime) -> Result<Option<Due>, TimeError> {
        let requests = self.has_requests();
        let Loop::Asynchronous { host, awaited, .. } = &mut self.engine else { return Ok(None) };
        if ended {
            host.note_ended();
        }
        host.rest(requests)?;
        *awaited = host.clock() > now;
        Ok(awaited.then(|| Due::Wakes(host.clock())))
    }

    /// Whether an event that would wake it at `at` is still of use: not if the scheduler asked for
    /// it and has found something to do before.
    pub(crate) fn awaits_wake_at(&self, at: SimTime) -> bool {
        match self.model.engine_loop {
            EngineLoop::Synchronous | EngineLoop::Executors { .. } => self.alarm == Some(at),
            EngineLoop::Asynchronous { .. }
            | EngineLoop::Overlap { .. }
            | EngineLoop::Ticking { .. } => true,
        }
    }

    /// The event that was asked for has come: the host may turn again.
    pub(crate) fn woken(&mut self) {
        self.alarm = None;
        if let Loop::Asynchronous { awaited, .. } = &mut self.engine {
            *awaited = false;
        }
    }
}
