//! The `[scheduler]` section.

use serde::{Deserialize, Serialize};
use tokendrome_cluster::Device;
use tokendrome_sched::{self as sched, VllmConfig};
use tokendrome_units::Bytes;

mod phase_batching;
mod phases;
mod trtllm;

pub use phase_batching::{BatchingStrategy, PhaseBatchingSpec};
pub use phases::PhasesSpec;
pub use trtllm::{CapacitySchedulerPolicy, ContextChunkingPolicy, TensorRtLlmSpec};

/// How a replica batches requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SchedulerSpec {
    /// The V1 scheduler of vLLM.
    Vllm(VllmSpec),
    /// The scheduler of TensorRT-LLM's PyTorch backend.
    #[serde(rename = "tensorrt-llm")]
    TensorRtLlm(TensorRtLlmSpec),
    /// Slots that are filled only when all of them are empty: a batch ends before the next begins.
    Static(SlotsSpec),
    /// Slots that are filled as soon as they are free.
    InFlight(SlotsSpec),
    /// Slots that are filled one at a time: the next request waits until nobody is in prefill.
    InFlightOnePrefill(SlotsSpec),
    /// Workers that hold one request each, some for prefill and some for decode, in step.
    Disaggregated(WorkersSpec),
    /// Batches of decodes; prompts are computed only while nobody decodes.
    DecodePrioritizing(PhasesSpec),
    /// Batches of prompts; requests decode only while no prompt waits.
    PrefillPrioritizing(PhasesSpec),
    /// Batches of both: a share of the places for decodes, the others for prompts.
    Hybrid(PhasesSpec),
    /// Whole prompts and closed batches of decodes in turn.
    PhaseBatching(PhaseBatchingSpec),
}

impl SchedulerSpec {
    /// The knobs of vLLM's scheduler, if it is that one.
    #[must_use]
    pub fn vllm(&self) -> Option<&VllmSpec> {
        match self {
            Self::Vllm(spec) => Some(spec),
            _ => None,
        }
    }

    /// The knobs of a scheduler of two phases, if it is one of those.
    #[must_use]
    pub fn phases(&self) -> Option<&PhasesSpec> {
        match self {
            Self::DecodePrioritizing(spec)
            | Self::PrefillPrioritizing(spec)
            | Self::Hybrid(spec) => Some(spec),
            _ => None,
        }
    }

    /// Whether an iteration is planned while the one before it runs.
    ///
    /// # Panics
    /// If the scenario has not been resolved.
    pub(crate) fn plans_ahead(&self) -> bool {
        match self {
            Self::Vllm(spec) => spec.is_async(),
            Self::TensorRtLlm(spec) => spec.overlap() == Some(Device::Beside),
            _ => false,
        }
    }

    /// Where iterations are computed, with TensorRT-LLM's overlap scheduler.
    pub(crate) fn overlap(&self) -> Option<Device> {
        match self {
            Self::TensorRtLlm(spec) => spec.overlap(),
            _ => None,
        }
    }

    /// Whether sequences with equal beginnings share KV blocks.
    pub(crate) fn shares_prefixes(&self) -> bool {
        match self {
            Self::Vllm(spec) => spec.enable_prefix_caching,
            Self::TensorRtLlm(spec) => spec.enable_block_reuse && spec.num_blocks != Some(0),
            _ => false,
        }
    }

    /// Whether the first token comes with the prompt, rather than with the first decode.
    #[must_use]
    pub fn prompt_yields_token(&self) -> bool {
        self.phases().is_none() && !matches!(self, Self::PhaseBatching(_))
    }

    /// Whether some requests are served before others.
    pub(crate) fn looks_at_priorities(&self) -> bool {
        self.vllm().is_some_and(|spec| spec.policy == Policy::Priority)
    }

    /// Said where priorities are given that nobody looks at.
    pub(crate) fn unused_priorities(&self) -> &'static str {
        match self.vllm() {
            Some(_) => {
                "requests have priorities, and the scheduler does not look at them: set \
                 scheduler.policy = \"priority\""
            }
            None => "requests have priorities, but the scheduler serves first come, first served",
        }
    }

    /// Steps that the prefill of a request takes, for the schedulers that split prompts evenly.
    #[must_use]
    pub fn total_prefill_chunks(&self) -> Option<u32> {
        match self {
            Self::Static(spec) | Self::InFlight(spec) | Self::InFlightOnePrefill(spec) => {
                Some(spec.total_prefill_chunks)
            }
            Self::Disaggregated(spec) => Some(spec.total_prefill_chunks),
            _ => None,
        }
    }
}

