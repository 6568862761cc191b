//! Which replica serves a request.

use tokendrome_units::ReplicaId;
use tokendrome_workload::Request;

/// What a router can see of the replicas.
pub trait Places {
    /// Number of replicas.
    fn replicas(&self) -> u32;
    /// Whether a request sent to this replica now, after `coming` others that are on their way,
    /// would find a place to run.
    fn has_place(&self, replica: ReplicaId, coming: u32) -> bool;
    /// Requests that this replica has, waiting and running, or will have.
    fn requests(&self, replica: ReplicaId) -> u64;
}

/// Sends requests to replicas.
pub trait Router {
    /// Where `request` goes; none: it waits before the replicas, and is asked for again, in order
    /// of arrival, when requests have ended or arrived. Whether it can go to a replica may depend
    /// on what `places` tells of that replica alone: others may have gone ahead in time.
    fn route(&mut self, request: &Request, places: &dyn Places) -> Option<ReplicaId>;

    /// The same router in the same state, apart from this one.
    fn fork(&self) -> Box<dyn Router>;
}

/// Each replica in turn.
#[derive(Debug, Clone, Default)]
pub struct RoundRobin {
    next: u32,
}

impl Router for RoundRobin {
    fn route(&mut self, _: &Request, places: &dyn Places) -> Option<ReplicaId> {
        let replica = ReplicaId(self.next);
        self.next = (self.next + 1) % places.replicas();
        Some(replica)
    }

    fn fork(&self) -> Box<dyn Router> {
        Box::new(self.clone())
    }
}

/// One queue before all replicas: of those with a free place, the one with the fewest requests
/// takes the next; among equals the lowest-numbered.
#[derive(Debug, Clone, Default)]
pub struct SharedQueue;

impl Router for SharedQueue {
    fn route(&mut self, _: &Request, places: &dyn Places) -> Option<ReplicaId> {
        let replicas = (0..places.replicas()).map(ReplicaId);
        replicas
            .filter(|&replica| places.has_place(replica, 0))
            .min_by_key(|&replica| places.requests(replica))
    }

    fn fork(&self) -> Box<dyn Router> {
        Box::new(self.clone())
    }
}
