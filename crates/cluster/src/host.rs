//! The loops of engines that plan ahead: what the host does, and when. First that of vLLM's engine
//! core with asynchronous scheduling.
//!
//! The host plans an iteration while the one before it runs on the accelerator. It keeps a queue of
//! at most two batches. One turn of its loop:
//!
//! 1. With no request and an empty queue it sleeps until a request arrives ([`HostLoop::wake`]).
//! 2. It takes in what has arrived.
//! 3. If there is work it plans a batch and launches it ([`HostLoop::launch`]); the accelerator
//!    runs batches one after the other. A batch may be empty: it takes a place in the queue, but no
//!    time.
//! 4. If the queue is full, or there was nothing to plan ([`HostLoop::must_wait`]), it waits for
//!    the oldest batch ([`HostLoop::due`], [`HostLoop::take`]) and delivers its tokens.
//! 5. If it launched nothing that computes, and work is left, it rests ([`HostLoop::rest`]).
//!
//! So the batch after next is planned when a batch ends, without its successor's tokens; a request
//! that arrives while a batch runs is first computed in the batch after the next.
//!
//! Source: `EngineCore.step_with_batch_queue` and `EngineCoreProc.run_busy_loop` of vLLM 0.33.0.
//! Not modelled: the time that the host takes to deliver tokens, the processes before and behind
//! the engine core.
//!
//! The overlap loop of TensorRT-LLM ([`HostLoop::overlap`]) differs in this:
//!
//! * A plan that computes nothing takes no place in the queue; the host waits for the batch before
//!   it, if there is one, and else turns again without a rest.
//! * A host without requests waits for one to arrive, even if a batch is in the queue: all that it
//!   computes is dropped.
//! * In its simulation mode ([`Device::InHost`]) the host computes the batch itself: its clock
//!   moves on by the batch's time, and so the tokens of the batch before are stamped late.
//!
//! Source: `PyExecutor._executor_loop_overlap` of TensorRT-LLM at commit 002f3cc3.

use std::collections::VecDeque;

use tokendrome_units::{SimDuration, SimTime, TimeError};

/// Batches that may be in the queue.
const QUEUE_MAX: usize = 2;

/// The rest after a turn that computed nothing, in vLLM: its loop lets other threads run.
pub const EMPTY_STEP_SLEEP: SimDuration = SimDuration::from_millis(1);

/// Where batches are computed, with the overlap loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// On an accelerator, beside the host.
    Beside,
    /// In the host's own time.
    InHost,
}

/// How the host turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turns {
    /// As vLLM's engine core, with a rest after an empty step.
    Queue { sleep: SimDuration },
    /// As TensorRT-LLM's executor.
    Overlap(Device),
}

/// Where the host of one replica stands. `B` is whatever the caller keeps of a batch.
///
/// "Requests" in the arguments are those that the host has taken in and that have not ended. Every
/// operation costs O(1).
#[derive(Debug, Clone)]
pub struct HostLoop<B> {
    turns: Turns,
    clock: SimTime,
    accelerator_free: SimTime,
    /// Batches and when their results are there, oldest first.
    queue: VecDeque<(B, SimTime)>,
    /// Whether a request has ended since the last plan: the scheduler wants to know of it.
    has_ended: bool,
    /// Whether this turn launched a batch.
    launched: bool,
    /// Whether that batch computes anything.
    computes: bool,
}

impl<B> HostLoop<B> {
    /// A host at time zero, which rests for `sleep` after an empty step.
    #[must_use]
    pub fn new(sleep: SimDuration) -> Self {
        Self::turning(Turns::Queue { sleep })
    }

    /// The host of TensorRT-LLM's overlap loop, at time zero.
    #[must_use]
    pub fn overlap(device: Device) -> Self {
        Self::turning(Turns::Overlap(device))
    }

    fn turning(turns: Turns) -> Self {
        Self {
            turns,
            clock: SimTime::ZERO,
            accelerator_free: SimTime::ZERO,
            queue: VecDeque::with_capacity(QUEUE_MAX),
            has_ended: false,
            launched: false,
            computes: false,
        }
    }

    /// The host's clock.
    #[must_use]
    pub fn clock(&self) -> SimTime {
        self.clock
    }

    /// When the accelerator has done all that was launched.
    #[must_use]
    pub fn accelerator_free(&self) -> SimTime {
        self.accelerator_free
    }

    /// The batches in the queue, oldest first.
    pub fn batches(&self) -> impl Iterator<Item = &B> {
        self.queue.iter().map(|(batch, _)| batch)
    }

