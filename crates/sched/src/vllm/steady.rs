//! Requests in steady decode: one token in every plan, until something happens to them.
//!
//! Such a request costs nothing while plans are made and completed. What is known of it is kept as
//! of the plan in which it joined, and moves on with the numbers of plans made and completed; when
//! it will need a block and when it will end are known beforehand. It leaves when it ends, and
//! whenever a plan has to look at requests one by one: when KV blocks or the budget may not
//! suffice. What it leaves behind is what walking through it in every plan would have come to.
//!
//! While anybody is steady, as many plans are in flight as the engine's loop has in its steady
//! state when a plan is made: none with synchronous, one with asynchronous scheduling.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{State, Vllm};
use crate::{Plan, Slot};

mod repeat;

/// What a sequence keeps of its time in steady decode.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stay {
    /// Whether it is steady. Then its `computed`, `delivered`, `in_flight`, `placeholders` and
    /// blocks are those of the moment before it joined.
    pub(super) is_steady: bool,
    /// Number of the plan in which it joined.
    joined: u64,
    /// Plans that were completed when it joined.
    completed: u64,
    /// Number of the plan that samples its last token.
    last: u64,
}

/// All requests in steady decode together.
#[derive(Debug, Clone)]
pub(super) struct Steady {
    /// How many there are.
    pub(super) len: u32,
    /// Their computed tokens, summed.
    pub(super) context: u64,
    /// How many will need a block, by the number of the plan modulo the block size. Empty until
    /// somebody was steady.
    crossings: Vec<u32>,
    block_size: usize,
    /// The place of the next plan in there.
    phase: usize,
    /// Those whose end nobody foresees: (plan that samples the last token, slot). Entries of
    /// requests that have left since mean nothing.
    ends: Calendar,
    /// Those whose end the scheduler foresees: they are not scheduled any more when their last
    /// token is in flight.
    foreseen: Calendar,
    /// Contexts of those who joined since the last plan was made.
    joined: Vec<u32>,
    /// Contexts of those who left, and who of them has not ended.
    left: Vec<u32>,
    stopped: Vec<Slot>,
    /// Parts of plans in flight whose requests have left since: (number of the plan, slot).
    orphans: Vec<(u64, Slot)>,
    /// The first plan of those that all computed the same requests, each one token.
    calm_since: u64,
}

/// Requests by the plan that samples their last token.
type Calendar = BinaryHeap<Reverse<(u64, Slot)>>;

impl Steady {
    pub(super) fn new(block_size: u32) -> Self {
        Self {
            len: 0,
            context: 0,
            crossings: Vec::new(),
            block_size: block_size as usize,
            phase: 0,
            ends: BinaryHeap::new(),
            foreseen: BinaryHeap::new(),
            joined: Vec::new(),
            left: Vec::new(),
            stopped: Vec::new(),
            orphans: Vec::new(),
            calm_since: 1,
        }
    }

    /// How many need a block in the next plan.
    fn crossing(&self) -> u32 {
        self.crossings.get(self.phase).copied().unwrap_or(0)
    }

    /// Where those stand who need a block when their context is a multiple of the block size and
    /// who have `context` in the next plan.
    fn phase_of(&self, context: u32) -> usize {
        let block_size = self.block_size;
        let past = context as usize % block_size;
        let phase = self.phase + if past == 0 { 0 } else { block_size - past };
        if phase < block_size { phase } else { phase - block_size }
    }

    /// The next plan has been made.
    fn advance(&mut self) {
        self.context += u64::from(self.len);
        self.phase = if self.phase + 1 == self.block_size { 0 } else { self.phase + 1 };
    }
}

impl Vllm {
    /// Number of the next plan that computes anything.
    pub(super) fn next_plan(&self) -> u64 {
        self.planned + 1
    }

    /// Whether as many plans are in flight as while requests are steady.
    fn is_in_step(&self) -> bool {
        self.planned - self.completed == u64::from(self.config.async_scheduling)
    }

