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
            if tokens == 0 || (defer && sequence.chunking) || sequence.awaits_last_token() {
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
            self.hold(slot, context + tokens);
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
        let lacking = sequence.expected() - sequence.computed;
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
            let held = self.sequences[slot.index()].table.held();
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
        self.pool.release(&mut sequence.table, true);
        sequence.computed = 0;
        sequence.stale = sequence.in_flight;
        sequence.placeholders = 0;
        sequence.state = State::Preempted;
        self.waiting.put_back(slot, sequence);
        plan.preempted.push(slot);
    }

    /// Takes the blocks that `slot` lacks to hold `tokens` tokens. Those that will then be full,
    /// as far as their tokens are known, can be hit at once, before they are computed.
    pub(super) fn hold(&mut self, slot: Slot, tokens: u32) {
        let sequence = &mut self.sequences[slot.index()];
        let known = tokens.min(sequence.tokens());
        self.pool.grow(&mut sequence.table, tokens);
        self.pool.cache(&mut sequence.table, known);
    }

    /// Books a finished plan: what it schedules counts as computed from now on.
    pub(super) fn commit(&mut self, plan: &mut Plan, prefills: bool) {
        for part in &mut plan.scheduled {
            let sequence = &mut self.sequences[part.slot.index()];
            sequence.computed += part.tokens;
            sequence.in_flight += part.tokens;
            sequence.chunking = sequence.computed < sequence.expected();
            part.samples = !sequence.chunking;
            if self.config.async_scheduling && part.samples {
                sequence.placeholders += 1;
            }
            plan.tokens += u64::from(part.tokens);
        }
        self.pacing.executed += i64::from(plan.tokens > 0);
        if self.config.prefill_schedule_interval > 1 && prefills {
            self.pacing.last_prefill = self.pacing.executed;
        }
    }

    /// One part of an iteration has ended: its token is delivered, and the request ends if it was
    /// the last.
    pub(super) fn deliver(&mut self, part: &Scheduled, outcome: &mut Outcome) {
        let sequence = &mut self.sequences[part.slot.index()];
        sequence.in_flight -= part.tokens;
        if sequence.state == State::Finished {
            // The end of its sequence was not foreseen when this part was scheduled.
            outcome.dropped.push(part.slot);
            if sequence.in_flight == 0 {
                self.free_slots.push(part.slot);
            }
            return;
        }
        let stale = sequence.stale > 0;
        sequence.stale = sequence.stale.saturating_sub(part.tokens);
        if !part.samples {
            return;
        }
        sequence.delivered += 1;
        outcome.tokens.push(part.slot);
        if stale {
            outcome.stale.push(part.slot);
        } else if sequence.placeholders > 0 {
            sequence.placeholders -= 1;
            if sequence.state == State::Running {
                let computed = sequence.computed - sequence.in_flight;
                let known = computed.min(sequence.tokens());
                self.pool.cache(&mut sequence.table, known);
            }
        }
        if sequence.delivered == sequence.output {
            self.finish(part.slot);
            outcome.finished.push(part.slot);
        }
    }

    fn finish(&mut self, slot: Slot) {
        let sequence = &mut self.sequences[slot.index()];
        if sequence.state == State::Preempted {
            self.waiting.remove(slot, sequence);
        }
        self.pool.release(&mut sequence.table, false);
        sequence.state = State::Finished;
        if sequence.in_flight == 0 {
            self.free_slots.push(slot);
        }
    }
}

/// Takes a victim that was already scheduled out of the plan, and gives its tokens back.
fn withdraw(slot: Slot, plan: &mut Plan, budget: &mut u32) {
    if let Some(place) = plan.scheduled.iter().position(|part| part.slot == slot) {
        *budget += plan.scheduled.remove(place).tokens;
    }
}
