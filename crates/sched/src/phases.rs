//! Two queues, one of prompts and one of requests that decode, served in a fixed order of the
//! phases, without a KV cache.
//!
//! A request waits in the first queue until its prompt has been computed, whole or in chunks, and
//! then goes to the end of the second, from which it decodes one token a plan. Its prompt yields no
//! token: the first comes with its first decode. A request without output tokens has ended when its
//! prompt has been computed. What a plan takes from the queues is the [`PhaseOrder`]; in every
//! order at most `max_sequences` requests and `max_tokens` tokens, both queues from the front. Who
//! is in a plan is in no queue meanwhile; when it ends, those who go on return to the front of
//! their queues in the order of the plan. Several executors take plans from the same queues.
//!
//! Source: the batchers of `kh842-sudo/ORIE5580_FinalProject` (commit 00789cf). Where a chunk that
//! was cut short by the budget counts there as computed in full, so that its request never ends,
//! here the rest is computed later. What could never be served is refused: see [`Phases::add`].
//! Not modelled: memory, priorities.
//!
//! With one executor, a plan costs O(requests that change their phase, begin or end) and O(log n)
//! for each of them ([`steady`]); with several, O(requests in the plan).

mod prefill;
mod progress;
mod steady;

use std::collections::VecDeque;

use crate::slab::Slab;
use crate::{NewRequest, Outcome, Plan, Refusal, Scheduled, Scheduler, Slot};
use progress::Progress;
use steady::Steady;

/// Which queue a plan is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseOrder {
    /// From the decodes, and only if there is none from the prompts. A prompt or chunk that does
    /// not fit the rest of the budget as a whole ends the plan.
    DecodeFirst,
    /// From the prompts, and only if there is none from the decodes. The last prompt or chunk of a
    /// plan may be cut to the rest of the budget.
    PrefillFirst,
    /// From both: so many places are for decodes, which come first, the others for prompts. Places
    /// that one phase does not use stay empty.
    Both {
        /// Places for decodes, at least 1 and fewer than all.
        decode_places: u32,
    },
}

/// The knobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhasesConfig {
    /// Which queue a plan is made from.
    pub order: PhaseOrder,
    /// Most requests of a plan, at least 1.
    pub max_sequences: u32,
    /// Most tokens of a plan, at least 1.
    pub max_tokens: u32,
    /// Most tokens of one prompt in a plan, at least 1; none: prompts are not chunked.
    pub prefill_chunk_size: Option<u32>,
    /// Plans that may be in flight at once, at least 1.
    pub executors: u32,
}

/// The scheduler of both queues.
#[derive(Debug, Clone)]
pub struct Phases {
    config: PhasesConfig,
    requests: Slab<Progress>,
    prompts: VecDeque<Slot>,
    /// Those who decode and are in no plan, nor steady or about to be.
    decodes: VecDeque<Slot>,
    steady: Steady,
    in_flight: u32,
    /// Whether the plan made last lists nobody: it computes the steady requests alone.
    lists_nobody: bool,
    /// Requests that have not ended, and those of them that were in a plan.
    live: u32,
    begun: u32,
    /// Whether every plan lists all that it computes.
    is_one_by_one: bool,
    /// Scratch: those who go back to their queues.
    returning: Vec<Slot>,
}

impl Phases {
    /// A scheduler with empty queues.
    ///
    /// # Panics
    /// If a limit is 0, or one phase has no places: whoever reads configurations checks them first.
    #[must_use]
    pub fn new(config: PhasesConfig) -> Self {
        assert!(config.max_sequences > 0 && config.max_tokens > 0, "an empty batch");
        assert!(config.prefill_chunk_size != Some(0), "empty chunks");
        assert!(config.executors > 0, "nobody computes");
        if let PhaseOrder::Both { decode_places } = config.order {
            let has_both = decode_places > 0 && decode_places < config.max_sequences;
            assert!(has_both, "a phase without places");
        }
        Self {
            is_one_by_one: config.executors > 1,
            config,
            requests: Slab::default(),
            prompts: VecDeque::new(),
            decodes: VecDeque::new(),
            steady: Steady::default(),
            in_flight: 0,
            lists_nobody: true,
            live: 0,
            begun: 0,
            returning: Vec::new(),
        }
    }

    /// The same scheduler, but every plan lists all that it computes in [`Plan::scheduled`]: the
    /// plain way, against which the fast one is tested.
    #[must_use]
    pub fn one_by_one(mut self) -> Self {
        self.is_one_by_one = true;
        self
    }

    /// Most decodes of a plan.
    fn decodes_max(&self) -> u32 {
        let places = match self.config.order {
            PhaseOrder::DecodeFirst | PhaseOrder::PrefillFirst => self.config.max_sequences,
            PhaseOrder::Both { decode_places } => decode_places,
        };
        places.min(self.config.max_tokens)
    }

    fn has_decodes(&self) -> bool {
        !self.decodes.is_empty() || self.steady.has_any()
    }

    /// Whether the plan that follows one of decodes would compute a prompt, if any waits.
    fn is_open_to_prompts(&self, decodes: u32) -> bool {
        match self.config.order {
            PhaseOrder::DecodeFirst => false,
            PhaseOrder::PrefillFirst => true,
            PhaseOrder::Both { .. } => decodes < self.config.max_tokens,
        }
    }

