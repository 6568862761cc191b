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
            let Some(tokens) = self.fitting(slot, *budget, threshold, defer) else { break };
            self.waiting.pop();
            self.running.push(slot);
            self.grow(slot, tokens);
            let sequence = &mut self.sequences[slot.index()];
            sequence.state = State::Running;
            prefills |= sequence.tokens() > 1;
            plan.scheduled.push(Scheduled {
                slot,
                tokens,
                context: 0,
                samples: false,
                decodes: false,
                admitted: true,
            });
            *budget -= tokens;
        }
        prefills
    }

    /// Tokens with which the head of the queue can be admitted now, if it can.
    fn fitting(&self, slot: Slot, budget: u32, threshold: Option<u32>, defer: bool) -> Option<u32> {
        let sequence = &self.sequences[slot.index()];
        let all = sequence.tokens();
        if sequence.stale > 0 || (defer && all > 1) {
            return None;
        }
        let wanted = all.min(threshold.unwrap_or(u32::MAX));
        if !self.config.enable_chunked_prefill && wanted > budget {
            return None;
        }
        let tokens = wanted.min(budget);
        let kept_free = if self.running.is_empty() { 0 } else { self.watermark_blocks };
        let fits = |tokens: u32| {
            let needed = self.pool.blocks_for(tokens.min(self.config.max_model_len));
            needed.saturating_add(kept_free) <= self.pool.free()
        };
        let reserved = !self.config.scheduler_reserve_full_isl || fits(all);
        (reserved && fits(tokens)).then_some(tokens)
    }
}
