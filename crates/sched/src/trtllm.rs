//! The scheduler of TensorRT-LLM's PyTorch backend.
//!
//! Requests become *active* in order of arrival while places last; all active ones are looked at
//! for every plan, in that order. A plan is made in two steps. The *capacity scheduler* says who
//! fits the KV blocks, by one of three policies ([`CapacityPolicy`]). Of those the *micro-batch
//! scheduler* takes as many as the limits of a batch allow: one token of each that generates, the
//! context of the others, whole or in chunks ([`ChunkingPolicy`]). The blocks of the whole context
//! are taken with its first chunk.
//!
//! With the overlap scheduler a plan is made before the tokens of the plan before it are there. An
//! end by `max_tokens` is foreseen; the end of the sequence by itself is not, and costs a token
//! that is computed and dropped. What a plan does to its requests (pauses, chunks that count as
//! computed) comes after those tokens.
//!
//! Source: `SimpleUnifiedScheduler` of `tensorrt_llm/_torch/pyexecutor/scheduler/scheduler.py` at
//! commit 002f3cc3, the loops of `py_executor.py`, the block manager of `kvCacheManager.cpp`; see
//! `docs/trtllm.md`. Not modelled: partial reuse of blocks, host offloading, retention priorities,
//! several windows, beams, draft tokens, `LoRA`, encoders, attention data parallelism,
//! disaggregation, batch waiting.
//!
//! Where several prompts of whole blocks find all their blocks, the policies count on blocks that
//! are not there; TensorRT-LLM fails ("No free blocks left"). Here whoever lacks a block is left
//! out of the iteration.
//!
//! Cost of a plan: O(active requests), and O(its blocks) for each that is to begin and finds some.

mod batch;
mod capacity;
mod config;
mod deliver;
mod need;
mod prefix;
mod prepare;
mod sequence;

use std::collections::VecDeque;

use tokendrome_kv::TreePool;

use crate::slab::Slab;
use crate::{NewRequest, Outcome, Plan, Refusal, Scheduler, Slot};
use batch::Batch;
use capacity::Capacity;
pub use config::{CapacityPolicy, ChunkingPolicy, ContextChunking, TensorRtLlmConfig};
use sequence::{Sequence, State};

/// The scheduler of one replica.
#[derive(Debug, Clone)]
pub struct TensorRtLlm {
    config: TensorRtLlmConfig,
    pool: TreePool,
    sequences: Slab<Sequence>,
    /// Requests that are not active yet, in order of arrival.
    queue: VecDeque<Slot>,
    /// Active requests, in the order in which they became active.
    active: Vec<Slot>,
    /// Active requests of which a part was planned since they came, or were paused.
    started: u32,
    /// Plans so far.
    plans: u64,
    /// Requests so far.
    serial: u64,
    follow: Follow,
    /// Requests that became active with the last plan, and those that began with it.
    activated: Vec<Slot>,
    firsts: Vec<Slot>,
    /// Whether there were fewer blocks than the capacity scheduler had counted on.
    is_overcommitted: bool,
    capacity: Capacity,
    batch: Batch,
}

/// What the plan made last does to its requests, with the overlap scheduler.
#[derive(Debug, Clone, Default)]
struct Follow {
    paused: Vec<Slot>,
    /// Chunks of contexts.
    chunks: Vec<(Slot, u32)>,
    generations: Vec<Slot>,
}

