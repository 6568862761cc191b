//! Plans that only let the steady requests go on: how many there will be, and making them.

use std::cmp::Reverse;

use super::{Calendar, Steady};
use crate::Repeated;
use crate::vllm::Vllm;

impl Vllm {
    /// [`crate::Scheduler::repeats`].
    pub(in crate::vllm) fn count_repeats(&mut self) -> u64 {
        let is_calm = self.completed + 1 >= self.steady.calm_since
            && self.is_in_step_after_plan()
            && self.steady.len > 0
            && self.one_by_one.is_empty()
            && (self.waiting.len() == 0 || self.config.prefill_schedule_interval == 1);
        if !is_calm {
            return 0;
        }
        let ends = self.next_due(|steady| &mut steady.ends);
        let foreseen = self.next_due(|steady| &mut steady.foreseen);
        let until_end = (ends - 1).saturating_sub(self.completed);
        let until_foreseen = foreseen.saturating_sub(self.planned);
        // As many plans as a block has tokens take a block for each request.
        let rounds = u64::from(self.pool.free() / self.steady.len);
        until_end.min(until_foreseen).min(rounds * u64::from(self.config.block_size))
    }

    fn is_in_step_after_plan(&self) -> bool {
        self.planned - self.completed == 1 + u64::from(self.config.async_scheduling)
    }

    fn next_due(&mut self, calendar: fn(&mut Steady) -> &mut Calendar) -> u64 {
        while let Some(&Reverse((last, slot))) = calendar(&mut self.steady).peek() {
            if self.is_due(last, slot) {
                return last;
            }
            calendar(&mut self.steady).pop();
        }
        u64::MAX
    }

    /// [`crate::Scheduler::repeat`].
    pub(in crate::vllm) fn repeat_steady(&mut self) -> u64 {
        self.completed += 1;
        self.planned += 1;
        self.pacing.executed += 1;
        self.pool.take(self.steady.crossing());
        self.steady.advance();
        u64::from(self.pool.used())
    }

    /// [`crate::Scheduler::repeat_many`], in O(block size).
    pub(in crate::vllm) fn repeat_steady_many(&mut self, count: u64) -> Repeated {
        assert!(count > 0, "no plan is no repetition");
        let block_size = self.steady.block_size;
        let rest = (count % block_size as u64) as usize;
        let (rounds, len) = (u128::from(count / block_size as u64), u128::from(self.steady.len));
        // Blocks taken since the begin of a round of as many plans as a block has tokens; the same
        // summed over the plans of a round, and over those of a last, incomplete one.
        let (mut taken, mut of_round, mut of_rest, mut in_rest) = (0, 0, 0, 0);
        for i in 0..(if rounds > 0 { block_size } else { rest }) {
            taken += u128::from(self.steady.crossings[(self.steady.phase + i) % block_size]);
            of_round += taken;
            if i < rest {
                (of_rest, in_rest) = (of_round, taken);
            }
        }
        // Every plan sees what was in use before, what earlier rounds took, and its own round.
        let earlier = len * block_size as u128 * (rounds * rounds.saturating_sub(1) / 2)
            + len * rounds * rest as u128;
        let blocks_summed = u128::from(self.pool.used()) * u128::from(count)
            + earlier
            + rounds * of_round
            + of_rest;
        self.pool.take((len * rounds + in_rest) as u32);
        self.completed += count;
        self.planned += count;
        self.pacing.executed += count as i64;
        self.steady.context += u64::from(self.steady.len) * count;
        self.steady.phase = (self.steady.phase + rest) % block_size;
        Repeated { blocks_summed, blocks: u64::from(self.pool.used()) }
    }
}
