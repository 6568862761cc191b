//! Batching over a fixed number of slots, without a KV cache.
//!
//! A batch has `max_batch_size` slots, each of which holds one request from its admission to its
//! end; a slot that has become free can be filled in the plan that follows at the same moment.
//! Every plan computes all requests in slots: a chunk of a prompt, or one token. When requests are
//! admitted is the [`Admission`]; the queue is first come, first served, and takes everybody.
//!
//! A prompt is computed in `total_prefill_chunks` plans, or in as many as it has tokens, in parts
//! as equal as whole tokens allow. The last of them yields the first token.
//!
//! Source: the batchers of `Muhtasham/llm-inference-simulator` (commit e27af12), on which batching
//! is static, in-flight, or in-flight with one prefill. Not modelled: memory, budgets of tokens,
//! priorities. One plan is in flight at a time: as long as there is one, further plans are empty.
//!
//! A plan costs O(slots); one in which all slots go on decoding as in the plan before costs O(1)
//! ([`calm`]).

mod calm;

use std::collections::VecDeque;

use crate::requests::Request;
use crate::slab::Slab;
use crate::{NewRequest, Outcome, Plan, Refusal, Scheduler, Slot};
use calm::Calm;

/// When requests are admitted to free slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Only when all slots are free, then to all of them: a batch runs until its last request has
    /// ended.
    Static,
    /// To every free slot at once.
    InFlight,
    /// One at a time, and only if no request in a slot is in prefill.
    InFlightOnePrefill,
}

/// The knobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotsConfig {
    /// When requests are admitted.
    pub admission: Admission,
    /// Slots, at least 1.
    pub max_batch_size: u32,
    /// Plans in which a prompt is computed, at least 1; fewer for a prompt of fewer tokens.
    pub total_prefill_chunks: u32,
}

/// The scheduler of one replica.
#[derive(Debug, Clone)]
pub struct Slots {
    config: SlotsConfig,
    requests: Slab<Request>,
    waiting: VecDeque<Slot>,
    /// Requests in slots, in the order of their admission.
    running: Vec<Slot>,
    in_flight: bool,
    /// Whether every plan lists all that it computes.
    is_one_by_one: bool,
    calm: Calm,
}

impl Slots {
    /// A scheduler with free slots and an empty queue.
    ///
    /// # Panics
    /// Without slots, or if prompts are computed in no plan: whoever reads configurations checks
    /// them first.
    #[must_use]
    pub fn new(config: SlotsConfig) -> Self {
        assert!(config.max_batch_size > 0, "a batch without slots");
        assert!(config.total_prefill_chunks > 0, "prompts in no chunks");
        Self {
            config,
            requests: Slab::default(),
            waiting: VecDeque::new(),
            running: Vec::new(),
            in_flight: false,
            is_one_by_one: false,
            calm: Calm::default(),
        }
    }

    /// The same scheduler, but every plan lists all that it computes in [`Plan::scheduled`]: the
    /// plain way, against which the fast one is tested.
    #[must_use]
    pub fn one_by_one(mut self) -> Self {
        self.is_one_by_one = true;
        self
    }

    /// How many requests the next plan admits.
    fn admissible(&self) -> usize {
        let running = self.running.len();
        let free = self.config.max_batch_size as usize - running;
        let most = match self.config.admission {
            Admission::Static => usize::from(running == 0) * free,
            Admission::InFlight => free,
            Admission::InFlightOnePrefill => {
                let in_prefill = |slot: &Slot| self.requests.at(*slot).is_in_prefill();
                let is_busy = !self.calm.is_on() && self.running.iter().any(in_prefill);
                usize::from(!is_busy).min(free)
            }
        };
        most.min(self.waiting.len())
    }

    /// Takes those that have all their tokens out of their slots.
    fn retire(&mut self, outcome: &mut Outcome) {
        let Self { requests, running, .. } = self;
        running.retain(|&slot| {
            let has_ended = requests.at(slot).has_ended();
            if has_ended {
                outcome.finished.push(slot);
                requests.free(slot);
            }
            !has_ended
        });
    }
}

impl Scheduler for Slots {
    fn add(&mut self, request: &NewRequest<'_>) -> Result<Slot, Refusal> {
        let slot = self.requests.add(Request::new(request, self.config.total_prefill_chunks));
        self.waiting.push_back(slot);
        Ok(slot)
    }

    fn plan(&mut self, plan: &mut Plan) {
        debug_assert!(plan.is_empty(), "the plan comes in clear");
        if self.in_flight {
            // A host that plans ahead counts empty plans too: no contexts grow with them.
            assert!(!self.calm.is_on(), "a host plans ahead from the start, or never");
            self.is_one_by_one = true;
            return;
        }
        let admitted = self.admissible();
        let before = self.running.len();
        self.look_for_calm(admitted);
        self.running.extend(self.waiting.drain(..admitted));
        if self.calm.is_on() {
            self.calm.plan(before as u32, plan);
        } else {
            let parts = self.running.iter().enumerate();
            plan.scheduled
                .extend(parts.map(|(i, &slot)| self.requests.at(slot).part(slot, i >= before)));
            plan.tokens = plan.scheduled.iter().map(|part| u64::from(part.tokens)).sum();
        }
        self.calm.report_changes(plan);
        self.in_flight = !plan.is_empty();
    }

    fn complete(&mut self, plan: &Plan, outcome: &mut Outcome) {
        if plan.is_empty() {
            return;
        }
        self.in_flight = false;
        if self.calm.is_on() {
            outcome.steady = plan.steady.decodes;
            if self.calm.complete() {
                self.end_calm();
                self.retire(outcome);
            }
            return;
        }
        for part in &plan.scheduled {
            self.requests.at_mut(part.slot).advance(part);
            if part.samples {
                outcome.tokens.push(part.slot);
            }
        }
        self.retire(outcome);
    }

    fn repeats(&mut self) -> u64 {
        if self.in_flight { self.calm.repeats() } else { 0 }
    }

    fn repeat(&mut self) -> u64 {
        self.repeat_many(1, &mut |_, _| {});
        0
    }

    fn repeat_many(&mut self, count: u64, in_use: &mut dyn FnMut(u64, u64)) {
        self.calm.repeat(self.running.len() as u64, count);
        in_use(0, count);
    }

    fn delivered(&self, slot: Slot) -> u32 {
        let request = self.requests.at(slot);
        // Whoever has a token and lacks one is in a slot.
        let is_decoding = request.delivered > 0 && !request.has_ended();
        request.delivered + if is_decoding { self.calm.completed() } else { 0 }
    }

    fn waiting(&self) -> u32 {
        self.waiting.len() as u32
    }

    fn running(&self) -> u32 {
        self.running.len() as u32
    }

    fn has_place(&self, coming: u32) -> bool {
        let (waiting, running) = (self.waiting.len(), self.running.len());
        let closed = self.config.admission == Admission::Static && running > 0;
        !closed && waiting + running + (coming as usize) < self.config.max_batch_size as usize
    }

    fn fork(&self) -> Box<dyn Scheduler> {
        Box::new(self.clone())
    }

    fn blockage(&self) -> String {
        format!(
            "{} requests wait for {} slots, of which {} are taken",
            self.waiting.len(),
            self.config.max_batch_size,
            self.running.len(),
        )
    }
}

#[cfg(test)]
mod tests;
