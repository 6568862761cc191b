//! The knobs.

/// In which order requests are admitted, and who gives way. Of equals the one that arrived first is
/// admitted first.
///
/// The policies by length are not vLLM's: they know how many tokens a request will have put out, as
/// a predictor without error would, and count a preempted request's remaining ones. Of equals the
/// request admitted last gives way.
///
/// Source: Inference Lab (the orders, and who gives way).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// First come, first served; the request admitted last gives way.
    Fcfs,
    /// By (priority, arrival), lower first; the largest gives way.
    Priority,
    /// Shortest prompt first; the longest prompt gives way.
    ShortestInput,
    /// Fewest output tokens first; the most remaining ones give way.
    ShortestOutput,
    /// Fewest tokens first, prompt and outputs; the most remaining ones give way.
    ShortestTotal,
    /// Longest prompt first; the longest prompt gives way.
    LongestInput,
    /// Most output tokens first; the most remaining ones give way.
    LongestOutput,
    /// Most tokens first, prompt and outputs; the most remaining ones give way.
    LongestTotal,
}

/// The knobs, under vLLM's names.
#[derive(Debug, Clone, PartialEq)]
pub struct VllmConfig {
    /// Most tokens of one iteration; with `max_num_scheduled_tokens`, only the adaptive threshold
    /// looks at it.
    pub max_num_batched_tokens: u32,
    /// Tokens that one iteration may schedule, if fewer.
    pub max_num_scheduled_tokens: Option<u32>,
    /// Most running requests.
    pub max_num_seqs: u32,
    /// Running requests up to which new ones are admitted, if fewer.
    pub max_num_active_seqs: Option<u32>,
    /// Longest sequence, prompt and output together.
    pub max_model_len: u32,
    /// Order of admission and of giving way.
    pub policy: Policy,
    /// Whether a waiting request may be admitted with a part of its tokens.
    pub enable_chunked_prefill: bool,
    /// Most tokens of one request in one iteration; 0: no limit. Off while only one request is
    /// there.
    pub long_prefill_token_threshold: u32,
    /// Whether the threshold is at least an equal share of the budget.
    pub long_prefill_token_threshold_adaptive: bool,
    /// Whether admission needs free blocks for the whole sequence so far.
    pub scheduler_reserve_full_isl: bool,
    /// Share of all blocks that admission leaves free while anything runs.
    pub watermark: f64,
    /// Most running requests of which a part of the tokens is left to compute before they can
    /// sample, after an iteration that admits any; none: any number.
    pub max_num_partial_prefills: Option<u32>,
    /// Whether a request is admitted only when the KV blocks suffice for all running ones and for
    /// it until they end, by the output tokens that they will have: then nobody is preempted.
    pub enable_preemption_free: bool,
    /// Prefill in at most every n-th iteration while anything decodes.
    pub prefill_schedule_interval: u32,
    /// Tokens of a KV block.
    pub block_size: u32,
    /// KV blocks, one of which (the null block) is never handed out.
    pub num_gpu_blocks: u32,
    /// Whether prompts with equal beginnings share KV blocks.
    pub enable_prefix_caching: bool,
    /// Whether a plan is made before the tokens of the plan in flight are known.
    pub async_scheduling: bool,
}

impl VllmConfig {
    pub(super) fn budget(&self) -> u32 {
        self.max_num_scheduled_tokens.unwrap_or(self.max_num_batched_tokens)
    }

    pub(super) fn places(&self) -> u32 {
        self.max_num_active_seqs.unwrap_or(self.max_num_seqs)
    }
}