    /// Schedules the requests in steady decode, and tells whether others may join them. If what is
    /// to be done may not fit budget and blocks, all of them leave instead.
    pub(super) fn schedule_steady(
        &mut self,
        budget: &mut u32,
        threshold: Option<u32>,
        defer: bool,
    ) -> bool {
        if self.is_one_by_one {
            return false;
        }
        if self.is_in_step() {
            self.stop_foreseen();
            if self.all_fits(*budget, threshold, defer) {
                self.pool.take(self.steady.crossing());
                *budget -= self.steady.len;
                return true;
            }
        }
        self.stop_all();
        false
    }

    /// Whether the running requests find budget and blocks for all that they may get, except that
    /// the budget may cut short the last of them.
    fn all_fits(&self, budget: u32, threshold: Option<u32>, defer: bool) -> bool {
        let steady = &self.steady;
        let mut tokens = u64::from(steady.len);
        let mut blocks = u64::from(steady.crossing());
        if tokens > u64::from(budget) {
            return false;
        }
        for &slot in &self.one_by_one {
            if tokens > u64::from(budget) {
                return false;
            }
            let wanted = self.wanted(slot, budget, threshold, defer);
            let sequence = &self.sequences[slot.index()];
            tokens += u64::from(wanted);
            let needed = self.pool.blocks_for(sequence.computed + wanted);
            blocks += u64::from(needed.saturating_sub(sequence.table.held()));
        }
        let last_is_last = || self.one_by_one.last().copied() == self.running.last();
        let fits = tokens <= u64::from(budget) || last_is_last();
        fits && blocks <= u64::from(self.pool.free())
    }

    /// Whether a running request that is about to get `tokens` tokens may join the steady ones.
    pub(super) fn can_join(&self, slot: Slot, tokens: u32) -> bool {
        let sequence = &self.sequences[slot.index()];
        // One token in the plan before, so that all gaps between its tokens are gaps between plans.
        sequence.sampled_in == self.planned
            && self.planned > 0
            && tokens == 1
            && sequence.computed + 1 == sequence.expected()
            && sequence.computed >= sequence.prompt
            && u64::from(sequence.placeholders) == self.planned - self.completed
            && sequence.stale == 0
            && !sequence.table.is_shared_beyond(sequence.computed)
    }

    /// A running request joins, with the plan that is being made. Its block is its own business.
    pub(super) fn join(&mut self, slot: Slot) {
        let plan = self.next_plan();
        let sequence = &mut self.sequences[slot.index()];
        let missing = u64::from(sequence.output - sequence.delivered);
        let last = self.completed + missing;
        let most = sequence.longest.min(u64::from(self.config.max_model_len));
        let is_foreseen = self.config.async_scheduling
            && u64::from(sequence.prompt) + u64::from(sequence.output) >= most;
        let known = sequence.stay.last == last && sequence.stay.joined > 0;
        sequence.stay = Stay { is_steady: true, joined: plan, completed: self.completed, last };
        let context = sequence.computed;
        let steady = &mut self.steady;
        if !known {
            let calendar = if is_foreseen { &mut steady.foreseen } else { &mut steady.ends };
            calendar.push(Reverse((last, slot)));
        }
        steady.len += 1;
        steady.context += u64::from(context);
        let phase = steady.phase_of(context);
        steady.crossings.resize(steady.block_size, 0);
        steady.crossings[phase] += 1;
        steady.joined.push(context);
        steady.calm_since = steady.calm_since.max(plan);
    }

