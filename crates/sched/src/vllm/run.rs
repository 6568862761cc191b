//! The first pass: running requests, preemption, and what happens after a plan.

use super::{Policy, State, Vllm};
use crate::{Outcome, Plan, Scheduled, Slot};

impl Vllm {
    /// Schedules the running requests in order. Returns whether a prompt was continued.
    pub(super) fn schedule_running(
        &mut self,
        plan: &mut Plan,
        budget: &mut u32,
        threshold: Option<u32>,
        defer: bool,
    ) -> bool {
        let mut prefills = false;
        let mut i = 0;
        while i < self.running.len() && *budget > 0 {
            let slot = self.running[i];
            let sequence = &self.sequences[slot.index()];
            let tokens = self.lacking(slot, *budget, threshold);
            if tokens == 0 || (defer && sequence.chunking) {
                i += 1;
                continue;
            }
            let (context, chunking) = (sequence.computed, sequence.chunking);
            if !self.make_room(slot, context + tokens, plan, budget, &mut i) {
                match self.config.policy {
                    Policy::Fcfs => break,
                    Policy::Priority => continue,
                }
            }
            self.grow(slot, context + tokens);
            let decodes = tokens == 1 && context >= self.sequences[slot.index()].prompt;
            plan.scheduled.push(Scheduled {
                slot,
                tokens,
                context,
                samples: false,
                decodes,
                admitted: false,
            });
            *budget -= tokens;
            prefills |= chunking;
            i += 1;
        }
        prefills
    }

    /// Tokens that a running request may get in this step.
    fn lacking(&self, slot: Slot, budget: u32, threshold: Option<u32>) -> u32 {
        let sequence = &self.sequences[slot.index()];
        let lacking = sequence.tokens() - sequence.computed;
        lacking
            .min(threshold.unwrap_or(u32::MAX))
            .min(budget)
            .min(self.config.max_model_len - sequence.computed - 1)
    }

    /// Preempts requests until `slot` can hold `tokens` tokens. False if it had to give way itself.
    fn make_room(
        &mut self,
        slot: Slot,
        tokens: u32,
        plan: &mut Plan,
        budget: &mut u32,
        i: &mut usize,
    ) -> bool {
        loop {
            let held = self.sequences[slot.index()].blocks;
            if self.pool.blocks_for(tokens).saturating_sub(held) <= self.pool.free() {
                return true;
            }
            let victim = self.victim();
            let slot_of_victim = self.running.remove(victim);
            if victim < *i {
                *i -= 1;
            }
            if self.config.policy == Policy::Priority {
                withdraw(slot_of_victim, plan, budget);
            }
            self.preempt(slot_of_victim, plan);
            if slot_of_victim == slot {
                return false;
            }
        }
    }

    /// The place among the running of the request that gives way.
    fn victim(&self) -> usize {
        let last = self.running.len() - 1;
        match self.config.policy {
            Policy::Fcfs => last,
            Policy::Priority => {
                let urgency = |i: usize| {
                    let sequence = &self.sequences[self.running[i].index()];
                    (sequence.priority, sequence.arrival)
                };
                // The first of the largest.
                (0..=last).rev().max_by_key(|&i| urgency(i)).unwrap_or(last)
            }
        }
    }

    /// Takes the blocks of a request and puts it back into the queue. Its outputs stay, and are
    /// computed again with the prompt.
    fn preempt(&mut self, slot: Slot, plan: &mut Plan) {
        let sequence = &mut self.sequences[slot.index()];
        self.pool.release(sequence.blocks);
        sequence.blocks = 0;
        sequence.computed = 0;
        sequence.stale = sequence.in_flight;
        sequence.state = State::Preempted;
        self.waiting.push_back_in(slot, sequence);
        plan.preempted.push(slot);
    }

    /// Takes the blocks that `slot` lacks to hold `tokens` tokens.
    pub(super) fn grow(&mut self, slot: Slot, tokens: u32) {
        let sequence = &mut self.sequences[slot.index()];
        let blocks = self.pool.blocks_for(tokens).max(sequence.blocks);
        self.pool.take(blocks - sequence.blocks);
        sequence.blocks = blocks;
    }

    /// Books a finished plan: what it schedules counts as computed from now on.
    pub(super) fn commit(&mut self, plan: &mut Plan, prefills: bool) {
        for part in &mut plan.scheduled {
            let sequence = &mut self.sequences[part.slot.index()];
            sequence.computed += part.tokens;
            sequence.in_flight += part.tokens;
            sequence.chunking = sequence.computed < sequence.tokens();
            part.samples = !sequence.chunking;
            plan.tokens += u64::from(part.tokens);
        }
        self.pacing.executed += i64::from(plan.tokens > 0);
        if self.config.prefill_schedule_interval > 1 && prefills {
            self.pacing.last_prefill = self.pacing.executed;
        }
    }

    /// One part of an iteration has ended: the token is delivered, and the request ends if it was
    /// the last.
    pub(super) fn deliver(&mut self, part: &Scheduled, outcome: &mut Outcome) {
        let sequence = &mut self.sequences[part.slot.index()];
        sequence.in_flight -= part.tokens;
        sequence.stale = sequence.stale.saturating_sub(part.tokens);
        if !part.samples {
            return;
        }
        sequence.delivered += 1;
        outcome.tokens.push(part.slot);
        if sequence.delivered < sequence.output {
            return;
        }
        assert_eq!(sequence.in_flight, 0, "a request ended with tokens in flight");
        if sequence.state == State::Preempted {
            self.waiting.remove(part.slot, sequence);
        }
        self.pool.release(sequence.blocks);
        sequence.blocks = 0;
        sequence.state = State::Finished;
        outcome.finished.push(part.slot);
    }
}

/// Takes a victim that was already scheduled out of the plan, and gives its tokens back.
fn withdraw(slot: Slot, plan: &mut Plan, budget: &mut u32) {
    if let Some(place) = plan.scheduled.iter().position(|part| part.slot == slot) {
        *budget += plan.scheduled.remove(place).tokens;
    }
}
