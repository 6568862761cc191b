//! Two queues, one of prompts and one of requests that decode, served in batches that nobody joins.
//!
//! Whenever nothing is in flight: if requests wait to decode, a batch of them is made and decodes
//! until all of them have ended, those who end early leaving it; else a batch of prompts is
//! computed, each as a whole. A batch is a prefix of its queue: as many as fit the memory, up to
//! `max_batch_size`. A prompt yields no token: the first comes with the first decode. A request
//! without output tokens has ended when its prompt has been computed.
//!
//! Memory is counted in bytes of one accelerator, beside the weights: the KV cache of a request
//! with room for all tokens that it may have, and activations, as if all prompts of a batch were as
//! long as its longest.
//!
//! Where the prompt was computed elsewhere, its KV cache is held from the batch on in which it
//! decodes: until then it stays where it is.
//!
//! Source: version A of `deckerd2001/inference_sim` (commit 9d1177d), where a windowed batcher
//! crashes. Not modelled: chunks, priorities, preemption, prefixes.
//!
//! A plan costs O(requests that begin, end, or decode for the first time).

mod batch;

use std::collections::VecDeque;

use tokendrome_units::SimTime;

use crate::slab::Slab;
use crate::{NewRequest, Outcome, Plan, Refusal, Scheduled, Scheduler, Slot};
use batch::Decoding;

/// Bytes of one accelerator beside the weights, and what they are used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchMemory {
    /// All that can be used.
    pub bytes: u64,
    /// KV cache of one token.
    pub kv_bytes_per_token: u64,
    /// Activations of one token of a batch.
    pub activation_bytes_per_token: u64,
}

/// When prompts that wait are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchWindow {
    /// As soon as there are so many, at least 1.
    pub min_batch_size: u32,
    /// Or once the oldest has waited so long, in nanoseconds.
    pub wait_ns: u64,
}

/// The knobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseBatchingConfig {
    /// Most requests of a batch, at least 1; none: as many as fit the memory.
    pub max_batch_size: Option<u32>,
    /// What batches of prompts wait for; none: nothing.
    pub window: Option<BatchWindow>,
    /// What a batch has to fit; none: memory is no limit.
    pub memory: Option<BatchMemory>,
}

/// One request.
#[derive(Debug, Clone)]
struct Request {
    prompt: u32,
    output: u32,
    /// Tokens that it takes room for.
    tokens: u64,
    arrival: SimTime,
    /// Tokens computed and delivered; while it is steady, as of when it joined.
    computed: u32,
    delivered: u32,
    /// Whether its KV cache is here.
    is_resident: bool,
    /// Steps of the batch that were completed when it joined the steady ones.
    joined: Option<u64>,
}

/// The scheduler of both queues.
#[derive(Debug, Clone)]
pub struct PhaseBatching {
    config: PhaseBatchingConfig,
    requests: Slab<Request>,
    prompts: VecDeque<Slot>,
    /// Prompts computed, and not in a batch that decodes.
    decodes: VecDeque<Slot>,
    decoding: Decoding,
    is_in_flight: bool,
    /// Requests whose prompt is computed or being computed, and their tokens.
    running: u32,
    /// Those whose prompts were computed elsewhere and for whom no room has been made yet.
    handed: u32,
    resident_tokens: u64,
    now: SimTime,
    /// Whether every plan lists all that it computes.
    is_one_by_one: bool,
}

impl PhaseBatching {
    /// A scheduler with empty queues.
    ///
    /// # Panics
    /// If a batch may have no request, or KV caches have no size: whoever reads configurations
    /// checks them first.
    #[must_use]
    pub fn new(config: PhaseBatchingConfig) -> Self {
        assert!(config.max_batch_size != Some(0), "an empty batch");
        assert!(config.window.is_none_or(|window| window.min_batch_size > 0), "an empty batch");
        assert!(config.memory.is_none_or(|memory| memory.kv_bytes_per_token > 0), "no KV cache");
        Self {
            config,
            requests: Slab::default(),
            prompts: VecDeque::new(),
            decodes: VecDeque::new(),
            decoding: Decoding::default(),
            is_in_flight: false,
            running: 0,
            handed: 0,
            resident_tokens: 0,
            now: SimTime::ZERO,
            is_one_by_one: false,
        }
    }

