//! Plans in which all slots go on decoding: they count requests instead of listing them.
//!
//! The calm begins with a plan that admits nobody while every request in a slot got a token from
//! the plan before. It lasts until one of them ends or another one is admitted. What is known of
//! each request is then that of the beginning, and moves on with the number of completed plans.

use super::Slots;
use crate::{Plan, Slot};

/// The calm, if it is on, and what the next plan has to tell of its begin and end.
#[derive(Debug, Clone, Default)]
pub(super) struct Calm {
    /// Completed plans after which the first request ends; 0 while there is no calm.
    last: u32,
    /// Plans completed so far.
    completed: u32,
    /// Tokens of all requests that were computed before the next plan.
    context: u64,
    /// Contexts of those who joined and left, and who of them has not ended: see
    /// [`crate::Steady`].
    joined: Vec<u32>,
    left: Vec<u32>,
    stopped: Vec<Slot>,
}

impl Calm {
    pub(super) fn is_on(&self) -> bool {
        self.last > 0
    }

    /// Plans completed since it began.
    pub(super) fn completed(&self) -> u32 {
        self.completed
    }

    /// Enters the `decodes` requests into a plan.
    pub(super) fn plan(&mut self, decodes: u32, plan: &mut Plan) {
        plan.steady.decodes = decodes;
        plan.steady.context = self.context;
        plan.tokens = u64::from(decodes);
        self.context += u64::from(decodes);
    }

    /// Tells a plan who joined and left since the plan before.
    pub(super) fn report_changes(&mut self, plan: &mut Plan) {
        std::mem::swap(&mut plan.steady.joined, &mut self.joined);
        std::mem::swap(&mut plan.steady.left, &mut self.left);
        std::mem::swap(&mut plan.steady.stopped, &mut self.stopped);
    }

    /// A plan has been completed. Returns whether a request has ended with it.
    pub(super) fn complete(&mut self) -> bool {
        self.completed += 1;
        self.completed == self.last
    }

    /// How many plans can still be completed and followed by one like it before anybody ends.
    pub(super) fn repeats(&self) -> u64 {
        u64::from(self.last.saturating_sub(self.completed + 1))
    }

    /// So many plans are completed, and each followed by one like it.
    pub(super) fn repeat(&mut self, decodes: u64, count: u64) {
        assert!(count <= self.repeats(), "somebody ends before");
        self.completed += count as u32;
        self.context += decodes * count;
    }
}

impl Slots {
    /// Begins the calm, or ends it, before a plan that admits so many requests.
    pub(super) fn look_for_calm(&mut self, admitted: usize) {
        if admitted > 0 {
            self.end_calm();
            return;
        }
        let Self { requests, running, calm, .. } = self;
        let all_decode = || !running.iter().any(|&slot| requests.at(slot).is_in_prefill());
        if calm.is_on() || self.is_one_by_one || running.is_empty() || !all_decode() {
            return;
        }
        let of_all = || running.iter().map(|&slot| requests.at(slot));
        calm.last = of_all().map(|request| request.missing()).min().unwrap_or(0);
        calm.joined.extend(of_all().map(|request| request.computed));
        calm.context = of_all().map(|request| u64::from(request.computed)).sum();
    }

    /// Ends the calm, if it is on: it is as if every plan had looked at the requests one by one.
    pub(super) fn end_calm(&mut self) {
        let Self { requests, running, calm, .. } = self;
        if !calm.is_on() {
            return;
        }
        for &slot in &*running {
            let request = requests.at_mut(slot);
            request.computed += calm.completed;
            request.delivered += calm.completed;
            calm.left.push(request.computed);
            if !request.has_ended() {
                calm.stopped.push(slot);
            }
        }
        (calm.last, calm.completed) = (0, 0);
    }
}
