//! Which replica serves a request.

use tokendrome_units::ReplicaId;
use tokendrome_workload::Request;

/// What a router can see of the replicas.
pub trait Places {
    /// Number of replicas.
    fn replicas(&self) -> u32;
    /// Whether a request sent to this replica now would find a place to run.
    fn has_place(&self, replica: ReplicaId) -> bool;
}

/// Sends requests to replicas.
pub trait Router {
    /// Where `request` goes; none: it waits before the replicas, and is asked for again, in order
    /// of arrival, when an iteration has ended.
    fn route(&mut self, request: &Request, places: &dyn Places) -> Option<ReplicaId>;
}

/// Each replica in turn.
#[derive(Debug, Default)]
pub struct RoundRobin {
    next: u32,
}

impl Router for RoundRobin {
    fn route(&mut self, _: &Request, places: &dyn Places) -> Option<ReplicaId> {
        let replica = ReplicaId(self.next);
        self.next = (self.next + 1) % places.replicas();
        Some(replica)
    }
}

/// One queue before all replicas: the lowest-numbered one with a free place takes the next request.
#[derive(Debug, Default)]
pub struct SharedQueue;

impl Router for SharedQueue {
    fn route(&mut self, _: &Request, places: &dyn Places) -> Option<ReplicaId> {
        (0..places.replicas()).map(ReplicaId).find(|&replica| places.has_place(replica))
    }
}
