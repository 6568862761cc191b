//! The knobs.

/// Who of the active requests may be computed in an iteration, as far as KV blocks go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapacityPolicy {
    /// A request starts only if all blocks that it may ever need are free beside what those that
    /// have started may still need: nobody is paused.
    GuaranteedNoEvict,
    /// A request starts if the blocks of its prompt are free; where a block lacks, the request that
    /// came last is paused: it gives its blocks back and starts again later.
    MaxUtilization,
    /// As [`CapacityPolicy::GuaranteedNoEvict`], but nobody starts while others generate.
    StaticBatch,
}

/// How the token budget is shared among prompts that do not fit it together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkingPolicy {
    /// The first gets as much as it can take, then the next.
    FirstComeFirstServed,
    /// One unit each, in turns.
    EqualProgress,
}

/// How prompts are split over iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextChunking {
    /// Whose prompt comes first.
    pub policy: ChunkingPolicy,
    /// Tokens of which a chunk that is not a prompt's last is a multiple; itself a multiple of
    /// `tokens_per_block` where blocks are used again.
    pub unit: u32,
}

/// The knobs, under TensorRT-LLM's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorRtLlmConfig {
    /// Who may be computed, as far as KV blocks go.
    pub capacity_scheduler_policy: CapacityPolicy,
    /// How prompts are split; none if they are computed whole.
    pub chunking: Option<ContextChunking>,
    /// Most requests of one iteration.
    pub max_batch_size: u32,
    /// Most tokens of one iteration.
    pub max_num_tokens: u32,
    /// Longest sequence, prompt and output together.
    pub max_seq_len: u32,
    /// Most active requests; none: `max_batch_size`.
    pub max_num_active_requests: Option<u32>,
    /// Most requests for which KV blocks are planned in one iteration; none: `max_batch_size`.
    pub max_num_requests: Option<u32>,
    /// Tokens of a KV block.
    pub tokens_per_block: u32,
    /// KV blocks; 0: no account of the KV cache is kept.
    pub num_blocks: u32,
    /// Whether sequences with equal beginnings share KV blocks.
    pub enable_block_reuse: bool,
    /// Whether a request waits while another computes the very block that it lacks first.
    pub prefix_aware: bool,
    /// Whether [`CapacityPolicy::MaxUtilization`] looks two tokens ahead instead of one.
    pub two_step_lookahead: bool,
    /// Whether an iteration is planned before the tokens of the one before it are there.
    pub overlap: bool,
}

impl TensorRtLlmConfig {
    pub(super) fn places(&self) -> usize {
        self.max_num_active_requests.unwrap_or(self.max_batch_size) as usize
    }

    pub(super) fn fitting_max(&self) -> usize {
        self.max_num_requests.unwrap_or(self.max_batch_size) as usize
    }
}