/// Knobs of the slot schedulers. They keep no account of KV memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SlotsSpec {
    /// Slots: most requests that run at once.
    pub max_batch_size: u32,
    /// Steps over which a prompt is spread evenly; a prompt of fewer tokens takes one step a token.
    pub total_prefill_chunks: u32,
}

impl Default for SlotsSpec {
    fn default() -> Self {
        Self { max_batch_size: 4, total_prefill_chunks: 1 }
    }
}

/// Knobs of disaggregated workers. They keep no account of KV memory, and handing a request over
/// takes no time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct WorkersSpec {
    /// Workers that compute prompts, one request each, from one queue.
    pub prefill_workers: u32,
    /// Workers that generate the tokens after the first, one request each, from one queue.
    pub decode_workers: u32,
    /// Steps over which a prompt is spread evenly; a prompt of fewer tokens takes one step a token.
    pub total_prefill_chunks: u32,
}

impl Default for WorkersSpec {
    fn default() -> Self {
        Self { prefill_workers: 2, decode_workers: 2, total_prefill_chunks: 1 }
    }
}

impl Default for SchedulerSpec {
    fn default() -> Self {
        Self::Vllm(VllmSpec::default())
    }
}

/// In which order requests are admitted, and who gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// First come, first served; the request admitted last gives way.
    #[default]
    Fcfs,
    /// By priority, lower first, then by arrival; the least urgent gives way.
    Priority,
    /// Shortest output first; the longest remaining one gives way. Lengths are known in advance.
    Sof,
    /// Shortest input first; the longest gives way.
    Sif,
    /// Shortest total first, prompt and output; the longest remaining one gives way.
    Stf,
    /// Longest input first; the longest gives way.
    Lif,
    /// Longest output first; the longest remaining one gives way.
    Lof,
    /// Longest total first, prompt and output; the longest remaining one gives way.
    Ltf,
}

/// Knobs of vLLM's scheduler and KV cache, under the names they have there. Defaults are those of
/// `vllm serve` 0.33 unless said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct VllmSpec {
    /// Most tokens that one iteration computes. Default: 16,384 on accelerators with 160 GiB or
    /// more, 8,192 with 70 GiB or more (A100: 2,048), else 2,048.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_num_batched_tokens: Option<u32>,
    /// Most requests that run at once. Default: 1,024 on accelerators with 70 GiB or more (A100:
    /// 256), else 256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_num_seqs: Option<u32>,
    /// Tokens that one iteration may schedule, where that is to be fewer than
    /// `max_num_batched_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_num_scheduled_tokens: Option<u32>,
    /// Requests that may be admitted to run, where those are to be fewer than `max_num_seqs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_num_active_seqs: Option<u32>,
    /// Longest sequence, prompt and output together, in tokens. Default: the model's context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_model_len: Option<u32>,
    /// Whether `max_model_len` is cut to what the KV cache holds, as with `--max-model-len auto`;
    /// otherwise longer requests are rejected.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub max_model_len_auto: bool,
    /// Order of admission and of giving way.
    pub policy: Policy,
    /// Whether a prompt may be spread over several iterations.
    pub enable_chunked_prefill: bool,
    /// Most prompt tokens of one request in one iteration; 0: no limit but the budget.
    pub long_prefill_token_threshold: u32,
    /// Whether that threshold grows when few requests share the budget.
    pub long_prefill_token_threshold_adaptive: bool,
    /// Whether a request is admitted only if its whole prompt fits the free KV blocks.
    pub scheduler_reserve_full_isl: bool,
    /// Share of all KV blocks that admission leaves free while anything runs, from 0 to 1.
    pub watermark: f64,
    /// Most running requests with a part of their prompt left to compute after an iteration that
    /// admits any. Default: any number. Not vLLM's, but Inference Lab's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_num_partial_prefills: Option<u32>,
    /// Whether a request is admitted only when the KV blocks suffice for it and all running ones
    /// until they end, so that nobody is preempted. Not vLLM's, but Inference Lab's.
    pub enable_preemption_free: bool,
    /// Prefill is scheduled in at most every n-th iteration while anything decodes.
    pub prefill_schedule_interval: u32,
    /// Tokens of one KV block.
    pub block_size: u32,
    /// KV blocks, the null block among them, as vLLM counts them. Default: what the memory holds.
    #[serde(skip_serializing_if = "Option::is_none", alias = "num_gpu_blocks_override")]
    pub num_gpu_blocks: Option<u32>,
    /// Memory for the KV cache on each accelerator. Default: what is left of the memory.
    #[serde(skip_serializing_if = "Option::is_none", alias = "kv_cache_memory_bytes")]
    pub kv_cache_memory: Option<Bytes>,
    /// Share of an accelerator's memory that the engine may use, from 0 to 1.
    pub gpu_memory_utilization: f64,
    /// Whether sequences with equal beginnings share KV blocks. Which prompts begin alike is the
    /// workload's business: sessions, shared prefixes, `hash_ids` of a trace.
    pub enable_prefix_caching: bool,
    /// Whether an iteration is planned while the one before it runs, so that the accelerator need
    /// not wait for the host. Default: yes with one pipeline stage; it is not modelled with more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub async_scheduling: Option<bool>,
}

