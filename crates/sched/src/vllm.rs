//! The V1 scheduler of vLLM.
//!
//! One plan is made in two passes. First the running requests, in the order of their admission,
//! each get the tokens they lack, up to the budget; one that finds no free KV blocks preempts
//! others, or itself. Then, if nothing was preempted, waiting requests are admitted from the head
//! of the queue while budget, places and blocks last; the first that does not fit ends the
//! admission.
//! Prompt tokens, recomputed tokens and decode steps are all the same to it: tokens of a sequence
//! that have not been computed.
//!
//! A request's tokens count as computed from the moment they are scheduled. With synchronous
//! scheduling and several plans in flight (pipeline stages) a request is therefore found to lack
//! nothing until its token comes. With asynchronous scheduling the next plan is made before the
//! tokens of the last are known: each of them has a placeholder, so that its request decodes on.
//! The end by `max_tokens` or `max_model_len` is foreseen; the end of the sequence by itself is
//! not, and costs a token that is computed and dropped.
//!
//! Source: the code of vLLM 0.33.0 (`vllm/v1/core/sched`), whose recorded decisions these are.
//! Not modelled: speculative decoding, `LoRA`, structured output, KV connectors, encoder inputs,
//! sliding-window and hybrid KV groups, aborts.
//!
//! Cost of a plan: O(requests that are not in steady decode): those that arrive, are admitted, have
//! a part of their prompt computed, join or leave the steady ones. A plan for which KV blocks or
//! budget may not suffice looks at all running requests ([`steady`]).

mod admit;
mod config;
mod deliver;
mod queue;
mod run;
mod running;
mod sequence;
mod steady;

use tokendrome_kv::{BlockPool, Hits};

use crate::{NewRequest, Outcome, Plan, Refusal, Scheduler, Slot};
pub use config::{Policy, VllmConfig};
use queue::Queue;
use running::Running;
use sequence::{Sequence, State};
use steady::Steady;

/// The scheduler of one replica.
#[derive(Debug, Clone)]
pub struct Vllm {
    config: VllmConfig,
    /// Blocks that admission leaves free while anything runs.
    watermark_blocks: u32,
    pool: BlockPool,
    sequences: Vec<Sequence>,
    free_slots: Vec<Slot>,
    waiting: Queue,
    running: Running,
    /// The running requests that every plan looks at, in order: all but the steady ones.
    one_by_one: Vec<Slot>,
    /// Whether those are all of them.
    is_one_by_one: bool,
    steady: Steady,
    /// KV blocks that the running requests will need in the end, where nobody is to be preempted.
    promised: u32,
    /// Plans that computed anything: made, and completed.
    planned: u64,
    completed: u64,
    /// Scratch of a completion.
    orphans: Vec<Slot>,
    pacing: Pacing,
    /// Requests so far.
    serial: u64,
    /// Hits of the head of the queue, as [`Vllm::look_up`] found them last.
    hits: Hits,
    looked_up: Option<LookUp>,
}

/// What a search for hits was about, and how many of the blocks found are free.
#[derive(Debug, Clone, Copy)]
struct LookUp {
    serial: u64,
    tokens: u32,
    version: u64,
    idle: u32,
}

/// State of `prefill_schedule_interval`.
#[derive(Debug, Clone)]
struct Pacing {
    /// Plans so far that computed anything.
    executed: i64,
    /// Value of `executed` after the last plan with prefill.
    last_prefill: i64,
    /// Whether the last admission ended with requests left in the queue.
    capacity_bound: bool,
}

