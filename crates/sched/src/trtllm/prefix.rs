//! Requests that wait because another one is about to compute the block that they lack.

use std::collections::BTreeSet;

use tokendrome_kv::{Found, PrefixKey};

use super::{CapacityPolicy, TensorRtLlm, need};
use crate::Slot;

/// The first blocks that are not there yet of those who compute their prompts.
pub(super) type Contributed = BTreeSet<PrefixKey>;

impl TensorRtLlm {
    fn looks_at_prefixes(&self) -> bool {
        let static_batch = self.config.capacity_scheduler_policy == CapacityPolicy::StaticBatch;
        self.pool.reuses() && self.config.prefix_aware && !static_batch
    }

    /// What those contribute whose prompts are computed in part.
    pub(super) fn contributed(&self, active: &[Slot]) -> Contributed {
        let mut contributed = Contributed::new();
        if self.looks_at_prefixes() {
            let sequences = active.iter().map(|&slot| self.sequences.at(slot));
            let begun = sequences.filter(|of| of.is_context() && !of.is_first_chunk());
            contributed.extend(begun.filter_map(|of| need::find(of, &self.pool).missing));
        }
        contributed
    }

    /// Whether a request waits for a block that another contributes; if not, it contributes the one
    /// that it lacks itself. Asked again, it waits for its own: so it is in TensorRT-LLM.
    pub(super) fn defers(&mut self, slot: Slot, contributed: &mut Contributed) -> bool {
        let sequence = self.sequences.at(slot);
        if !self.looks_at_prefixes() || !sequence.is_to_begin() {
            return false;
        }
        let found = match sequence.looked_up {
            Some((plan, found)) if plan == self.plans => found,
            _ => need::find(sequence, &self.pool),
        };
        self.sequences.at_mut(slot).looked_up = Some((self.plans, found));
        found.missing.is_some_and(|missing| !contributed.insert(missing))
    }

    /// What is known of a request that is to begin: what was looked up for this plan; that nothing
    /// is found, if prefixes are not looked at; none if it has to be looked up.
    pub(super) fn known(&self, slot: Slot) -> Option<Found> {
        let sequence = self.sequences.at(slot);
        match sequence.looked_up {
            Some((plan, found)) if plan == self.plans => Some(found),
            _ if !self.config.prefix_aware && sequence.is_to_begin() => Some(Found::default()),
            _ => None,
        }
    }
}
