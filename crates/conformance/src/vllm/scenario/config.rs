//! The section `config`: vLLM's knobs, by vLLM's names.

use tokendrome_sched::{Policy, VllmConfig};

use crate::ScenarioError;
use crate::json::{Field, Table};
use crate::keys::check_keys;

const KEYS: &[&str] = &[
    "max_num_batched_tokens",
    "max_num_scheduled_tokens",
    "max_num_seqs",
    "max_num_active_seqs",
    "max_model_len",
    "policy",
    "enable_chunked_prefill",
    "long_prefill_token_threshold",
    "long_prefill_token_threshold_adaptive",
    "scheduler_reserve_full_isl",
    "watermark",
    "prefill_schedule_interval",
    "block_size",
    "num_gpu_blocks",
    "enable_prefix_caching",
    "async_scheduling",
];

/// Most KV blocks, and most tokens of a sequence: beyond what any machine or model has, and few
/// enough to be kept one by one.
const BLOCKS_MAX: u32 = 1 << 24;
const SEQUENCE_TOKENS_MAX: u32 = 1 << 24;

pub(super) fn read(table: &Table<'_>) -> Result<VllmConfig, ScenarioError> {
    check_keys(table, KEYS)?;
    let count = |key| table.need(key)?.whole(1..=u32::MAX);
    // `a or b` in Python: 0 is none.
    let limit = |key| match table.get(key) {
        Some(field) => field.whole(0..=u32::MAX).map(|limit| Some(limit).filter(|&n| n > 0)),
        None => Ok(None),
    };
    let or = |key, default| match table.get(key) {
        Some(field) => field.whole(default..=u32::MAX),
        None => Ok(default),
    };
    let config = VllmConfig {
        max_num_batched_tokens: count("max_num_batched_tokens")?,
        max_num_scheduled_tokens: limit("max_num_scheduled_tokens")?,
        max_num_seqs: count("max_num_seqs")?,
        max_num_active_seqs: limit("max_num_active_seqs")?,
        max_model_len: table.need("max_model_len")?.whole(2..=SEQUENCE_TOKENS_MAX)?,
        policy: table.get("policy").map_or(Ok(Policy::Fcfs), |field| policy(&field))?,
        enable_chunked_prefill: table.switch("enable_chunked_prefill", true)?,
        long_prefill_token_threshold: or("long_prefill_token_threshold", 0)?,
        long_prefill_token_threshold_adaptive: table
            .switch("long_prefill_token_threshold_adaptive", false)?,
        scheduler_reserve_full_isl: table.switch("scheduler_reserve_full_isl", true)?,
        watermark: table.get("watermark").map_or(Ok(0.0), |field| watermark(&field))?,
        max_num_partial_prefills: None,
        enable_preemption_free: false,
        prefill_schedule_interval: or("prefill_schedule_interval", 1)?,
        block_size: count("block_size")?,
        num_gpu_blocks: table.need("num_gpu_blocks")?.whole(1..=BLOCKS_MAX)?,
        enable_prefix_caching: table.switch("enable_prefix_caching", true)?,
        async_scheduling: table.switch("async_scheduling", false)?,
    };
    check_accepted(table, &config)?;
    Ok(config)
}

fn policy(field: &Field<'_>) -> Result<Policy, ScenarioError> {
    match field.text()? {
        "fcfs" => Ok(Policy::Fcfs),
        "priority" => Ok(Policy::Priority),
        _ => Err(field.must("be \"fcfs\" or \"priority\"")),
    }
}

fn watermark(field: &Field<'_>) -> Result<f64, ScenarioError> {
    const RULE: &str = "be a number of at least 0 and below 1";
    let share = field.number(RULE)?;
    if (0.0..1.0).contains(&share) { Ok(share) } else { Err(field.must(RULE)) }
}

/// Combinations that vLLM itself refuses.
fn check_accepted(table: &Table<'_>, config: &VllmConfig) -> Result<(), ScenarioError> {
    let VllmConfig { max_num_seqs, max_model_len, .. } = *config;
    let must = |key, rule: String| Err(table.need(key)?.must(rule));
    if config.max_num_batched_tokens < max_num_seqs {
        let rule = format!("be at least max_num_seqs ({max_num_seqs})");
        return must("max_num_batched_tokens", rule);
    }
    if !config.enable_chunked_prefill && config.max_num_batched_tokens < max_model_len {
        let rule = format!(
            "be at least max_model_len ({max_model_len}) while enable_chunked_prefill is false"
        );
        return must("max_num_batched_tokens", rule);
    }
    if config.long_prefill_token_threshold > max_model_len {
        let rule = format!("be at most max_model_len ({max_model_len})");
        return must("long_prefill_token_threshold", rule);
    }
    if config.max_num_active_seqs.is_some_and(|active| active > max_num_seqs) {
        let rule = format!("be at most max_num_seqs ({max_num_seqs})");
        return must("max_num_active_seqs", rule);
    }
    Ok(())
}
