//! Flags that say something of the scenario.

use super::flag;
use crate::engine::flag::{Fate, Flag, Takes, Target};

const COUNT_MAX: u64 = u32::MAX as u64;

const fn count(path: &'static str, least: u64) -> Target {
    Target::Whole { path, least, most: COUNT_MAX, suffixes: false, optional: false }
}

const fn optional_count(path: &'static str) -> Target {
    Target::Whole { path, least: 1, most: COUNT_MAX, suffixes: false, optional: true }
}

const fn tokens(path: &'static str, optional: bool) -> Target {
    Target::Whole { path, least: 1, most: COUNT_MAX, suffixes: true, optional }
}

const MEMORY: Target = Target::Whole {
    path: "scheduler.kv_cache_memory",
    least: 1,
    most: i64::MAX as u64,
    suffixes: true,
    optional: true,
};

const POLICIES: &[(&str, &str)] = &[("fcfs", "fcfs"), ("priority", "priority")];

/// `auto` is what the checkpoint has: what the scenario says of it falls away.
const DTYPES: &[(&str, &str)] = &[
    ("auto", ""),
    ("bfloat16", "bf16"),
    ("float", "f32"),
    ("float16", "f16"),
    ("float32", "f32"),
    ("half", "f16"),
];

/// Formats with scales of their own (per token and head, and others) have no form here.
const KV_DTYPES: &[(&str, &str)] = &[
    ("auto", ""),
    ("bfloat16", "bf16"),
    ("float16", "f16"),
    ("fp8", "fp8"),
    ("fp8_e4m3", "fp8"),
    ("fp8_e5m2", "fp8"),
    ("fp8_inc", "fp8"),
    ("nvfp4", "fp4"),
    ("nvfp4_4over6", "fp4"),
];

pub(super) fn flags() -> Vec<Flag> {
    let one = |names, target| flag(names, Takes::One, Fate::Maps(target));
    let switch = |names, path| flag(names, Takes::Switch, Fate::Maps(Target::Switch(path)));
    vec![
        one("model", Target::Model),
        one("hf-config-path", Target::Model),
        one("dtype", Target::Word { path: "model.unquantized_dtype", words: DTYPES }),
        one("quantization/-q", Target::Method("model.quantization")),
        one("kv-cache-dtype", Target::Word { path: "model.kv_dtype", words: KV_DTYPES }),
        one("tensor-parallel-size/-tp", count("parallelism.tensor_parallel_size", 1)),
        one("pipeline-parallel-size/-pp", count("parallelism.pipeline_parallel_size", 1)),
        one("data-parallel-size/-dp", count("parallelism.data_parallel_size", 1)),
        one("max-model-len", Target::Length),
        one("max-num-batched-tokens", tokens("scheduler.max_num_batched_tokens", false)),
        one("max-num-scheduled-tokens", tokens("scheduler.max_num_scheduled_tokens", true)),
        one("max-num-seqs", count("scheduler.max_num_seqs", 1)),
        one("max-num-active-seqs", optional_count("scheduler.max_num_active_seqs")),
        one("scheduling-policy", Target::Word { path: "scheduler.policy", words: POLICIES }),
        switch("enable-expert-parallel/-ep", "parallelism.enable_expert_parallel"),
        switch("enable-chunked-prefill", "scheduler.enable_chunked_prefill"),
        one("long-prefill-token-threshold", count("scheduler.long_prefill_token_threshold", 0)),
        switch(
            "long-prefill-token-threshold-adaptive",
            "scheduler.long_prefill_token_threshold_adaptive",
        ),
        switch("scheduler-reserve-full-isl", "scheduler.scheduler_reserve_full_isl"),
        one("watermark", Target::Share { path: "scheduler.watermark", zero: true, one: false }),
        one("prefill-schedule-interval", count("scheduler.prefill_schedule_interval", 1)),
        switch("async-scheduling", "scheduler.async_scheduling"),
        switch("enable-prefix-caching", "scheduler.enable_prefix_caching"),
        one("block-size", count("scheduler.block_size", 1)),
        one("num-gpu-blocks-override", optional_count("scheduler.num_gpu_blocks")),
        one("kv-cache-memory-bytes", MEMORY),
        one(
            "gpu-memory-utilization/--device-memory-utilization",
            Target::Share { path: "scheduler.gpu_memory_utilization", zero: false, one: true },
        ),
        flag("config", Takes::One, Fate::Config),
    ]
}
