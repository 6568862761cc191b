//! Iterations: from their end to the start of the next.

use tokendrome_metrics::{Iteration, Work};
use tokendrome_units::{ReplicaId, SimDuration, SimTime};

use super::{Cluster, Happening, RunError};
use crate::replica::Due;

impl Cluster<'_, '_> {
    /// Whether a replica may go ahead before all that happens at this moment has been seen to.
    /// Where the order of the replicas' iterations matters, it must be the last thing at this
    /// moment.
    pub(super) fn may_go_ahead(&mut self) -> bool {
        if !(self.is_closed || self.is_seen()) {
            return true;
        }
        let is_last = self.ready.is_empty()
            && self.held.is_empty()
            && self.events.next_time() != Some(self.events.now());
        if is_last {
            self.recorder.set_levels(self.levels);
        }
        is_last
    }

    pub(super) fn end_iteration(&mut self, id: ReplicaId, now: SimTime) -> Result<(), RunError> {
        // The first token of a pool that only computes prompts is thrown away.
        let is_prefill = self.is_prefill(id);
        let recorder = &mut self.recorder;
        let mut delivered = 0;
        let mut finished = std::mem::take(&mut self.finished);
        let ended = self.replicas[id].end(
            now,
            |gap, count| {
                delivered += if is_prefill { 0 } else { u64::from(count) };
                if let Some(gap) = gap {
                    recorder.gaps(gap, u64::from(count));
                }
            },
            |record, user| finished.push((record, user)),
        )?;
        if let Some(iteration) = &ended.iteration {
            self.book(iteration, delivered, ended.work);
        }
        if is_prefill {
            let took = ended.iteration.as_ref().map_or(SimDuration::ZERO, |of| of.end - of.start);
            let computed = finished.drain(..).map(|(record, _)| record).collect();
            self.prompts_computed(id, computed, took, now)?;
        }
        for (record, user) in finished.drain(..) {
            self.account(&record);
            self.answer(user, true)?;
        }
        self.finished = finished;
        self.sync_levels(id);
        match ended.due {
            Some(due) => self.expect_due(id, due),
            None => self.ready.push(id),
        }
        Ok(())
    }

    /// Books an iteration that delivered so many tokens.
    pub(super) fn book(&mut self, iteration: &Iteration, delivered: u64, work: Work) {
        self.recorder.delivered(delivered);
        let time = iteration.end - iteration.start;
        let decodes = u64::from(iteration.decodes);
        self.recorder.iteration(time, iteration.prefill_tokens, decodes, work);
        for observer in self.observers.iter_mut().filter(|observer| observer.sees_iterations()) {
            observer.iteration(iteration);
        }
    }

    /// Schedules what a replica asked for.
    pub(super) fn expect_due(&mut self, id: ReplicaId, due: Due) {
        match due {
            Due::Ends(at) => {
                self.repeats += u64::from(at == self.events.now());
                self.events.push(at, Happening::IterationEnds(id));
            }
            Due::Wakes(at) => self.events.push(at, Happening::Wakes(id)),
        }
    }

    /// When something happens next. A replica that would be woken for nothing is let sleep, so that
    /// no clock moves on for it.
    pub(super) fn next_time(&mut self) -> Option<SimTime> {
        let replicas = &self.replicas;
        self.events.drop_stale(
            |at, event| matches!(event, Happening::Wakes(id) if !replicas[*id].awaits_wake_at(at)),
        );
        self.events.next_time()
    }

    /// Lets every replica that can start an iteration, after the router had its say. Those that
    /// then wait for an iteration to end are listed as begun: its end is not scheduled yet.
    pub(super) fn start_iterations(&mut self, now: SimTime) -> Result<(), RunError> {
        while let Some(request) = self.held.pop_front() {
            let Some(replica) = self.route(&request) else {
                self.held.push_front(request);
                break;
            };
            self.levels.waiting -= 1;
            self.send(&request, replica)?;
        }
        self.begin_transfers(now)?;
        self.ready.sort_unstable();
        self.ready.dedup();
        let mut ready = std::mem::take(&mut self.ready);
        for id in ready.drain(..) {
            self.start_on(id, now)?;
        }
        self.ready = ready;
        Ok(())
    }

    /// Starts what a replica can start. Several plans may be made at once: one for each stage or
    /// executor, or for the host's queue.
    pub(super) fn start_on(&mut self, id: ReplicaId, now: SimTime) -> Result<(), RunError> {
        loop {
            let begun = self.replicas[id].start(now)?;
            self.recorder.planned(&begun.effects);
            match begun.due {
                Some(Due::Ends(at)) if !begun.again => self.begun.push((id, at)),
                Some(due) => self.expect_due(id, due),
                None => {}
            }
            if !begun.again {
                break;
            }
        }
        self.sync_levels(id);
        Ok(())
    }

    /// Lets those that have begun an iteration go ahead.
    pub(super) fn run_all_ahead(&mut self) -> Result<(), RunError> {
        let mut begun = std::mem::take(&mut self.begun);
        // Where the next event of any replica matters, it has to be known.
        let go_ahead = begun.len() == 1 || !(self.is_closed || self.is_seen());
        for (id, mut due) in begun.drain(..) {
            if go_ahead {
                due = self.run_ahead(id, due)?;
            }
            self.expect_due(id, Due::Ends(due));
        }
        self.begun = begun;
        Ok(())
    }

    /// Brings the cluster's levels up to those of a replica that changed.
    pub(super) fn sync_levels(&mut self, id: ReplicaId) {
        let replica = &mut self.replicas[id];
        let new = replica.levels();
        let old = std::mem::replace(&mut replica.reported, new);
        self.levels.waiting = self.levels.waiting + new.waiting - old.waiting;
        self.levels.running = self.levels.running + new.running - old.running;
        self.levels.kv_blocks = self.levels.kv_blocks + new.kv_blocks - old.kv_blocks;
        self.levels.in_flight = self.levels.in_flight + new.in_flight - old.in_flight;
        if new.kv_blocks != old.kv_blocks {
            self.recorder.blocks_in_use(id, new.kv_blocks);
        }
    }
}
