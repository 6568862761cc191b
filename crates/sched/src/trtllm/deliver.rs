//! What comes of an iteration: tokens and ends.

use super::{Follow, TensorRtLlm};
use crate::{Outcome, Plan, Slot};

impl TensorRtLlm {
    /// The iteration of the oldest plan in flight has ended.
    pub(super) fn complete_plan(&mut self, plan: &Plan, outcome: &mut Outcome) {
        for part in &plan.scheduled {
            self.sequences.at_mut(part.slot).in_flight -= 1;
        }
        if !self.config.overlap {
            for part in plan.scheduled.iter().filter(|part| !part.decodes) {
                self.sequences.at_mut(part.slot).advance(part.tokens, false);
            }
        }
        for part in plan.scheduled.iter().filter(|part| part.samples) {
            self.deliver(part.slot, outcome);
        }
        self.follow();
        self.leave();
        for part in plan.scheduled.iter().filter(|part| !part.decodes) {
            self.store_context(part.slot);
        }
        for part in &plan.scheduled {
            let sequence = self.sequences.at(part.slot);
            if sequence.has_ended && sequence.in_flight == 0 {
                self.sequences.free(part.slot);
            }
        }
    }

    /// A token of a request is there.
    fn deliver(&mut self, slot: Slot, outcome: &mut Outcome) {
        let sequence = self.sequences.at_mut(slot);
        if sequence.has_ended {
            outcome.dropped.push(slot);
            return;
        }
        sequence.delivered += 1;
        outcome.tokens.push(slot);
        if self.follow.paused.contains(&slot) {
            outcome.stale.push(slot);
        }
        if sequence.delivered == sequence.output {
            sequence.has_ended = true;
            outcome.finished.push(slot);
        }
    }

    /// What follows the plan made last, once the tokens of the plan before it are there, if there
    /// was one: pauses take effect, chunks count as computed, ends are foreseen.
    pub(super) fn follow(&mut self) {
        let Follow { mut paused, mut chunks, mut generations } = std::mem::take(&mut self.follow);
        for slot in paused.drain(..) {
            self.sequences.at_mut(slot).pause();
        }
        for (slot, chunk) in chunks.drain(..) {
            self.sequences.at_mut(slot).advance(chunk, true);
        }
        for slot in generations.drain(..) {
            let sequence = self.sequences.at_mut(slot);
            if !sequence.has_ended {
                sequence.foresee_end();
            }
        }
        self.follow = Follow { paused, chunks, generations };
    }

    /// Requests that have ended leave, and give their blocks back.
    fn leave(&mut self) {
        let mut active = std::mem::take(&mut self.active);
        active.retain(|&slot| {
            let has_ended = self.sequences.at(slot).has_ended;
            if has_ended {
                self.give_back(slot, false);
            }
            !has_ended
        });
        self.active = active;
    }

    /// A request gives all its blocks back, those that are full to be found again; `again` says
    /// whether it will start again.
    pub(super) fn give_back(&mut self, slot: Slot, again: bool) {
        let sequence = self.sequences.at_mut(slot);
        let full = (sequence.tokens() - 1) / self.config.tokens_per_block;
        self.pool.store(&sequence.table, full);
        self.pool.release(&mut sequence.table, again);
        self.started -= u32::from(std::mem::take(&mut sequence.has_started));
    }

    /// The full blocks of a context can be found, as far as it has been computed.
    fn store_context(&mut self, slot: Slot) {
        let sequence = self.sequences.at(slot);
        let known = sequence.position.min(sequence.tokens() - 1);
        self.pool.store(&sequence.table, known / self.config.tokens_per_block);
    }
}
