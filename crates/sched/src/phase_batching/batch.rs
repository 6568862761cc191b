//! The batch that decodes: those who began together, until the last of them has ended.
//!
//! All are listed with their first decode, and are steady from the second on.

use std::collections::VecDeque;

use super::{PhaseBatching, Request};
use crate::{Outcome, Plan, Scheduled, Slot};

/// The members of the batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Decoding {
    /// Those who are listed in every plan, or are to join the steady ones.
    listed: VecDeque<Slot>,
    /// Whether the first decode is behind them.
    has_begun: bool,
    /// Steady members: the step with which each ends, ascending.
    steady: VecDeque<(u64, Slot)>,
    /// Steps that the steady members have completed, since ever.
    completed: u64,
    /// Their tokens that were computed by then, summed.
    context: u64,
    /// Contexts of those who have left since the last plan that decodes.
    left: Vec<u32>,
}

impl Decoding {
    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.steady.is_empty()
    }

    /// A new batch takes the place of one that has ended.
    pub(super) fn begin(&mut self, members: Vec<Slot>) {
        self.listed.extend(members);
        self.has_begun = false;
    }

    /// So many steps in which nobody ends.
    pub(super) fn complete(&mut self, steps: u64) {
        self.completed += steps;
        self.context += self.steady.len() as u64 * steps;
    }

    /// Steps after the one in flight in which nobody ends.
    pub(super) fn repeats(&self) -> u64 {
        match self.steady.front() {
            Some((end, _)) if self.listed.is_empty() => end - 1 - self.completed,
            _ => 0,
        }
    }

    /// Tokens delivered to a request since it became steady.
    pub(super) fn steps_of(&self, request: &Request) -> u32 {
        request.joined.map_or(0, |joined| (self.completed - joined) as u32)
    }
}

impl PhaseBatching {
    /// The next step of the batch.
    pub(super) fn plan_decodes(&mut self, plan: &mut Plan) {
        if self.decoding.has_begun && !self.is_one_by_one {
            self.join(plan);
        }
        let Self { decoding, requests, .. } = self;
        plan.steady.left.append(&mut decoding.left);
        plan.steady.decodes = decoding.steady.len() as u32;
        plan.steady.context = decoding.context;
        for &slot in &decoding.listed {
            plan.scheduled.push(Scheduled {
                slot,
                tokens: 1,
                context: requests.at(slot).computed,
                samples: true,
                decodes: true,
                admitted: false,
            });
        }
        plan.tokens = (decoding.steady.len() + decoding.listed.len()) as u64;
        decoding.has_begun = true;
    }

    /// Those with one decode behind them become steady.
    fn join(&mut self, plan: &mut Plan) {
        let Self { decoding, requests, .. } = self;
        if decoding.listed.is_empty() {
            return;
        }
        let mut ends: Vec<(u64, Slot)> = Vec::with_capacity(decoding.listed.len());
        for slot in decoding.listed.drain(..) {
            let request = requests.at_mut(slot);
            request.joined = Some(decoding.completed);
            decoding.context += u64::from(request.computed);
            plan.steady.joined.push(request.computed);
            let missing = u64::from(request.output - request.delivered);
            ends.push((decoding.completed + missing, slot));
        }
        // Those who end together do so in their order: the sort is stable.
        ends.sort_by_key(|&(end, _)| end);
        decoding.steady.extend(ends);
    }

    /// A step of the steady members is completed.
    pub(super) fn complete_steady(&mut self, outcome: &mut Outcome) {
        outcome.steady = self.decoding.steady.len() as u32;
        self.decoding.complete(1);
        while let Some(&(end, slot)) = self.decoding.steady.front()
            && end == self.decoding.completed
        {
            self.decoding.steady.pop_front();
            let request = self.requests.at_mut(slot);
            let steps = self.decoding.steps_of(request);
            request.joined = None;
            request.delivered += steps;
            request.computed += steps;
            self.decoding.context -= u64::from(request.computed);
            self.decoding.left.push(request.computed);
            self.finish(slot, outcome);
        }
    }

    /// A listed member has got a token. Members are seen in the order in which they are listed.
    pub(super) fn complete_listed(&mut self, slot: Slot, outcome: &mut Outcome) {
        let first = self.decoding.listed.pop_front();
        assert_eq!(first, Some(slot), "members are listed in order");
        let request = self.requests.at_mut(slot);
        request.computed += 1;
        request.delivered += 1;
        let has_ended = request.delivered == request.output;
        outcome.tokens.push(slot);
        if has_ended {
            self.finish(slot, outcome);
        } else {
            self.decoding.listed.push_back(slot);
        }
    }
}