impl Default for VllmSpec {
    fn default() -> Self {
        Self {
            max_num_batched_tokens: None,
            max_num_seqs: None,
            max_num_scheduled_tokens: None,
            max_num_active_seqs: None,
            max_model_len: None,
            max_model_len_auto: false,
            policy: Policy::Fcfs,
            enable_chunked_prefill: true,
            long_prefill_token_threshold: 0,
            long_prefill_token_threshold_adaptive: false,
            scheduler_reserve_full_isl: true,
            watermark: 0.0,
            max_num_partial_prefills: None,
            enable_preemption_free: false,
            prefill_schedule_interval: 1,
            block_size: 16,
            num_gpu_blocks: None,
            kv_cache_memory: None,
            gpu_memory_utilization: 0.92,
            enable_prefix_caching: true,
            async_scheduling: None,
        }
    }
}

impl VllmSpec {
    /// The configuration of the scheduler.
    ///
    /// # Panics
    /// If the scenario has not been resolved.
    pub(crate) fn config(&self) -> VllmConfig {
        let known = |value: Option<u32>| value.expect("a resolved scenario has no open knobs");
        VllmConfig {
            max_num_batched_tokens: known(self.max_num_batched_tokens),
            max_num_scheduled_tokens: self.max_num_scheduled_tokens,
            max_num_seqs: known(self.max_num_seqs),
            max_num_active_seqs: self.max_num_active_seqs,
            max_model_len: known(self.max_model_len),
            policy: match self.policy {
                Policy::Fcfs => sched::Policy::Fcfs,
                Policy::Priority => sched::Policy::Priority,
                Policy::Sof => sched::Policy::ShortestOutput,
                Policy::Sif => sched::Policy::ShortestInput,
                Policy::Stf => sched::Policy::ShortestTotal,
                Policy::Lif => sched::Policy::LongestInput,
                Policy::Lof => sched::Policy::LongestOutput,
                Policy::Ltf => sched::Policy::LongestTotal,
            },
            enable_chunked_prefill: self.enable_chunked_prefill,
            long_prefill_token_threshold: self.long_prefill_token_threshold,
            long_prefill_token_threshold_adaptive: self.long_prefill_token_threshold_adaptive,
            scheduler_reserve_full_isl: self.scheduler_reserve_full_isl,
            watermark: self.watermark,
            max_num_partial_prefills: self.max_num_partial_prefills,
            enable_preemption_free: self.enable_preemption_free,
            prefill_schedule_interval: self.prefill_schedule_interval,
            block_size: self.block_size,
            num_gpu_blocks: known(self.num_gpu_blocks),
            enable_prefix_caching: self.enable_prefix_caching,
            async_scheduling: self.is_async(),
        }
    }

    /// Tokens that one iteration may schedule.
    ///
    /// # Panics
    /// If the scenario has not been resolved.
    pub(crate) fn budget(&self) -> u32 {
        let budget = self.max_num_scheduled_tokens.or(self.max_num_batched_tokens);
        budget.expect("a resolved scenario has no open knobs")
    }

    /// Whether scheduling is asynchronous.
    ///
    /// # Panics
    /// If the scenario has not been resolved.
    pub(crate) fn is_async(&self) -> bool {
        self.async_scheduling.expect("a resolved scenario has no open knobs")
    }
}