impl Vllm {
    /// A scheduler with an empty queue.
    ///
    /// # Panics
    /// If a knob makes no sense (zero budget, places, block size or blocks): whoever reads
    /// configurations checks them first.
    #[must_use]
    pub fn new(config: VllmConfig) -> Self {
        assert!(config.budget() > 0 && config.places() > 0, "no budget or no places");
        assert!(config.num_gpu_blocks > 0, "even the null block is missing");
        assert!(config.prefill_schedule_interval > 0, "the prefill interval starts at 1");
        assert!(config.max_model_len > 1, "no sequence fits a length of {}", config.max_model_len);
        Self {
            watermark_blocks: (config.watermark * f64::from(config.num_gpu_blocks)) as u32,
            pool: match config.enable_prefix_caching {
                true => BlockPool::caching(config.num_gpu_blocks - 1, config.block_size),
                false => BlockPool::counting(config.num_gpu_blocks - 1, config.block_size),
            },
            sequences: Vec::new(),
            free_slots: Vec::new(),
            waiting: Queue::new(config.policy),
            running: Running::new(),
            one_by_one: Vec::new(),
            is_one_by_one: false,
            steady: Steady::new(config.block_size),
            promised: 0,
            planned: 0,
            completed: 0,
            orphans: Vec::new(),
            pacing: Pacing {
                executed: 0,
                last_prefill: -i64::from(config.prefill_schedule_interval),
                capacity_bound: false,
            },
            serial: 0,
            hits: Hits::default(),
            looked_up: None,
            config,
        }
    }

    /// The same scheduler, but every plan lists all that it computes in [`Plan::scheduled`], and
    /// costs O(running requests): the plain way, against which the fast one is tested.
    #[must_use]
    pub fn one_by_one(mut self) -> Self {
        self.is_one_by_one = true;
        self
    }

    /// [`Vllm::new`], for those who ask for [`Vllm::block_ids`]: it goes [`Vllm::one_by_one`].
    ///
    /// # Panics
    /// As [`Vllm::new`].
    #[must_use]
    pub fn with_block_ids(config: VllmConfig) -> Self {
        let mut scheduler = Self::new(config).one_by_one();
        let (total, config) = (scheduler.pool.total(), &scheduler.config);
        scheduler.pool = BlockPool::listing(total, config.block_size, config.enable_prefix_caching);
        scheduler
    }

    /// Numbers of the KV blocks that a request holds, in the order of its tokens; empty where
    /// blocks are only counted: see [`Vllm::with_block_ids`].
    #[must_use]
    pub fn block_ids(&self, slot: Slot) -> &[u32] {
        self.sequences[slot.index()].table.blocks()
    }

    /// The threshold of this step: most tokens that one request may get, if there is a limit.
    fn threshold(&self) -> Option<u32> {
        let config = &self.config;
        let live = self.running.len() as usize + self.waiting.len();
        let mut threshold = config.long_prefill_token_threshold;
        if threshold == 0 || live <= 1 {
            return None;
        }
        if config.long_prefill_token_threshold_adaptive {
            threshold = threshold.max(config.max_num_batched_tokens / live as u32);
        }
        Some(threshold)
    }

    /// Whether prefill has to wait in this step, so that the decodes are not held up.
    fn defers_prefill(&self) -> bool {
        let interval = i64::from(self.config.prefill_schedule_interval);
        let pacing = &self.pacing;
        interval > 1
            && !pacing.capacity_bound
            && pacing.executed + 1 - pacing.last_prefill < interval
            && (self.steady.len > 0
                || self.one_by_one.iter().any(|slot| !self.sequences[slot.index()].chunking))
    }

    /// KV blocks of a request at its end, where the last token is sampled and never computed. Where
    /// nobody is to be preempted and a plan is in flight, room for one token more is kept: it may
    /// be computed before the end is known.
    fn blocks_at_end(&self, prompt: u32, output: u32) -> u32 {
        let keeps_room = self.config.enable_preemption_free && self.config.async_scheduling;
        let computed = prompt + output - 1 + u32::from(keeps_room);
        self.pool.blocks_for(computed.min(self.config.max_model_len))
    }

