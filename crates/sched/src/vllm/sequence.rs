//! What the scheduler keeps of one request.

use tokendrome_units::SimTime;

use crate::NewRequest;

/// Where a sequence is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// In the queue, never scheduled.
    Waiting,
    /// Among the running.
    Running,
    /// In the queue again, without blocks.
    Preempted,
    /// Ended; the slot is free.
    Finished,
}

/// One request: its tokens, what has been computed of them, and what it holds.
#[derive(Debug)]
pub(super) struct Sequence {
    pub(super) prompt: u32,
    /// Output tokens at which it ends.
    pub(super) output: u32,
    /// Output tokens delivered.
    pub(super) delivered: u32,
    /// Tokens computed, or being computed by a plan in flight.
    pub(super) computed: u32,
    /// KV blocks held.
    pub(super) blocks: u32,
    /// Tokens of plans in flight.
    pub(super) in_flight: u32,
    /// Those of them that were in flight when it was preempted: they still yield their token, but
    /// their KV is lost.
    pub(super) stale: u32,
    /// Whether it was scheduled and still lacks tokens before it can sample.
    pub(super) chunking: bool,
    pub(super) state: State,
    pub(super) priority: i32,
    pub(super) arrival: SimTime,
    pub(super) order: u64,
}

impl Sequence {
    pub(super) fn new(request: &NewRequest<'_>, output: u32) -> Self {
        Self {
            prompt: request.prompt_tokens,
            output,
            delivered: 0,
            computed: 0,
            blocks: 0,
            in_flight: 0,
            stale: 0,
            chunking: false,
            state: State::Waiting,
            priority: request.priority,
            arrival: request.arrival,
            order: request.order,
        }
    }

    /// Tokens of the sequence so far: the prompt and the outputs delivered.
    #[inline]
    pub(super) fn tokens(&self) -> u32 {
        self.prompt + self.delivered
    }
}
