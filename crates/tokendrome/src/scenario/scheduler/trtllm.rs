//! The knobs of TensorRT-LLM's scheduler.

use serde::{Deserialize, Serialize};
use tokendrome_cluster::Device;
use tokendrome_sched::{CapacityPolicy, ChunkingPolicy, ContextChunking, TensorRtLlmConfig};

/// Who of the active requests may be computed, as far as KV blocks go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CapacitySchedulerPolicy {
    /// A request starts only if all blocks that it may ever need are free; nobody is paused.
    #[default]
    #[serde(alias = "GUARANTEED_NO_EVICT")]
    GuaranteedNoEvict,
    /// A request starts if its prompt has room; where a block lacks, the last is paused.
    #[serde(alias = "MAX_UTILIZATION")]
    MaxUtilization,
    /// Nobody starts while others generate.
    #[serde(alias = "STATIC_BATCH")]
    StaticBatch,
}

/// How the token budget is shared among prompts that do not fit it together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ContextChunkingPolicy {
    /// The first gets as much as it can take, then the next.
    #[default]
    #[serde(alias = "FIRST_COME_FIRST_SERVED")]
    FirstComeFirstServed,
    /// One block each, in turns.
    #[serde(alias = "EQUAL_PROGRESS")]
    EqualProgress,
}

/// Knobs of TensorRT-LLM's scheduler and KV cache, under the names they have there. Defaults are
/// those of its LLM API (`TorchLlmArgs`, `KvCacheConfig`, `SchedulerConfig`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TensorRtLlmSpec {
    /// Who may be computed, as far as KV blocks go.
    pub capacity_scheduler_policy: CapacitySchedulerPolicy,
    /// Most requests of one iteration, and most that are active.
    pub max_batch_size: u32,
    /// Most tokens of one iteration.
    pub max_num_tokens: u32,
    /// Longest sequence, prompt and output together, in tokens. Default: the model's context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_seq_len: Option<u32>,
    /// Whether a prompt may be spread over several iterations, in chunks of whole blocks.
    pub enable_chunked_prefill: bool,
    /// With chunked prefill: how prompts share the token budget.
    pub context_chunking_policy: ContextChunkingPolicy,
    /// Tokens of one KV block.
    pub tokens_per_block: u32,
    /// KV blocks; 0: no account of the KV cache is kept. Default: what the memory holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_blocks: Option<u32>,
    /// Share of the memory that weights and activations leave that KV blocks take, from 0 to 1.
    #[serde(alias = "kv_cache_free_gpu_memory_fraction")]
    pub free_gpu_memory_fraction: f64,
    /// Whether sequences with equal beginnings share KV blocks. Which prompts begin alike is the
    /// workload's business: sessions, shared prefixes, `hash_ids` of a trace.
    pub enable_block_reuse: bool,
    /// Whether an iteration is planned only when the tokens of the one before it are there.
    pub disable_overlap_scheduler: bool,
    /// Whether the clock is that of TensorRT-LLM's simulation mode, in which the host computes the
    /// iterations itself: with the overlap scheduler tokens are shown one iteration late.
    pub simulation_mode: bool,
}

impl Default for TensorRtLlmSpec {
    fn default() -> Self {
        Self {
            capacity_scheduler_policy: CapacitySchedulerPolicy::GuaranteedNoEvict,
            max_batch_size: 2_048,
            max_num_tokens: 8_192,
            max_seq_len: None,
            enable_chunked_prefill: false,
            context_chunking_policy: ContextChunkingPolicy::FirstComeFirstServed,
            tokens_per_block: 32,
            num_blocks: None,
            free_gpu_memory_fraction: 0.9,
            enable_block_reuse: true,
            disable_overlap_scheduler: false,
            simulation_mode: false,
        }
    }
}

impl TensorRtLlmSpec {
    /// The configuration of the scheduler.
    ///
    /// # Panics
    /// If the scenario has not been resolved.
    pub(crate) fn config(&self) -> TensorRtLlmConfig {
        let known = |value: Option<u32>| value.expect("a resolved scenario has no open knobs");
        let chunking = ContextChunking {
            policy: match self.context_chunking_policy {
                ContextChunkingPolicy::FirstComeFirstServed => ChunkingPolicy::FirstComeFirstServed,
                ContextChunkingPolicy::EqualProgress => ChunkingPolicy::EqualProgress,
            },
            unit: self.tokens_per_block,
        };
        TensorRtLlmConfig {
            capacity_scheduler_policy: match self.capacity_scheduler_policy {
                CapacitySchedulerPolicy::GuaranteedNoEvict => CapacityPolicy::GuaranteedNoEvict,
                CapacitySchedulerPolicy::MaxUtilization => CapacityPolicy::MaxUtilization,
                CapacitySchedulerPolicy::StaticBatch => CapacityPolicy::StaticBatch,
            },
            chunking: self.enable_chunked_prefill.then_some(chunking),
            max_batch_size: self.max_batch_size,
            max_num_tokens: self.max_num_tokens,
            max_seq_len: known(self.max_seq_len),
            max_num_active_requests: None,
            max_num_requests: None,
            tokens_per_block: self.tokens_per_block,
            num_blocks: known(self.num_blocks),
            enable_block_reuse: self.enable_block_reuse,
            prefix_aware: true,
            two_step_lookahead: false,
            overlap: !self.disable_overlap_scheduler,
        }
    }

    /// Where iterations are computed, with the overlap scheduler.
    pub(crate) fn overlap(&self) -> Option<Device> {
        let device = if self.simulation_mode { Device::InHost } else { Device::Beside };
        (!self.disable_overlap_scheduler).then_some(device)
    }
}