impl TensorRtLlm {
    /// A scheduler with an empty queue.
    ///
    /// # Panics
    /// If a knob makes no sense (no places, no budget, blocks or chunks without tokens, a unit that
    /// is no multiple of a block where blocks are used again): whoever reads configurations checks
    /// them first.
    #[must_use]
    pub fn new(config: TensorRtLlmConfig) -> Self {
        assert!(config.max_batch_size > 0 && config.places() > 0, "no places");
        assert!(config.fitting_max() > 0 && config.max_num_tokens > 0, "no requests or no budget");
        assert!(config.max_seq_len > 1, "no sequence fits a length of {}", config.max_seq_len);
        let reuses = config.enable_block_reuse && config.num_blocks > 0;
        if let Some(ContextChunking { unit, .. }) = config.chunking {
            assert!(unit > 0, "a chunk without tokens");
            assert!(!reuses || unit % config.tokens_per_block == 0, "chunks of parts of blocks");
        }
        Self {
            pool: TreePool::new(config.num_blocks, config.tokens_per_block, reuses),
            sequences: Slab::default(),
            queue: VecDeque::new(),
            active: Vec::new(),
            started: 0,
            plans: 0,
            serial: 0,
            follow: Follow::default(),
            activated: Vec::new(),
            firsts: Vec::new(),
            is_overcommitted: false,
            capacity: Capacity::default(),
            batch: Batch::default(),
            config,
        }
    }

    /// Requests that became active with the last plan, in order.
    #[must_use]
    pub fn activated(&self) -> &[Slot] {
        &self.activated
    }

    /// Requests whose contexts began with the last plan, in the order in which they got blocks.
    #[must_use]
    pub fn begun(&self) -> &[Slot] {
        &self.firsts
    }

    /// Requests that fitted the KV blocks when the last plan was made.
    #[must_use]
    pub fn fitting(&self) -> usize {
        self.capacity.fitting.len()
    }

    /// Active requests, started or not.
    #[must_use]
    pub fn active(&self) -> usize {
        self.active.len()
    }

    /// Requests that are not active yet.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Numbers of the KV blocks that a request holds, in the order of its tokens.
    #[must_use]
    pub fn block_ids(&self, slot: Slot) -> &[u32] {
        self.sequences.at(slot).table.blocks()
    }

    /// Whether a plan so far lacked blocks that the capacity scheduler had counted on: TensorRT-LLM
    /// would have failed.
    #[must_use]
    pub fn is_overcommitted(&self) -> bool {
        self.is_overcommitted
    }

    /// Output tokens that a request may have, if it can be served.
    fn check(&self, request: &NewRequest<'_>) -> Result<u32, Refusal> {
        let NewRequest { prompt_tokens, .. } = *request;
        assert!(
            prompt_tokens > 0 && request.output_tokens > 0 && request.max_tokens > 0,
            "a request without tokens: {request:?}"
        );
        let max_seq_len = self.config.max_seq_len;
        if prompt_tokens >= max_seq_len {
            return Err(Refusal::PromptTooLong { prompt_tokens, max_model_len: max_seq_len });
        }
        let most = request.max_tokens.min(max_seq_len - prompt_tokens);
        let budget = self.config.max_num_tokens;
        let (policy, is_whole) =
            (self.config.capacity_scheduler_policy, self.config.chunking.is_none());
        if is_whole && prompt_tokens > budget {
            return Err(Refusal::PromptOverBudget { prompt_tokens, budget });
        }
        // A request that was paused comes back with its outputs as part of its context.
        let tokens = prompt_tokens + most;
        if is_whole && policy == CapacityPolicy::MaxUtilization && tokens > budget {
            return Err(Refusal::ContextOverBudget { tokens, budget });
        }
        let needed = (prompt_tokens + most).div_ceil(self.config.tokens_per_block);
        let total = self.config.num_blocks;
        if total > 0 && needed > total {
            return Err(Refusal::KvTooSmall { needed, total });
        }
        Ok(most)
    }

    fn activate(&mut self) {
        self.activated.clear();
        while self.active.len() < self.config.places()
            && let Some(slot) = self.queue.pop_front()
        {
            self.active.push(slot);
            self.activated.push(slot);
        }
    }

    /// The pauses of a plan: blocks come back at once.
    fn pause(&mut self, paused: &[Slot]) {
        for &slot in paused {
            self.give_back(slot, true);
            if !self.config.overlap {
                self.sequences.at_mut(slot).pause();
            }
        }
    }
}

