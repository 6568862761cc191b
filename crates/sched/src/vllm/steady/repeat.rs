//! Plans that only let the steady requests go on: how many there will be, and making them.

use std::cmp::Reverse;

use super::{Calendar, Steady};
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

    /// [`crate::Scheduler::repeat_many`], in O(block size + changes of the blocks in use).
    pub(in crate::vllm) fn repeat_steady_many(
        &mut self,
        count: u64,
        in_use: &mut dyn FnMut(u64, u64),
    ) {
        assert!(count > 0, "no plan is no repetition");
        let block_size = self.steady.block_size;
        let before = u64::from(self.pool.used());
        let phase = self.steady.phase;
        // Those of a round of as many plans as a block has tokens that take blocks, and how many.
        let takers: Vec<(u64, u64)> = (0..block_size)
            .map(|i| (i as u64, u64::from(self.steady.crossings[(phase + i) % block_size])))
            .filter(|&(_, blocks)| blocks > 0)
            .collect();
        let (mut used, mut since) = (before, 0);
        for round in (0..count).step_by(block_size) {
            for &(i, blocks) in takers.iter().take_while(|&&(i, _)| round + i < count) {
                if round + i > since {
                    in_use(used, round + i - since);
                }
                (used, since) = (used + blocks, round + i);
            }
        }
        in_use(used, count - since);
        self.pool.take((used - before) as u32);
        self.completed += count;
        self.planned += count;
        self.pacing.executed += count as i64;
        self.steady.context += u64::from(self.steady.len) * count;
        self.steady.phase = (phase + (count % block_size as u64) as usize) % block_size;
    }
}