    /// The same scheduler, but every plan lists all that it computes in [`Plan::scheduled`]: the
    /// plain way, against which the fast one is tested.
    #[must_use]
    pub fn one_by_one(mut self) -> Self {
        self.is_one_by_one = true;
        self
    }

    /// Bytes of a batch of requests with so many tokens together, of whom the longest has so many
    /// to compute.
    fn bytes_of(memory: &BatchMemory, tokens: u64, requests: u64, longest: u64) -> u128 {
        u128::from(tokens) * u128::from(memory.kv_bytes_per_token)
            + u128::from(requests)
                * u128::from(longest)
                * u128::from(memory.activation_bytes_per_token)
    }

    /// How many of the head of a queue make a batch.
    fn prefix(&self, queue: &VecDeque<Slot>, are_prompts: bool) -> usize {
        let most = self.config.max_batch_size.map_or(usize::MAX, |most| most as usize);
        let Some(memory) = &self.config.memory else { return queue.len().min(most) };
        let (mut tokens, mut longest) = (self.resident_tokens, 1);
        let mut count = 0;
        for &slot in queue.iter().take(most) {
            let request = self.requests.at(slot);
            tokens += if request.is_resident { 0 } else { request.tokens };
            longest = longest.max(if are_prompts { u64::from(request.prompt) } else { 1 });
            let needed = Self::bytes_of(memory, tokens, count as u64 + 1, longest);
            if needed > u128::from(memory.bytes) {
                break;
            }
            count += 1;
        }
        count
    }

    /// When the prompts that wait are computed if nobody comes; none if none waits.
    fn due(&self) -> Option<SimTime> {
        let &oldest = self.prompts.front()?;
        match self.config.window {
            Some(window) if self.prompts.len() < window.min_batch_size as usize => {
                let arrival = self.requests.at(oldest).arrival;
                arrival.as_nanos().checked_add(window.wait_ns).map(SimTime::from_nanos)
            }
            _ => Some(self.now),
        }
    }

    fn plan_prompts(&mut self, plan: &mut Plan) {
        if self.due().is_none_or(|due| due > self.now) {
            return;
        }
        for _ in 0..self.prefix(&self.prompts, true) {
            let Some(slot) = self.prompts.pop_front() else { break };
            self.settle(slot);
            let request = self.requests.at(slot);
            plan.tokens += u64::from(request.prompt);
            plan.scheduled.push(Scheduled {
                slot,
                tokens: request.prompt,
                context: 0,
                samples: false,
                decodes: false,
                admitted: true,
            });
        }
    }

    /// The KV cache of a request is here from now on.
    fn settle(&mut self, slot: Slot) {
        let request = self.requests.at_mut(slot);
        if !request.is_resident {
            request.is_resident = true;
            self.resident_tokens += request.tokens;
            self.running += 1;
        }
    }

    fn end_prompt(&mut self, slot: Slot, outcome: &mut Outcome) {
        let request = self.requests.at_mut(slot);
        request.computed = request.prompt;
        outcome.prefilled.push(slot);
        if request.output == 0 {
            self.finish(slot, outcome);
        } else {
            self.decodes.push_back(slot);
        }
    }

    fn finish(&mut self, slot: Slot, outcome: &mut Outcome) {
        outcome.finished.push(slot);
        self.running -= 1;
        self.resident_tokens -= self.requests.at(slot).tokens;
        self.requests.free(slot);
    }
}

impl Scheduler for PhaseBatching {
    /// Takes a request to the end of the queue of prompts, or of those who wait to decode if its
    /// prompt was computed elsewhere. Refused is one that does not fit the memory alone.
    fn add(&mut self, request: &NewRequest<'_>) -> Result<Slot, Refusal> {
        assert!(request.prompt_tokens > 0, "a request without a prompt: {request:?}");
        let new = Request {
            prompt: request.prompt_tokens,
            output: request.output_tokens.min(request.max_tokens),
            tokens: u64::from(request.prompt_tokens) + u64::from(request.reserved_tokens),
            arrival: request.arrival,
            computed: 0,
            delivered: 0,
            is_resident: false,
            joined: None,
        };
        let is_computed = request.computed_tokens >= request.prompt_tokens;
        if let Some(memory) = &self.config.memory {
            let longest = if is_computed { 1 } else { u64::from(new.prompt) };
            let needed = Self::bytes_of(memory, new.tokens, 1, longest);
            if needed > u128::from(memory.bytes) {
                let needed = u64::try_from(needed).unwrap_or(u64::MAX);
                return Err(Refusal::MemoryTooSmall { needed, bytes: memory.bytes });
            }
        }
        let slot = self.requests.add(new);
        if is_computed {
            let request = self.requests.at_mut(slot);
            assert!(request.output > 0, "nothing is left to be done");
            request.computed = request.prompt;
            self.handed += 1;
            self.decodes.push_back(slot);
        } else {
            self.prompts.push_back(slot);
        }
        Ok(slot)
    }