impl Scheduler for TensorRtLlm {
    fn add(&mut self, request: &NewRequest<'_>) -> Result<Slot, Refusal> {
        let most = self.check(request)?;
        self.serial += 1;
        let slot = self.sequences.add(Sequence::new(request, most, self.serial));
        self.queue.push_back(slot);
        Ok(slot)
    }

    fn plan(&mut self, plan: &mut Plan) {
        debug_assert!(plan.is_empty() && plan.preempted.is_empty(), "the plan comes in clear");
        // With no tokens to wait for, what the last plan does is done now.
        self.follow();
        self.plans += 1;
        self.activate();
        let (mut capacity, mut batch) =
            (std::mem::take(&mut self.capacity), std::mem::take(&mut self.batch));
        capacity.fitting.clear();
        capacity.paused.clear();
        batch.contexts.clear();
        batch.generations.clear();
        self.firsts.clear();
        self.fit(&mut capacity);
        self.fill(&capacity.fitting, &mut batch);
        self.pause(&capacity.paused);
        plan.preempted.extend(&capacity.paused);
        if !batch.contexts.is_empty() || !batch.generations.is_empty() {
            self.prepare(&mut batch, plan);
        }
        if self.config.overlap {
            let (contexts, generations) = (&batch.contexts, &batch.generations);
            let chunk = |&slot: &Slot| (slot, self.sequences.at(slot).chunk);
            self.follow.chunks.extend(contexts.iter().map(chunk));
            self.follow.paused.extend(&capacity.paused);
            self.follow.generations.extend(generations);
        }
        (self.capacity, self.batch) = (capacity, batch);
    }

    fn complete(&mut self, plan: &Plan, outcome: &mut Outcome) {
        self.complete_plan(plan, outcome);
    }

    fn delivered(&self, slot: Slot) -> u32 {
        self.sequences.at(slot).delivered
    }

    fn waiting(&self) -> u32 {
        (self.queue.len() + self.active.len()) as u32 - self.started
    }

    fn running(&self) -> u32 {
        self.started
    }

    fn has_place(&self, coming: u32) -> bool {
        let live = self.queue.len() + self.active.len();
        live + (coming as usize) < self.config.places()
    }

    fn kv_blocks(&self) -> (u64, u64) {
        (u64::from(self.pool.total() - self.pool.free()), u64::from(self.pool.total()))
    }

    fn kv_evictions(&self) -> u64 {
        self.pool.evictions()
    }

    fn kv_tokens(&self) -> u64 {
        u64::from(self.pool.total()) * u64::from(self.config.tokens_per_block)
    }

    fn token_budget(&self) -> Option<u64> {
        // Whole prompts that find less than was estimated go beyond it; chunks are cut.
        let is_kept = self.config.chunking.is_some() || !self.pool.reuses();
        is_kept.then_some(u64::from(self.config.max_num_tokens))
    }

    fn fork(&self) -> Box<dyn Scheduler> {
        Box::new(self.clone())
    }

    fn blockage(&self) -> String {
        let sequences = self.active.iter().map(|&slot| self.sequences.at(slot));
        let Some(first) = sequences.clone().find(|sequence| sequence.is_to_begin()) else {
            return "no request waits for its first KV block".to_owned();
        };
        let begun = |of: &&Sequence| of.state == State::Context && !of.is_first_chunk();
        let half = sequences.filter(begun);
        let (count, held) = half.fold((0, 0), |(n, sum), of| (n + 1, sum + of.table.held()));
        let tokens = first.context + first.new;
        format!(
            "the first request that is to begin may need {} KV blocks for {tokens} tokens; {} of \
             {} are free, and {count} requests whose prompts are half computed hold {held}: their \
             next chunks come after it",
            tokens.div_ceil(self.config.tokens_per_block),
            self.pool.free(),
            self.pool.total(),
        )
    }
}

#[cfg(test)]
mod tests;
