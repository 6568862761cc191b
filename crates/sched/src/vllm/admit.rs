//! The second pass: admission from the head of the queue.

use super::{State, Vllm};
use crate::{Plan, Scheduled, Slot};

impl Vllm {
    /// Admits waiting requests until one does not fit. Returns whether any prefill began.
    pub(super) fn admit(
        &mut self,
        plan: &mut Plan,
        budget: &mut u32,
        threshold: Option<u32>,
        defer: bool,
    ) -> bool {
        let mut prefills = false;
        while *budget > 0 && self.running.len() < self.config.places() as usize {
            let Some(slot) = self.waiting.head() else { break };
            let sequence = &self.sequences[slot.index()];
            // The last token is computed in any case: its output is wanted.
            let most = (sequence.tokens() - 1) / self.config.block_size;
            let idle = self.pool.find_hits(&sequence.table, most, &mut self.hits);
            let Some(tokens) = self.fitting(slot, idle, *budget, threshold, defer) else { break };
            self.waiting.pop();
            self.running.push(slot);
            let context = self.hits.len() as u32 * self.config.block_size;
            let sequence = &mut self.sequences[slot.index()];
            self.pool.claim(&mut sequence.table, &self.hits);
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
        prefills
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
        let hits = self.hits.len() as u32;
        let context = hits * self.config.block_size;
        if sequence.stale > 0 || (defer && context + 1 < all) {
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
