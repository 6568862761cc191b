//! The first pass: running requests and preemption; and the booking of a plan.

use super::{Policy, State, Vllm};
use crate::{Plan, Scheduled, Slot};

impl Vllm {
    /// Schedules the running requests in order. Returns whether a prompt was continued.
    pub(super) fn schedule_running(
        &mut self,
        plan: &mut Plan,
        budget: &mut u32,
        threshold: Option<u32>,
        defer: bool,
    ) -> bool {
        let can_join = self.schedule_steady(budget, threshold, defer);
        let (mut prefills, mut joined) = (false, false);
        let mut i = 0;
        while i < self.one_by_one.len() && *budget > 0 {
            let slot = self.one_by_one[i];
            let tokens = self.wanted(slot, *budget, threshold, defer);
            if tokens == 0 {
                i += 1;
                continue;
            }
            let sequence = &self.sequences[slot.index()];
            let (context, chunking) = (sequence.computed, sequence.chunking);
            if !self.make_room(slot, context + tokens, plan, budget, &mut i) {
                match self.config.policy {
                    Policy::Fcfs => break,
                    _ => continue,
                }
            }
            self.hold(slot, context + tokens);
            *budget -= tokens;
            i += 1;
            if can_join && self.can_join(slot, tokens) {
                self.join(slot);
                joined = true;
                continue;
            }
            let decodes = tokens == 1 && context >= self.sequences[slot.index()].prompt;
            plan.scheduled.push(Scheduled {
                slot,
                tokens,
                context,
                samples: false,
                decodes,
                admitted: false,
            });
            prefills |= chunking;
        }
        if joined {
            let sequences = &self.sequences;
            self.one_by_one.retain(|slot| !sequences[slot.index()].stay.is_steady);
        }
        prefills
    }

    /// Tokens that a running request may get in this step.
    pub(super) fn wanted(
        &self,
        slot: Slot,
        budget: u32,
        threshold: Option<u32>,
        defer: bool,
    ) -> u32 {
        let sequence = &self.sequences[slot.index()];
        if (defer && sequence.chunking) || sequence.awaits_last_token() {
            return 0;
        }
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
            assert_eq!(self.steady.len, 0, "whoever may have to give way is looked at one by one");
            let place = self.victim();
            let victim = self.one_by_one.remove(place);
            self.promised -= self.promise(victim);
            self.running.remove(victim, &mut self.sequences);
            if place < *i {
                *i -= 1;
            }
            if self.config.policy != Policy::Fcfs {
                withdraw(victim, plan, budget);
            }
            self.preempt(victim, plan);
            if victim == slot {
                return false;
            }
        }
    }

    /// The place among the running of the request that gives way.
    fn victim(&self) -> usize {
        let last = self.one_by_one.len() - 1;
        match self.config.policy {
            Policy::Fcfs => last,
            Policy::Priority => {
                let urgency = |i: usize| {
                    let sequence = &self.sequences[self.one_by_one[i].index()];
                    (sequence.priority, sequence.arrival)
                };
                // The first of the largest.
                (0..=last).rev().max_by_key(|&i| urgency(i)).unwrap_or(last)
            }
            policy => {
                let sequence = |i: usize| &self.sequences[self.one_by_one[i].index()];
                // The last of the longest.
                (0..=last).max_by_key(|&i| sequence(i).length_under(policy)).unwrap_or(last)
            }
        }
    }

    /// Takes the blocks of a request and puts it back into the queue. Its outputs stay, and are
    /// computed again with the prompt.
    fn preempt(&mut self, slot: Slot, plan: &mut Plan) {
        let sequence = &mut self.sequences[slot.index()];
        self.pool.release(&mut sequence.table, true);
        // By what is left of it: its prompt has to be computed again.
        sequence.computed = 0;
        sequence.rank = sequence.rank_under(self.config.policy);
        sequence.external = 0;
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
        let next = self.next_plan();
        for part in &mut plan.scheduled {
            let sequence = &mut self.sequences[part.slot.index()];
            sequence.computed += part.tokens;
            sequence.in_flight += part.tokens;
            sequence.chunking = sequence.computed < sequence.expected();
            part.samples = !sequence.chunking;
            if part.samples {
                sequence.sampled_in = next;
            }
            if self.config.async_scheduling && part.samples {
                sequence.placeholders += 1;
            }
            plan.tokens += u64::from(part.tokens);
        }
        self.commit_steady(plan);
        if plan.tokens > 0 {
            self.planned = next;
            self.pacing.executed += 1;
        }
        if self.config.prefill_schedule_interval > 1 && prefills {
            self.pacing.last_prefill = self.pacing.executed;
        }
    }
}

/// Takes a victim that was already scheduled out of the plan, and gives its tokens back.
fn withdraw(slot: Slot, plan: &mut Plan, budget: &mut u32) {
    if let Some(place) = plan.scheduled.iter().position(|part| part.slot == slot) {
        *budget += plan.scheduled.remove(place).tokens;
    }
}