    fn tell_time(&mut self, now: SimTime) {
        self.now = now;
    }

    fn wakes_at(&self) -> Option<SimTime> {
        if self.is_in_flight { None } else { self.due() }
    }

    fn plan(&mut self, plan: &mut Plan) {
        debug_assert!(plan.is_empty(), "the plan comes in clear");
        if self.is_in_flight {
            return;
        }
        if self.decoding.is_empty() {
            let members: Vec<Slot> =
                self.decodes.drain(..self.prefix(&self.decodes, false)).collect();
            let handed = |slot: &&Slot| !self.requests.at(**slot).is_resident;
            self.handed -= members.iter().filter(handed).count() as u32;
            members.iter().for_each(|&slot| self.settle(slot));
            self.decoding.begin(members);
        }
        if self.decoding.is_empty() {
            self.plan_prompts(plan);
        } else {
            self.plan_decodes(plan);
        }
        self.is_in_flight = !plan.is_empty();
    }

    fn complete(&mut self, plan: &Plan, outcome: &mut Outcome) {
        if plan.is_empty() {
            return;
        }
        self.is_in_flight = false;
        if plan.steady.decodes > 0 {
            self.complete_steady(outcome);
        }
        for part in &plan.scheduled {
            match part.decodes {
                true => self.complete_listed(part.slot, outcome),
                false => self.end_prompt(part.slot, outcome),
            }
        }
    }

    fn repeats(&mut self) -> u64 {
        if self.is_in_flight { self.decoding.repeats() } else { 0 }
    }

    fn repeat(&mut self) -> u64 {
        self.repeat_many(1, &mut |_, _| {});
        self.kv_blocks().0
    }

    fn repeat_many(&mut self, count: u64, in_use: &mut dyn FnMut(u64, u64)) {
        assert!(count <= self.decoding.repeats(), "somebody ends before");
        self.decoding.complete(count);
        in_use(self.kv_blocks().0, count);
    }

    fn delivered(&self, slot: Slot) -> u32 {
        let request = self.requests.at(slot);
        request.delivered + self.decoding.steps_of(request)
    }

    fn waiting(&self) -> u32 {
        self.prompts.len() as u32 + self.handed
    }

    fn running(&self) -> u32 {
        self.running
    }

    fn has_place(&self, coming: u32) -> bool {
        let live = self.running() + self.waiting();
        let live = u64::from(live) + u64::from(coming);
        self.config.max_batch_size.is_none_or(|most| live < u64::from(most))
    }

    /// A block is one token. Held is room for all tokens of those whose prompt is computed.
    fn kv_blocks(&self) -> (u64, u64) {
        match &self.config.memory {
            Some(memory) => (self.resident_tokens, self.kv_tokens_of(memory)),
            None => (0, 0),
        }
    }

    fn kv_tokens(&self) -> u64 {
        self.config.memory.as_ref().map_or(0, |memory| self.kv_tokens_of(memory))
    }

    fn fork(&self) -> Box<dyn Scheduler> {
        Box::new(self.clone())
    }

    fn blockage(&self) -> String {
        format!(
            "{} prompts and {} decodes wait, beside {} tokens in memory",
            self.prompts.len(),
            self.decodes.len(),
            self.resident_tokens
        )
    }
}

impl PhaseBatching {
    fn kv_tokens_of(&self, memory: &BatchMemory) -> u64 {
        memory.bytes / memory.kv_bytes_per_token
    }
}

#[cfg(test)]
mod tests;
