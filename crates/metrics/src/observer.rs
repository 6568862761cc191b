//! Seeing a run without changing it.

use std::ops::ControlFlow;

use tokendrome_units::{ReplicaId, SimTime};

use crate::RequestRecord;

/// One iteration, as it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iteration {
    /// Where it ran.
    pub replica: ReplicaId,
    /// Its number on that replica, from 0.
    pub number: u64,
    /// When it began: when it was planned, or when the iteration before it ended on the
    /// accelerator, whichever was later.
    pub start: SimTime,
    /// When it ended on the accelerator.
    pub end: SimTime,
    /// When its tokens were delivered: at its end, or as soon as the host came to it.
    pub delivered: SimTime,
    /// Requests in prefill.
    pub prefills: u32,
    /// Tokens of those requests.
    pub prefill_tokens: u64,
    /// Requests in decode, one token each.
    pub decodes: u32,
    /// Requests that lost their blocks when it was scheduled.
    pub preempted: u32,
    /// Requests that the replica counted as running once it was scheduled.
    pub running: u32,
    /// Requests that still waited at the replica once it was scheduled.
    pub waiting: u32,
    /// KV blocks in use while it ran.
    pub kv_blocks: u64,
    /// KV blocks that the replica has.
    pub kv_blocks_total: u64,
    /// Most tokens that one iteration may compute, where the scheduler has a limit.
    pub token_budget: Option<u64>,
}

/// A request as it reaches the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Position in the input, from 0.
    pub index: u32,
    /// When it arrives at the router; its record has the time at which its client sent it.
    pub now: SimTime,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Tokens that it will generate, unless the engine has less room.
    pub output_tokens: u32,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The simulated clock.
    pub now: SimTime,
    /// Requests that arrived.
    pub arrived: u64,
    /// Requests that ended, in whatever way.
    pub ended: u64,
    /// Requests waiting.
    pub waiting: u64,
    /// Requests running.
    pub running: u64,
    /// KV blocks in use.
    pub kv_blocks: u64,
    /// KV blocks of all replicas.
    pub kv_blocks_total: u64,
}

/// Sees what happens, in order. Nothing it does reaches the simulation, except that it may end it.
pub trait Observer {
    /// Whether it looks at iterations: otherwise it is not shown any. If no observer does, a run
    /// is faster.
    fn sees_iterations(&self) -> bool;

    /// An iteration ended.
    fn iteration(&mut self, iteration: &Iteration) {
        let _ = iteration;
    }

    /// A request arrived.
    fn arrival(&mut self, arrival: &Arrival) {
        let _ = arrival;
    }

    /// A request ended.
    fn request(&mut self, record: &RequestRecord) {
        let _ = record;
    }

    /// Called every few thousand iterations or arrivals; breaking ends the run, and what has been
    /// measured so far is reported.
    fn progress(&mut self, progress: &Progress) -> ControlFlow<()> {
        let _ = progress;
        ControlFlow::Continue(())
    }
}

/// Keeps every iteration and every request that ended, in order: for runs that are small.
#[derive(Debug, Clone, Default)]
pub struct Witness {
    /// The iterations as they ended.
    pub iterations: Vec<Iteration>,
    /// The requests as they ended.
    pub records: Vec<RequestRecord>,
}

impl Observer for Witness {
    fn sees_iterations(&self) -> bool {
        true
    }

    fn iteration(&mut self, iteration: &Iteration) {
        self.iterations.push(*iteration);
    }

    fn request(&mut self, record: &RequestRecord) {
        self.records.push(record.clone());
    }
}
