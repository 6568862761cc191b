//! The part of a plan that computes prompts.

use super::{PhaseOrder, Phases};
use crate::{Plan, Scheduled};

impl Phases {
    /// Takes prompts, or chunks of them, from the front of the queue into a plan.
    pub(super) fn take_prompts(&mut self, places: u32, plan: &mut Plan) {
        let chunk = self.config.prefill_chunk_size.unwrap_or(u32::MAX);
        let may_cut = self.config.order != PhaseOrder::DecodeFirst;
        // A chunk beyond the budget would wait for ever.
        let chunk = chunk.min(self.config.max_tokens);
        let mut room = self.config.max_tokens - plan.tokens as u32;
        for _ in 0..places {
            let Some(&slot) = self.prompts.front() else { break };
            let request = self.requests.at_mut(slot);
            let wanted = (request.prompt - request.computed).min(chunk);
            let tokens = if may_cut { wanted.min(room) } else { wanted };
            if tokens == 0 || tokens > room {
                break;
            }
            room -= tokens;
            let admitted = !request.has_begun;
            request.has_begun = true;
            self.begun += u32::from(admitted);
            self.prompts.pop_front();
            plan.tokens += u64::from(tokens);
            plan.scheduled.push(Scheduled {
                slot,
                tokens,
                context: request.computed,
                samples: false,
                decodes: false,
                admitted,
            });
        }
    }
}
