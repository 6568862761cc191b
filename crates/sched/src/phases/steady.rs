//! Requests that decode in every plan that decodes, until they end: with one executor these are the
//! first of their queue, and nobody comes before them.
//!
//! A request is listed with its first decode, and joins with its second. Plans between two decodes
//! that compute prompts alone let it pause. A plan, and a completion, cost O(1) and O(log n) for
//! each request that joins or ends.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::progress::Progress;
use super::{Phases, Slot};
use crate::{Outcome, Plan};

/// All requests in steady decode together.
#[derive(Debug, Clone, Default)]
pub(super) struct Steady {
    /// How many there are.
    len: u32,
    /// Steps completed in which they decoded, since ever.
    completed: u64,
    /// Their tokens that were computed by then, summed.
    context: u64,
    /// When each ends: (steps completed then, who joined how early, slot).
    ends: BinaryHeap<Reverse<(u64, u64, Slot)>>,
    /// Requests that joined, since ever.
    joins: u64,
    /// Those who were listed with their first decode and join with the next, in order.
    joining: Vec<Slot>,
    /// Contexts of those who have left since the last plan that decodes.
    left: Vec<u32>,
}

impl Steady {
    pub(super) fn has_any(&self) -> bool {
        self.len > 0 || !self.joining.is_empty()
    }

    /// A request was listed with its first decode.
    pub(super) fn will_join(&mut self, slot: Slot) {
        self.joining.push(slot);
    }

    /// Tokens delivered to a request since it joined.
    pub(super) fn delivered_to(&self, request: &Progress) -> u32 {
        request.joined.map_or(0, |joined| (self.completed - joined) as u32)
    }

    /// So many steps are completed in which nobody begins or ends.
    pub(super) fn complete(&mut self, steps: u64) {
        self.completed += steps;
        self.context += u64::from(self.len) * steps;
    }

    /// Steps that will have been completed when the first ends.
    fn first_end(&self) -> Option<u64> {
        self.ends.peek().map(|&Reverse((end, ..))| end)
    }
}

impl Phases {
    /// Enters the steady requests into a plan that decodes, with those who join.
    pub(super) fn plan_steady(&mut self, plan: &mut Plan) {
        let Self { steady, requests, .. } = self;
        for slot in steady.joining.drain(..) {
            let request = requests.at_mut(slot);
            request.joined = Some(steady.completed);
            let missing = u64::from(request.output - request.delivered);
            steady.ends.push(Reverse((steady.completed + missing, steady.joins, slot)));
            steady.joins += 1;
            steady.len += 1;
            steady.context += u64::from(request.computed);
            plan.steady.joined.push(request.computed);
        }
        plan.steady.decodes = steady.len;
        plan.steady.context = steady.context;
        plan.tokens += u64::from(steady.len);
        plan.steady.left.append(&mut steady.left);
    }

    /// A step was completed in which the steady requests decoded.
    pub(super) fn complete_steady(&mut self, outcome: &mut Outcome) {
        outcome.steady = self.steady.len;
        self.steady.complete(1);
        while let Some(&Reverse((end, _, slot))) = self.steady.ends.peek() {
            if end > self.steady.completed {
                break;
            }
            self.steady.ends.pop();
            let steps = self.steady.delivered_to(self.requests.at(slot));
            let request = self.requests.at_mut(slot);
            request.joined = None;
            request.delivered += steps;
            request.computed += steps;
            self.steady.len -= 1;
            self.steady.context -= u64::from(request.computed);
            self.steady.left.push(request.computed);
            self.finish(slot, outcome);
        }
    }

    /// How many completions and plans could follow the plan in flight that only let the steady
    /// requests go on.
    pub(super) fn count_repeats(&self) -> u64 {
        let steady = &self.steady;
        let decodes = steady.len;
        let is_calm = self.in_flight == 1
            && self.lists_nobody
            && decodes > 0
            && (self.decodes.is_empty() || decodes == self.decodes_max())
            && (self.prompts.is_empty() || !self.is_open_to_prompts(decodes));
        match steady.first_end() {
            Some(end) if is_calm => end - 1 - steady.completed,
            _ => 0,
        }
    }
}
