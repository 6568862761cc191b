//! One of the two pools, as its router sees it.

use tokendrome_units::ReplicaId;

use crate::router::Places;

/// A part of the replicas, counted from 0.
pub(super) struct Pool<'a> {
    pub(super) places: &'a dyn Places,
    pub(super) first: u32,
    pub(super) count: u32,
    /// Requests that are being sent to its replicas; of others there are none.
    pub(super) coming: &'a [u32],
}

impl Pool<'_> {
    fn coming_to(&self, replica: ReplicaId) -> u32 {
        self.coming.get(replica.0 as usize).copied().unwrap_or(0)
    }
}

impl Places for Pool<'_> {
    fn replicas(&self) -> u32 {
        self.count
    }

    fn has_place(&self, replica: ReplicaId, coming: u32) -> bool {
        let coming = coming + self.coming_to(replica);
        self.places.has_place(ReplicaId(self.first + replica.0), coming)
    }

    fn requests(&self, replica: ReplicaId) -> u64 {
        let own = self.places.requests(ReplicaId(self.first + replica.0));
        own + u64::from(self.coming_to(replica))
    }
}
