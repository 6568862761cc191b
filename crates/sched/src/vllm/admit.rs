//! The second pass: admission from the head of the queue.

use super::{LookUp, State, Vllm};
use crate::{Plan, Scheduled, Slot};

impl Vllm {
    /// Admits waiting requests until one does not fit. Returns whether any prefill began. A request
    /// that was preempted while tokens of it are in flight is passed over.
    pub(super) fn admit(
        &mut self,
        plan: &mut Plan,
        budget: &mut u32,
        threshold: Option<u32>,
        defer: bool,
    ) -> bool {
        let mut prefills = false;
        let mut partial = self.partial_prefills_left(plan);
        let mut passed_over = Vec::new();
        while *budget > 0 && self.running.len() < self.config.places() {
            let Some(slot) = self.waiting.head() else { break };
            let sequence = &self.sequences[slot.index()];
            if sequence.stale > 0 {
                // Its tokens in flight come first. Those behind it need not wait for them.
                passed_over.extend(self.waiting.pop());
                continue;
            }
            let idle = self.look_up(slot);
            let Some(tokens) = self.fitting(slot, idle, *budget, threshold, defer) else { break };
            let promise = self.promise(slot);
            if self.promised.saturating_add(promise) > self.pool.total() {
                break;
            }
            if self.leaves_a_part(slot, tokens) {
                if partial == Some(0) {
                    break;
                }
                partial = partial.map(|left| left - 1);
            }
            self.promised += promise;
            self.waiting.pop();
            self.running.push(slot, &mut self.sequences);
            self.one_by_one.push(slot);
            let hits = self.hits.len() * self.config.block_size;
            let sequence = &mut self.sequences[slot.index()];
            let context = hits.max(sequence.external);
            self.pool.claim(&mut sequence.table, &self.hits);
            // What it computes from here on it may find again if it is preempted.
            self.looked_up = None;
            sequence.state = State::Running;
            sequence.computed = context;
            prefills |= context + 1 < sequence.tokens();
            plan.scheduled.push(Scheduled {
                slot,
                tokens,
                context,
                samples: false,
                decodes: tokens == 1 && context >= sequence.prompt,
                admitted: true,
            });
            self.hold(slot, context + tokens);
            *budget -= tokens;
        }
        for slot in passed_over.into_iter().rev() {
            self.waiting.put_back(slot, &self.sequences[slot.index()]);
        }
        prefills
    }

    /// KV blocks that are kept for a request until its end, where nobody is to be preempted.
    pub(super) fn promise(&self, slot: Slot) -> u32 {
        if !self.config.enable_preemption_free {
            return 0;
        }
        let sequence = &self.sequences[slot.index()];
        self.blocks_at_end(sequence.prompt, sequence.output)
    }

    /// How many more requests may be admitted with a part of their tokens, if there is a limit.
    fn partial_prefills_left(&self, plan: &Plan) -> Option<u32> {
        let most = self.config.max_num_partial_prefills?;
        let is_partial = |slot: &Slot| {
            let sequence = &self.sequences[slot.index()];
            let part = || plan.scheduled.iter().find(|part| part.slot == *slot);
            let in_plan = || part().map_or(0, |part| part.tokens);
            sequence.chunking && sequence.computed + in_plan() < sequence.expected()
        };
        let partial = self.one_by_one.iter().filter(|&slot| is_partial(slot)).count();
        Some(most.saturating_sub(partial as u32))
    }

    /// Whether so many tokens leave some of the head of the queue to compute in later plans.
    fn leaves_a_part(&self, slot: Slot, tokens: u32) -> bool {
        let sequence = &self.sequences[slot.index()];
        let context = (self.hits.len() * self.config.block_size).max(sequence.external);
        context + tokens < sequence.tokens()
    }

    /// Finds the hits of the head of the queue. Returns how many of their blocks are free.
    fn look_up(&mut self, slot: Slot) -> u32 {
        let sequence = &self.sequences[slot.index()];
        let (serial, tokens) = (sequence.serial, sequence.tokens());
        let version = self.pool.version(&sequence.table);
        // A head that does not fit is looked at in every plan.
        if let Some(last) = self.looked_up
            && (last.serial, last.tokens, last.version) == (serial, tokens, version)
        {
            return last.idle;
        }
        // The last token is computed in any case: its output is wanted.
        let most = (tokens - 1) / self.config.block_size;
        let idle = self.pool.find_hits(&sequence.table, most, &mut self.hits);
        self.looked_up = Some(LookUp { serial, tokens, version, idle });
        idle
    }

    /// Tokens with which the head of the queue can be admitted now, if it can: those of its hits,
    /// of whose blocks `idle` are free, need not be computed.
    fn fitting(
        &self,
        slot: Slot,
        idle: u32,
        budget: u32,
        threshold: Option<u32>,
        defer: bool,
    ) -> Option<u32> {
        let sequence = &self.sequences[slot.index()];
        let all = sequence.tokens();
        let hits = self.hits.len();
        let context = (hits * self.config.block_size).max(sequence.external);
        if defer && context + 1 < all {
            return None;
        }
        let wanted = (all - context).min(threshold.unwrap_or(u32::MAX));
        if !self.config.enable_chunked_prefill && wanted > budget {
            return None;
        }
        let tokens = wanted.min(budget);
        let kept_free = if self.running.is_empty() { 0 } else { self.watermark_blocks };
        let fits = |tokens: u32| {
            let needed = self.pool.blocks_for(tokens.min(self.config.max_model_len));
            let taken = needed.saturating_sub(hits) + idle;
            taken.saturating_add(kept_free) <= self.pool.free()
        };
        let reserved = !self.config.scheduler_reserve_full_isl || fits(all);
        (reserved && fits(context + tokens)).then_some(tokens)
    }
}
