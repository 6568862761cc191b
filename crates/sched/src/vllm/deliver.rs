//! What comes of an iteration: tokens and ends.

use super::{State, Vllm};
use crate::{Outcome, Plan, Slot};

impl Vllm {
    /// The iteration of the oldest plan in flight has ended.
    pub(super) fn complete_plan(&mut self, plan: &Plan, outcome: &mut Outcome) {
        if plan.is_empty() {
            return;
        }
        self.completed += 1;
        for part in &plan.scheduled {
            self.deliver(part.slot, part.tokens, part.samples, outcome);
        }
        let mut orphans = std::mem::take(&mut self.orphans);
        self.take_orphans(&mut orphans);
        outcome.steady = plan.steady.decodes - orphans.len() as u32;
        for slot in orphans.drain(..) {
            self.deliver(slot, 1, true, outcome);
        }
        self.orphans = orphans;
        let listed = outcome.finished.len();
        while let Some(slot) = self.next_end() {
            outcome.finished.push(slot);
        }
        if outcome.finished.is_empty() {
            return;
        }
        // Blocks come back in the order of the running requests.
        let sequences = &self.sequences;
        outcome.finished.sort_by_key(|slot| sequences[slot.index()].links.admission);
        for &slot in &outcome.finished {
            self.finish(slot);
        }
        if listed > 0 {
            let sequences = &self.sequences;
            self.one_by_one.retain(|slot| sequences[slot.index()].state == State::Running);
        }
    }

    /// One part of an iteration has ended: its token is delivered. The request is listed as
    /// finished if it was the last, and has to be [`Vllm::finish`]ed.
    fn deliver(&mut self, slot: Slot, tokens: u32, samples: bool, outcome: &mut Outcome) {
        let sequence = &mut self.sequences[slot.index()];
        sequence.in_flight -= tokens;
        if sequence.state == State::Finished {
            // The end of its sequence was not foreseen when this part was scheduled.
            outcome.dropped.push(slot);
            if sequence.in_flight == 0 {
                self.free_slots.push(slot);
            }
            return;
        }
        let stale = sequence.stale > 0;
        sequence.stale = sequence.stale.saturating_sub(tokens);
        if !samples {
            return;
        }
        outcome.tokens.push(slot);
        if sequence.stay.is_steady {
            // Its part of a plan before it became steady: it has been counted on since.
            return;
        }
        sequence.delivered += 1;
        if stale {
            outcome.stale.push(slot);
        } else if sequence.placeholders > 0 {
            sequence.placeholders -= 1;
            if sequence.state == State::Running {
                let computed = sequence.computed - sequence.in_flight;
                let known = computed.min(sequence.tokens());
                self.pool.cache(&mut sequence.table, known);
            }
        }
        if sequence.delivered == sequence.output {
            outcome.finished.push(slot);
        }
    }

    /// A request has all its tokens.
    fn finish(&mut self, slot: Slot) {
        let sequence = &mut self.sequences[slot.index()];
        match sequence.state {
            State::Preempted => self.waiting.remove(slot, sequence),
            _ => {
                self.promised -= self.promise(slot);
                self.running.remove(slot, &mut self.sequences);
            }
        }
        let sequence = &mut self.sequences[slot.index()];
        self.pool.release(&mut sequence.table, false);
        sequence.state = State::Finished;
        if sequence.in_flight == 0 {
            self.free_slots.push(slot);
        }
    }
}
