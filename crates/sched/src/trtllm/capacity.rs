//! Which of the active requests fit the KV blocks, and who is paused.

use super::sequence::State;
use super::{CapacityPolicy, TensorRtLlm, need};
use crate::Slot;

/// What the capacity scheduler decides.
#[derive(Debug, Clone, Default)]
pub(super) struct Capacity {
    /// Requests that may be computed, in order.
    pub(super) fitting: Vec<Slot>,
    /// Requests that are paused, in order.
    pub(super) paused: Vec<Slot>,
}

impl TensorRtLlm {
    pub(super) fn fit(&mut self, capacity: &mut Capacity) {
        let active = std::mem::take(&mut self.active);
        match self.config.capacity_scheduler_policy {
            _ if self.config.num_blocks == 0 => {
                capacity.fitting.extend(active.iter().take(self.config.fitting_max()));
            }
            CapacityPolicy::MaxUtilization => self.fit_most(&active, capacity),
            policy => {
                let is_static = policy == CapacityPolicy::StaticBatch;
                self.fit_to_completion(&active, is_static, &mut capacity.fitting);
            }
        }
        self.active = active;
    }

    /// Requests start if all blocks that they may need are free beside what the others may need.
    fn fit_to_completion(&mut self, active: &[Slot], is_static: bool, fitting: &mut Vec<Slot>) {
        let most = self.config.fitting_max();
        let mut contributed = self.contributed(active);
        let mut free = i64::from(self.pool.free());
        let mut pending = Vec::new();
        for &slot in active {
            if fitting.len() >= most {
                break;
            }
            let sequence = self.sequences.at_mut(slot);
            if sequence.is_context() {
                pending.push(slot);
            } else {
                fitting.push(slot);
                free -= need::to_completion(sequence, &self.pool, None);
            }
        }
        if is_static && !fitting.is_empty() {
            return;
        }
        for slot in pending {
            if self.defers(slot, &mut contributed) {
                continue;
            }
            if fitting.len() >= most {
                break;
            }
            let known = self.known(slot);
            let needed = need::to_completion(self.sequences.at_mut(slot), &self.pool, known);
            if needed > free {
                // Those behind it wait, even where they would fit.
                break;
            }
            fitting.push(slot);
            free -= needed;
        }
    }

    /// Requests go on as long as there are blocks for the next part of each; where one lacks, the
    /// last that has started is paused.
    fn fit_most(&mut self, active: &[Slot], capacity: &mut Capacity) {
        let Capacity { fitting, paused } = capacity;
        let most = self.config.fitting_max();
        let ahead = if self.config.two_step_lookahead { 2 } else { 1 };
        let mut contributed = self.contributed(active);
        let (mut free, mut needed) = (i64::from(self.pool.free()), 0);
        let (mut next, mut end) = (0, active.len());
        while next < end {
            let slot = active[next];
            if self.defers(slot, &mut contributed) {
                next += 1;
                continue;
            }
            if fitting.len() < most {
                let (known, longest) = (self.known(slot), self.config.max_seq_len);
                let sequence = self.sequences.at_mut(slot);
                let more = need::one_step(sequence, &self.pool, known, ahead, longest);
                if needed + more <= free {
                    needed += more;
                    fitting.push(slot);
                    next += 1;
                    continue;
                }
            }
            let sequences = &self.sequences;
            let is_started = |&at: &usize| {
                let sequence = sequences.at(active[at]);
                sequence.state != State::Context || !sequence.is_first_chunk()
            };
            let Some(victim) = (next..end).rev().find(is_started) else { break };
            let slot = active[victim];
            paused.push(slot);
            free += i64::from(self.pool.think_released(&self.sequences.at(slot).table));
            end = victim;
        }
        self.pool.think_again();
    }
}
