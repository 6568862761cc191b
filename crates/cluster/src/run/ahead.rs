//! Stretches in which one replica lets requests decode on and nothing else happens anywhere.

use tokendrome_units::{ReplicaId, SimDuration, SimTime};

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
        let after_horizon = self.horizon.checked_add(SimDuration::from_nanos(1));
        let until = next.min(after_horizon.unwrap_or(SimTime::MAX));
        if due >= until {
            return Ok(due);
        }
        let most = PROGRESS_EVERY - self.unreported;
        let repeats = self.replicas[id].repeats().min(most);
        let mut left = repeats;
        let blocks_before = self.replicas[id].reported.kv_blocks;
        let others = self.levels.kv_blocks - blocks_before;
        let is_seen = self.observers.iter().any(|observer| observer.sees_iterations());
        while left > 0 && due < until {
            if due <= self.recorder.counters().time {
                // The clock stands still: the event loop watches over that.
                break;
            }
            let done = match is_seen {
                true => 0,
                false => self.run_stretch(id, &mut due, until, left, others)?,
            };
            left -= done;
            if done == 0 {
                self.repeat_once(id, &mut due, others)?;
                left -= 1;
            }
        }
        if left < repeats {
            self.repeats = 0;
            self.unreported += repeats - left;
            self.recorder.planned(&self.replicas[id].repeated_effects());
        }
        Ok(due)
    }

    /// One iteration, booked and shown by itself.
    fn repeat_once(
        &mut self,
        id: ReplicaId,
        due: &mut SimTime,
        others: u64,
    ) -> Result<(), RunError> {
        self.recorder.advance(*due);
        let repeated = self.replicas[id].repeat(*due, true)?;
        let decodes = u64::from(repeated.decodes);
        self.recorder.gaps(repeated.gap, decodes);
        if let Some(iteration) = &repeated.iteration {
            self.book(iteration, decodes, repeated.work);
        }
        self.levels.kv_blocks = others + self.replicas[id].reported.kv_blocks;
        self.recorder.set_levels(self.levels);
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
        others: u64,
    ) -> Result<u64, RunError> {
        let replica = &mut self.replicas[id];
        let Some(mut stretch) = self.recorder.stretch(replica.steady_decodes()) else {
            return Ok(0);
        };
        let until = until.min(stretch.until());
        let mut done = 0;
        while done < most && *due < until {
            let repeated = replica.repeat(*due, false)?;
            let blocks = others + replica.reported.kv_blocks;
            stretch.iteration(*due, repeated.time, repeated.gap, repeated.work, blocks);
            done += 1;
            if repeated.due <= *due {
                *due = repeated.due;
                break;
            }
            *due = repeated.due;
        }
        stretch.finish();
        self.levels.kv_blocks = others + replica.reported.kv_blocks;
        Ok(done)
    }
}