    /// Whether there is something to plan for.
    #[must_use]
    pub fn has_work(&self, requests: bool) -> bool {
        requests || self.has_ended
    }

    /// Whether only an arrival can wake the host.
    #[must_use]
    pub fn is_idle(&self, requests: bool) -> bool {
        match self.turns {
            Turns::Queue { .. } => !self.has_work(requests) && self.queue.is_empty(),
            Turns::Overlap(_) => !requests,
        }
    }

    /// Whether a plan that computes nothing takes a place in the queue: it has to be launched then,
    /// and must not be else.
    #[must_use]
    pub fn queues_empty_plans(&self) -> bool {
        matches!(self.turns, Turns::Queue { .. })
    }

    /// When the result of the oldest batch is there, if there is one.
    #[must_use]
    pub fn oldest_ready(&self) -> Option<SimTime> {
        self.queue.front().map(|(_, ready)| *ready)
    }

    /// A turn begins at `now`, or at the host's clock if that is later.
    pub fn wake(&mut self, now: SimTime) {
        self.clock = self.clock.max(now);
        (self.launched, self.computes) = (false, false);
    }

    /// Launches a planned batch: the host takes `host` for it, then the accelerator `time`, as soon
    /// as it is free; none if nothing is to be computed. `batch` is given when the accelerator
    /// begins and ends, if it is needed, and makes what the queue keeps.
    ///
    /// # Errors
    /// The end is beyond the clock's range.
    pub fn launch(
        &mut self,
        host: SimDuration,
        time: Option<SimDuration>,
        batch: impl FnOnce(Option<(SimTime, SimTime)>) -> B,
    ) -> Result<(), TimeError> {
        self.has_ended = false;
        self.launched = true;
        self.computes = time.is_some();
        let mut run = None;
        if let Some(time) = time {
            self.clock = later(self.clock, host)?;
            let begin = self.clock.max(self.accelerator_free);
            let end = later(begin, time)?;
            self.accelerator_free = end;
            if self.turns == Turns::Overlap(Device::InHost) {
                self.clock = end;
            }
            run = Some((begin, end));
        }
        let ready = run.map_or(self.clock, |(_, end)| end);
        self.queue.push_back((batch(run), ready));
        Ok(())
    }

    /// Batches have followed each other, always with as many in the queue: the host's clock and the
    /// accelerator's are at these times now. `update` writes what stands at a place of the queue,
    /// from the oldest on, and tells when its result is there.
    pub(crate) fn go_on(
        &mut self,
        clock: SimTime,
        accelerator_free: SimTime,
        mut update: impl FnMut(usize, &mut B) -> SimTime,
    ) {
        (self.clock, self.accelerator_free) = (clock, accelerator_free);
        for (i, (batch, ready)) in self.queue.iter_mut().enumerate() {
            *ready = update(i, batch);
        }
    }

    /// Whether the host now waits for its oldest batch.
    #[must_use]
    pub fn must_wait(&self, requests: bool) -> bool {
        if let Turns::Overlap(_) = self.turns {
            return self.queue.len() > usize::from(self.launched);
        }
        let goes_on = self.computes || self.has_work(requests);
        !(self.launched && self.queue.len() < QUEUE_MAX && goes_on)
    }

    /// When the result of the oldest batch will be there and the host at it.
    ///
    /// # Panics
    /// If the queue is empty: then there is nothing to wait for.
    #[must_use]
    pub fn due(&self) -> SimTime {
        let (_, ready) = self.queue.front().expect("a host that waits has a batch in its queue");
        self.clock.max(*ready)
    }

    /// Takes the oldest batch, at [`HostLoop::due`].
    ///
    /// # Panics
    /// If the queue is empty.
    pub fn take(&mut self) -> B {
        self.clock = self.due();
        let (batch, _) = self.queue.pop_front().expect("a host that waits has a batch");
        batch
    }

    /// Requests ended when the batch taken last was delivered.
    pub fn note_ended(&mut self) {
        self.has_ended = self.queues_empty_plans();
    }

    /// The turn is over. The next begins at the host's clock.
    ///
    /// # Errors
    /// The clock leaves its range.
    pub fn rest(&mut self, requests: bool) -> Result<(), TimeError> {
        if let Turns::Queue { sleep } = self.turns
            && !self.computes
            && self.has_work(requests)
        {
            self.clock = later(self.clock, sleep)?;
        }
        Ok(())
    }
}

#[inline]
pub(crate) fn later(time: SimTime, by: SimDuration) -> Result<SimTime, TimeError> {
    time.checked_add(by).ok_or(TimeError::Overflow(by.as_secs_f64()))
}

#[cfg(test)]
mod tests;
