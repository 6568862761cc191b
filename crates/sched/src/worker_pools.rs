//! Prefill and decode on separate workers, in lockstep, without a KV cache.
//!
//! There are `prefill_workers` and `decode_workers`, each of which holds one request. A request
//! waits in a queue for a prefill worker, which computes its prompt in `total_prefill_chunks` plans
//! (or in as many as it has tokens) and yields the first token. Then it waits in a second queue for
//! a decode worker, which yields the others, one in every plan. Both queues are first come, first
//! served; of requests whose prefill ends with the same plan, the one whose prefill began first
//! goes first. One plan covers all workers: when the prefill of a request ends, it can begin to
//! decode with the plan that follows at the same moment.
//!
//! A request with one output token has all it wants when its prefill ends. As in the original, the
//! workers hand it over before that is noticed: it waits for a decode worker like any other, and
//! occupies it for one plan, whose token is dropped. It counts neither as waiting nor as running
//! meanwhile.
//!
//! Source: the disaggregated engine of `Muhtasham/llm-inference-simulator` (commit e27af12). Not
//! modelled: the transfer of the KV cache between the pools, memory. One plan is in flight at a
//! time: as long as there is one, further plans are empty. A plan costs O(workers).

use std::collections::VecDeque;

use crate::requests::Request;
use crate::slab::Slab;
use crate::{NewRequest, Outcome, Plan, Refusal, Scheduled, Scheduler, Slot};

/// The knobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerPoolsConfig {
    /// Workers that compute prompts, at least 1.
    pub prefill_workers: u32,
    /// Workers that decode, at least 1.
    pub decode_workers: u32,
    /// Plans in which a prompt is computed, at least 1; fewer for a prompt of fewer tokens.
    pub total_prefill_chunks: u32,
}

/// The scheduler of both pools.
#[derive(Debug, Clone)]
pub struct WorkerPools {
    config: WorkerPoolsConfig,
    requests: Slab<Request>,
    /// Those whose prefill has not begun, and those that are in it.
    waiting: VecDeque<Slot>,
    prefilling: Vec<Slot>,
    /// Those whose prefill has ended and who have no decode worker yet, and those who have.
    handed_over: VecDeque<Slot>,
    decoding: Vec<Slot>,
    /// How many of the last two have all their tokens.
    ended_handed_over: u32,
    ended_decoding: u32,
    in_flight: bool,
}

impl WorkerPools {
    /// A scheduler with idle workers and empty queues.
    ///
    /// # Panics
    /// If there is a pool without workers, or if prompts are computed in no plan: whoever reads
    /// configurations checks them first.
    #[must_use]
    pub fn new(config: WorkerPoolsConfig) -> Self {
        assert!(config.prefill_workers > 0 && config.decode_workers > 0, "a pool without workers");
        assert!(config.total_prefill_chunks > 0, "prompts in no chunks");
        Self {
            config,
            requests: Slab::default(),
            waiting: VecDeque::new(),
            prefilling: Vec::new(),
            handed_over: VecDeque::new(),
            decoding: Vec::new(),
            ended_handed_over: 0,
            ended_decoding: 0,
            in_flight: false,
        }
    }

    /// Gives idle prefill workers what waits.
    fn fill_prefill(&mut self, plan: &mut Plan) {
        let before = self.prefilling.len();
        let free = self.config.prefill_workers as usize - before;
        let taken = free.min(self.waiting.len());
        self.prefilling.extend(self.waiting.drain(..taken));
        let parts = self.prefilling.iter().enumerate();
        plan.scheduled
            .extend(parts.map(|(i, &slot)| self.requests.at(slot).part(slot, i >= before)));
    }

    /// Gives idle decode workers what was handed over.
    fn fill_decode(&mut self, plan: &mut Plan) {
        let free = self.config.decode_workers as usize - self.decoding.len();
        for slot in self.handed_over.drain(..free.min(self.handed_over.len())) {
            if self.requests.at(slot).has_ended() {
                self.ended_handed_over -= 1;
                self.ended_decoding += 1;
            } else {
                plan.moved.push(slot);
            }
            self.decoding.push(slot);
        }
        let parts = self.decoding.iter();
        plan.scheduled.extend(parts.map(|&slot| self.requests.at(slot).part(slot, false)));
    }

    /// A prefill worker has computed a part of a prompt.
    fn end_prefill(&mut self, part: &Scheduled, outcome: &mut Outcome) {
        let request = self.requests.at_mut(part.slot);
        request.advance(part);
        if !part.samples {
            return;
        }
        outcome.tokens.push(part.slot);
        if request.has_ended() {
            outcome.finished.push(part.slot);
            self.ended_handed_over += 1;
        }
        self.handed_over.push_back(part.slot);
    }

    /// A decode worker has computed a token.
    fn end_decode(&mut self, part: &Scheduled, outcome: &mut Outcome) {
        let request = self.requests.at_mut(part.slot);
        if request.has_ended() {
            outcome.dropped.push(part.slot);
            self.ended_decoding -= 1;
            self.requests.free(part.slot);
            return;
        }
        request.advance(part);
        outcome.tokens.push(part.slot);
        if request.has_ended() {
            outcome.finished.push(part.slot);
            self.requests.free(part.slot);
        }
    }
}

impl Scheduler for WorkerPools {
    fn add(&mut self, request: &NewRequest<'_>) -> Result<Slot, Refusal> {
        let slot = self.requests.add(Request::new(request, self.config.total_prefill_chunks));
        self.waiting.push_back(slot);
        Ok(slot)
    }

    fn plan(&mut self, plan: &mut Plan) {
        debug_assert!(plan.is_empty(), "the plan comes in clear");
        if self.in_flight {
            return;
        }
        self.fill_prefill(plan);
        self.fill_decode(plan);
        plan.tokens = plan.scheduled.iter().map(|part| u64::from(part.tokens)).sum();
        self.in_flight = !plan.is_empty();
    }

    fn complete(&mut self, plan: &Plan, outcome: &mut Outcome) {
        if plan.is_empty() {
            return;
        }
        self.in_flight = false;
        // Those who hold a worker are those whom the plan lists.
        for part in &plan.scheduled {
            match part.decodes {
                true => self.end_decode(part, outcome),
                false => self.end_prefill(part, outcome),
            }
        }
        let requests = &self.requests;
        self.prefilling.retain(|&slot| requests.at(slot).is_in_prefill());
        self.decoding.retain(|&slot| !requests.at(slot).has_ended());
    }

    fn delivered(&self, slot: Slot) -> u32 {
        self.requests.at(slot).delivered
    }

    fn waiting(&self) -> u32 {
        (self.waiting.len() + self.handed_over.len()) as u32 - self.ended_handed_over
    }

    fn running(&self) -> u32 {
        (self.prefilling.len() + self.decoding.len()) as u32 - self.ended_decoding
    }

    fn has_place(&self, coming: u32) -> bool {
        let taken = self.prefilling.len() + self.waiting.len() + coming as usize;
        taken < self.config.prefill_workers as usize
    }

    fn fork(&self) -> Box<dyn Scheduler> {
        Box::new(self.clone())
    }

    fn blockage(&self) -> String {
        format!(
            "{} requests wait for {} prefill workers, of which {} are taken, and {} for {} decode \
             workers, of which {} are taken",
            self.waiting.len(),
            self.config.prefill_workers,
            self.prefilling.len(),
            self.handed_over.len(),
            self.config.decode_workers,
            self.decoding.len(),
        )
    }
}

#[cfg(test)]
mod tests;
