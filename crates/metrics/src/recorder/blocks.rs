//! The KV blocks that replicas use, each by itself.

use tokendrome_units::ReplicaId;

use super::Recorder;

impl Recorder {
    /// There are so many replicas, whose KV blocks are followed: see
    /// [`Recorder::blocks_in_use`].
    pub fn follow_replicas(&mut self, count: usize) {
        self.occupancy.replicas(count);
    }

    /// The replicas from number `first` on are a pool of their own.
    pub fn split_pools(&mut self, first: u32) {
        self.occupancy.split(first);
    }

    /// From this moment on a replica uses so many KV blocks. The sum over the replicas is one of
    /// the levels.
    #[inline]
    pub fn blocks_in_use(&mut self, replica: ReplicaId, blocks: u64) {
        let now = self.counters.time;
        let has_begun = self.window.has_begun();
        if has_begun && self.window.takes_gaps().is_none() {
            self.occupancy.hold(replica, now, blocks);
            if let Some(end) = self.window.end() {
                self.occupancy.release(end.time);
            }
            return;
        }
        let (level, times) = self.occupancy.of(replica);
        level.set(now, blocks, has_begun.then_some(times));
    }

    /// The KV blocks in use by a replica change from `before` to `after` from this moment on, with
    /// no other level.
    pub fn blocks_changed(&mut self, replica: ReplicaId, before: u64, after: u64) {
        self.levels.kv_blocks = self.levels.kv_blocks + after - before;
        self.blocks_in_use(replica, after);
    }
}
