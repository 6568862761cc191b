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

    /// [`crate::Scheduler::repeat_many`].
    pub(in crate::vllm) fn repeat_steady_many(
        &mut self,
        count: u64,
        in_use: &mut dyn FnMut(u64, u64),
    ) {
        assert!(count > 0, "no plan is no repetition");
        let block_size = self.steady.block_size;
        let before = u64::from(self.pool.used());
        let (mut used, mut plans, mut phase) = (before, 0, self.steady.phase);
        for _ in 0..count {
            let crossing = u64::from(self.steady.crossings[phase]);
            phase = if phase + 1 < block_size { phase + 1 } else { 0 };
            if crossing > 0 {
                if plans > 0 {
                    in_use(used, plans);
                }
                (used, plans) = (used + crossing, 0);
            }
            plans += 1;
        }
        in_use(used, plans);
        self.pool.take((used - before) as u32);
        self.completed += count;
        self.planned += count;
        self.pacing.executed += count as i64;
        self.steady.context += u64::from(self.steady.len) * count;
        self.steady.phase = phase;
    }
}
