//! Stretches in which a replica lets requests decode on and nothing else happens to it.
//!
//! A replica that only decodes does not wait for the others: it goes on, without an event for each
//! iteration, until something may happen to it. In an open loop that is the next arrival, whatever
//! the other replicas do; where answers call for requests, or a request waits to arrive at a
//! ticking replica, it is the next event. Those who look at iterations see them in the order of
//! time: then too it is the next event.

use tokendrome_units::{ReplicaId, SimTime};

use super::{Cluster, PROGRESS_EVERY, RunError};

impl Cluster<'_, '_> {
    /// The oldest iteration of a replica ends at `due`; nothing came to it since its last plan.
    /// Goes on as long as iterations change nothing but the steady requests. Returns when the
    /// oldest iteration then ends.
    pub(super) fn run_ahead(
        &mut self,
        id: ReplicaId,
        mut due: SimTime,
    ) -> Result<SimTime, RunError> {
        let is_seen = self.is_seen();
        let until = self.until_next(is_seen);
        let most = PROGRESS_EVERY.saturating_sub(self.unreported);
        if due >= until || most == 0 {
            return Ok(due);
        }
        let repeats = self.replicas[id].repeats().min(most);
        let mut left = repeats;
        while left > 0 && due < until {
            let before = due;
            let done = match is_seen {
                true => 0,
                false => self.run_stretch(id, &mut due, until, left)?,
            };
            left -= done;
            if done == 0 {
                if !is_seen && due > self.recorder.counters().time {
                    // The clock must not pass by others: this one takes its turn.
                    break;
                }
                self.repeat_once(id, &mut due)?;
                left -= 1;
            }
            if due <= before {
                // The clock stands still: the event loop watches over that.
                break;
            }
        }
        if left < repeats {
            self.unreported += repeats - left;
            self.recorder.planned(&self.replicas[id].repeated_effects());
        }
        Ok(due)
    }

    /// Whether anybody looks at iterations.
    pub(super) fn is_seen(&self) -> bool {
        self.observers.iter().any(|observer| observer.sees_iterations())
    }

    /// The first moment at which something other than its own iterations may happen to a replica.
    fn until_next(&self, is_seen: bool) -> SimTime {
        let any_event = is_seen || self.is_closed || !self.held.is_empty() || self.coming > 0;
        let next = match any_event {
            true => self.events.next_time().unwrap_or(SimTime::MAX),
            false => self.next_arrival,
        };
        next.min(self.horizon)
    }

    /// One iteration, booked and shown by itself.
    fn repeat_once(&mut self, id: ReplicaId, due: &mut SimTime) -> Result<(), RunError> {
        self.advance(*due)?;
        let before = self.replicas[id].reported.kv_blocks;
        let repeated = self.replicas[id].repeat(*due)?;
        let decodes = u64::from(repeated.iteration.decodes);
        self.recorder.gaps(repeated.gap, decodes);
        self.book(&repeated.iteration, decodes, repeated.work);
        let after = self.replicas[id].reported.kv_blocks;
        self.levels.kv_blocks = self.levels.kv_blocks + after - before;
        self.recorder.blocks_changed(id, before, after);
        *due = repeated.due;
        Ok(())
    }

    /// Up to `most` iterations that end before `until` and that nobody looks at, booked together.
    /// Returns how many there were.
    fn run_stretch(
        &mut self,
        id: ReplicaId,
        due: &mut SimTime,
        until: SimTime,
        most: u64,
    ) -> Result<u64, RunError> {
        let replica = &mut self.replicas[id];
        let before = replica.reported.kv_blocks;
        let Some(mut stretch) = self.recorder.stretch(id, replica.steady_decodes()) else {
            return Ok(0);
        };
        let until = until.min(stretch.until());
        let done = replica.repeat_many(due, until, most, &mut stretch)?;
        stretch.finish();
        self.levels.kv_blocks = self.levels.kv_blocks + replica.reported.kv_blocks - before;
        Ok(done)
    }
}