    /// Decodes of the queue's front, up to the most of a plan.
    fn take_decodes(&mut self, plan: &mut Plan) {
        if !self.is_one_by_one {
            self.plan_steady(plan);
        }
        let most = self.decodes_max() as usize;
        let taken = self.decodes.len().min(most - plan.steady.decodes as usize);
        for slot in self.decodes.drain(..taken) {
            let context = self.requests.at(slot).computed;
            plan.scheduled.push(Scheduled {
                slot,
                tokens: 1,
                context,
                samples: true,
                decodes: true,
                admitted: false,
            });
        }
        plan.tokens += taken as u64;
    }

    /// A listed part of a plan was computed.
    fn end_part(&mut self, part: &Scheduled, outcome: &mut Outcome) {
        let request = self.requests.at_mut(part.slot);
        request.computed += part.tokens;
        request.delivered += u32::from(part.decodes);
        if part.decodes {
            outcome.tokens.push(part.slot);
        }
        if !part.decodes && !request.is_in_prefill() {
            outcome.prefilled.push(part.slot);
        }
        let (has_ended, is_in_prefill) = (request.has_ended(), request.is_in_prefill());
        match part.decodes {
            _ if has_ended => self.finish(part.slot, outcome),
            true if !self.is_one_by_one => self.steady.will_join(part.slot),
            false if !is_in_prefill => self.decodes.push_back(part.slot),
            true | false => self.returning.push(part.slot),
        }
    }

    fn finish(&mut self, slot: Slot, outcome: &mut Outcome) {
        outcome.finished.push(slot);
        self.requests.free(slot);
        self.live -= 1;
        self.begun -= 1;
    }
}

impl Scheduler for Phases {
    /// Takes a request to the end of the first queue. Refused is a prompt of more tokens than a
    /// plan may have, if prompts are neither chunked nor cut.
    fn add(&mut self, request: &NewRequest<'_>) -> Result<Slot, Refusal> {
        let PhasesConfig { order, max_tokens, prefill_chunk_size, .. } = self.config;
        let is_split = prefill_chunk_size.is_some() || order != PhaseOrder::DecodeFirst;
        if !is_split && request.prompt_tokens > max_tokens {
            let prompt_tokens = request.prompt_tokens;
            return Err(Refusal::PromptOverBudget { prompt_tokens, budget: max_tokens });
        }
        let progress = Progress::new(request);
        let is_in_prefill = progress.is_in_prefill();
        assert!(is_in_prefill || progress.output > 0, "nothing is left to be done: {request:?}");
        let slot = self.requests.add(progress);
        self.live += 1;
        if is_in_prefill {
            self.prompts.push_back(slot);
        } else {
            // Computed elsewhere: it decodes from the start.
            self.requests.at_mut(slot).has_begun = true;
            self.begun += 1;
            self.decodes.push_back(slot);
        }
        Ok(slot)
    }

    fn plan(&mut self, plan: &mut Plan) {
        debug_assert!(plan.is_empty(), "the plan comes in clear");
        if self.in_flight == self.config.executors {
            return;
        }
        match self.config.order {
            PhaseOrder::DecodeFirst if self.has_decodes() => self.take_decodes(plan),
            PhaseOrder::PrefillFirst if self.prompts.is_empty() => self.take_decodes(plan),
            PhaseOrder::DecodeFirst | PhaseOrder::PrefillFirst => {
                self.take_prompts(self.config.max_sequences, plan);
            }
            PhaseOrder::Both { decode_places } => {
                self.take_decodes(plan);
                self.take_prompts(self.config.max_sequences - decode_places, plan);
            }
        }
        self.lists_nobody = plan.scheduled.is_empty();
        self.in_flight += u32::from(!plan.is_empty());
    }

    fn complete(&mut self, plan: &Plan, outcome: &mut Outcome) {
        if plan.is_empty() {
            return;
        }
        self.in_flight -= 1;
        if plan.steady.decodes > 0 {
            self.complete_steady(outcome);
        }
        for part in &plan.scheduled {
            self.end_part(part, outcome);
        }
        while let Some(slot) = self.returning.pop() {
            match self.requests.at(slot).is_in_prefill() {
                true => self.prompts.push_front(slot),
                false => self.decodes.push_front(slot),
            }
        }
    }

    fn repeats(&mut self) -> u64 {
        self.count_repeats()
    }

    fn repeat(&mut self) -> u64 {
        self.repeat_many(1, &mut |_, _| {});
        0
    }

    fn repeat_many(&mut self, count: u64, in_use: &mut dyn FnMut(u64, u64)) {
        assert!(count <= self.count_repeats(), "somebody begins or ends before");
        self.steady.complete(count);
        in_use(0, count);
    }

    fn delivered(&self, slot: Slot) -> u32 {
        let request = self.requests.at(slot);
        request.delivered + self.steady.delivered_to(request)
    }

    fn waiting(&self) -> u32 {
        self.live - self.begun
    }

    fn running(&self) -> u32 {
        self.begun
    }

    fn has_place(&self, coming: u32) -> bool {
        let places = u64::from(self.config.max_sequences) * u64::from(self.config.executors);
        u64::from(self.live) + u64::from(coming) < places
    }

    fn token_budget(&self) -> Option<u64> {
        Some(u64::from(self.config.max_tokens))
    }

    fn fork(&self) -> Box<dyn Scheduler> {
        Box::new(self.clone())
    }

    fn blockage(&self) -> String {
        format!(
            "{} prompts and {} decodes wait for {} executors, {} of which work",
            self.prompts.len(),
            self.decodes.len(),
            self.config.executors,
            self.in_flight,
        )
    }
}

#[cfg(test)]
mod tests;