    fn check(&self, request: &NewRequest<'_>) -> Result<u32, Refusal> {
        let NewRequest { prompt_tokens, .. } = *request;
        let output_tokens = request.output_tokens.min(request.max_tokens);
        assert!(prompt_tokens > 0 && output_tokens > 0, "a request without tokens: {request:?}");
        let max_model_len = self.config.max_model_len;
        if prompt_tokens >= max_model_len {
            return Err(Refusal::PromptTooLong { prompt_tokens, max_model_len });
        }
        let budget = self.config.budget();
        if !self.config.enable_chunked_prefill && prompt_tokens > budget {
            return Err(Refusal::PromptOverBudget { prompt_tokens, budget });
        }
        let output_tokens = output_tokens.min(max_model_len - prompt_tokens);
        // The last token is sampled, never computed.
        let needed = self.blocks_at_end(prompt_tokens, output_tokens);
        let total = self.pool.total();
        if needed > total {
            return Err(Refusal::KvTooSmall { needed, total });
        }
        Ok(output_tokens)
    }
}

impl Scheduler for Vllm {
    fn add(&mut self, request: &NewRequest<'_>) -> Result<Slot, Refusal> {
        let output_tokens = self.check(request)?;
        self.serial += 1;
        let mut sequence = Sequence::new(request, output_tokens, self.serial);
        sequence.rank = sequence.rank_under(self.config.policy);
        let slot = match self.free_slots.pop() {
            Some(slot) => {
                self.sequences[slot.index()] = sequence;
                slot
            }
            None => {
                self.sequences.push(sequence);
                Slot(u32::try_from(self.sequences.len() - 1).expect("more than 2^32 live requests"))
            }
        };
        self.waiting.push(slot, &self.sequences[slot.index()]);
        Ok(slot)
    }

    fn plan(&mut self, plan: &mut Plan) {
        debug_assert!(plan.is_empty() && plan.preempted.is_empty(), "the plan comes in clear");
        let threshold = self.threshold();
        let defer = self.defers_prefill();
        let mut budget = self.config.budget();
        let mut prefills = self.schedule_running(plan, &mut budget, threshold, defer);
        if plan.preempted.is_empty() {
            prefills |= self.admit(plan, &mut budget, threshold, defer);
            if !defer {
                self.pacing.capacity_bound = self.waiting.len() > 0;
            }
        }
        self.commit(plan, prefills);
    }

    fn complete(&mut self, plan: &Plan, outcome: &mut Outcome) {
        self.complete_plan(plan, outcome);
    }

    fn repeats(&mut self) -> u64 {
        self.count_repeats()
    }

    fn repeat(&mut self) -> u64 {
        self.repeat_steady()
    }

    fn repeat_many(&mut self, count: u64, in_use: &mut dyn FnMut(u64, u64)) {
        self.repeat_steady_many(count, in_use);
    }

    fn delivered(&self, slot: Slot) -> u32 {
        self.delivered_to(slot)
    }

    fn waiting(&self) -> u32 {
        self.waiting.len() as u32
    }

    fn running(&self) -> u32 {
        self.running.len()
    }

    fn has_place(&self, coming: u32) -> bool {
        let live = self.running.len() as usize + self.waiting.len();
        live + (coming as usize) < self.config.places() as usize
    }

    fn kv_blocks(&self) -> (u64, u64) {
        (u64::from(self.pool.used()), u64::from(self.pool.total()))
    }

    fn kv_evictions(&self) -> u64 {
        self.pool.evictions()
    }

    fn kv_tokens(&self) -> u64 {
        u64::from(self.pool.total()) * u64::from(self.config.block_size)
    }

    fn token_budget(&self) -> Option<u64> {
        Some(u64::from(self.config.budget()))
    }

    fn fork(&self) -> Box<dyn Scheduler> {
        Box::new(self.clone())
    }

    fn blockage(&self) -> String {
        let Some(slot) = self.waiting.head() else {
            return "no request waits".to_owned();
        };
        let sequence = &self.sequences[slot.index()];
        format!(
            "the head of the queue has {} tokens to compute and needs {} KV blocks; {} of {} are \
             free, {} requests run, an iteration takes {} tokens",
            sequence.tokens(),
            self.pool.blocks_for(sequence.tokens()),
            self.pool.free(),
            self.pool.total(),
            self.running.len(),
            self.config.budget(),
        )
    }
}

#[cfg(test)]
mod tests;
