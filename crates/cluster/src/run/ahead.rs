//! Stretches in which one replica lets requests decode on and nothing else happens anywhere.

use tokendrome_units::{ReplicaId, SimTime};

use super::{Cluster, PROGRESS_EVERY, RunError};

impl Cluster<'_, '_> {
    /// The oldest iteration of a replica ends at `due`. As long as that is the next thing to happen,
    /// and it changes nothing but the steady requests, it is followed by the next one without an
    /// event. Returns when the oldest iteration then ends.
    pub(super) fn run_ahead(
        &mut self,
        id: ReplicaId,
        mut due: SimTime,
    ) -> Result<SimTime, RunError> {
        let next = self.events.next_time().unwrap_or(SimTime::MAX);
        let is_first = |due: SimTime| due < next && due <= self.horizon;
        if !is_first(due) {
            return Ok(due);
        }
        let mut left = self.replicas[id].repeats();
        let horizon = self.horizon;
        while left > 0 && due < next && due <= horizon && self.unreported < PROGRESS_EVERY {
            if due <= self.recorder.counters().time {
                // The clock stands still: the event loop watches over that.
                break;
            }
            self.advance(due)?;
            let before = self.replicas[id].reported.kv_blocks;
            let repeated = self.replicas[id].repeat(due)?;
            let decodes = u64::from(repeated.iteration.decodes);
            self.recorder.gaps(repeated.gap, decodes);
            self.book(&repeated.iteration, decodes, repeated.work);
            self.recorder.planned(&repeated.effects);
            let blocks = &mut self.levels.kv_blocks;
            *blocks = *blocks + self.replicas[id].reported.kv_blocks - before;
            self.recorder.set_levels(self.levels);
            due = repeated.due;
            left -= 1;
            self.unreported += 1;
        }
        Ok(due)
    }
}