    /// A steady request leaves: it is as if all plans had looked at it one by one.
    fn leave(&mut self, slot: Slot) {
        let (planned, completed) = (self.planned, self.completed);
        let next = self.next_plan();
        let sequence = &mut self.sequences[slot.index()];
        let stay = &mut sequence.stay;
        assert!(stay.is_steady, "a request leaves that is not steady");
        stay.is_steady = false;
        let of_plans = (next - stay.joined) as u32;
        let first_in_flight = stay.joined.max(completed + 1);
        sequence.computed += of_plans;
        sequence.delivered += (completed - stay.completed) as u32;
        sequence.in_flight += (next - first_in_flight) as u32;
        sequence.placeholders = match self.config.async_scheduling {
            true => (sequence.computed + 1).saturating_sub(sequence.prompt + sequence.delivered),
            false => 0,
        };
        sequence.sampled_in = planned;
        let context = sequence.computed;
        // When a plan is made, the token of the plan in flight is not known.
        let known = context - u32::from(self.config.async_scheduling);
        self.pool.settle(&mut sequence.table, context, known);
        let steady = &mut self.steady;
        let phase = steady.phase_of(context);
        steady.orphans.extend((first_in_flight..next).map(|plan| (plan, slot)));
        steady.crossings[phase] -= 1;
        steady.len -= 1;
        steady.context -= u64::from(context);
        steady.left.push(context);
        steady.calm_since = next;
    }

    /// Those whose last token is in flight, as the scheduler knows, go on one by one.
    fn stop_foreseen(&mut self) {
        while let Some(&Reverse((last, slot))) = self.steady.foreseen.peek() {
            if last > self.planned {
                break;
            }
            self.steady.foreseen.pop();
            if self.is_due(last, slot) {
                self.leave(slot);
                self.steady.stopped.push(slot);
                let admission = |slot: &Slot| self.sequences[slot.index()].links.admission;
                let place = self.one_by_one.partition_point(|at| admission(at) < admission(&slot));
                self.one_by_one.insert(place, slot);
            }
        }
    }

    /// Whether an entry of a calendar still holds.
    fn is_due(&self, last: u64, slot: Slot) -> bool {
        let stay = &self.sequences[slot.index()].stay;
        stay.is_steady && stay.last == last
    }

    /// Everybody goes on one by one.
    fn stop_all(&mut self) {
        if self.steady.len == 0 {
            return;
        }
        self.one_by_one.clear();
        self.one_by_one.extend(self.running.iter(&self.sequences));
        for i in 0..self.one_by_one.len() {
            let slot = self.one_by_one[i];
            if self.sequences[slot.index()].stay.is_steady {
                self.leave(slot);
                self.steady.stopped.push(slot);
            }
        }
    }

    /// Enters the steady requests into a plan that is otherwise made.
    pub(super) fn commit_steady(&mut self, plan: &mut Plan) {
        let next = self.next_plan();
        let steady = &mut self.steady;
        plan.steady.decodes = steady.len;
        plan.steady.context = steady.context;
        std::mem::swap(&mut plan.steady.joined, &mut steady.joined);
        std::mem::swap(&mut plan.steady.left, &mut steady.left);
        std::mem::swap(&mut plan.steady.stopped, &mut steady.stopped);
        plan.tokens += u64::from(steady.len);
        if plan.tokens > 0 {
            steady.advance();
        }
        if !plan.scheduled.is_empty() {
            steady.calm_since = next + 1;
        }
    }

    /// Takes the parts of the plan completed last whose requests have left since.
    pub(super) fn take_orphans(&mut self, orphans: &mut Vec<Slot>) {
        let completed = self.completed;
        self.steady.orphans.retain(|&(plan, slot)| {
            if plan == completed {
                orphans.push(slot);
            }
            plan != completed
        });
    }

    /// The next steady request whose last token came with the plan completed last. It leaves.
    pub(super) fn next_end(&mut self) -> Option<Slot> {
        while let Some(&Reverse((last, slot))) = self.steady.ends.peek() {
            if last > self.completed {
                break;
            }
            self.steady.ends.pop();
            if self.is_due(last, slot) {
                self.leave(slot);
                return Some(slot);
            }
        }
        None
    }

    /// Tokens delivered to a live request.
    pub(super) fn delivered_to(&self, slot: Slot) -> u32 {
        let sequence = &self.sequences[slot.index()];
        let stay = &sequence.stay;
        let since = if stay.is_steady { self.completed - stay.completed } else { 0 };
        debug_assert!(sequence.state != State::Waiting || since == 0);
        sequence.delivered + since as u32
    }
}

#[cfg(test)]
mod tests;
