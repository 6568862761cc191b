//! The section `config`.

use tokendrome_cluster::Device;
use tokendrome_sched::{CapacityPolicy, ChunkingPolicy, ContextChunking, TensorRtLlmConfig};

use crate::ScenarioError;
use crate::json::{Field, Table};
use crate::keys::check_keys;

const KEYS: &[&str] = &[
    "policy",
    "chunking",
    "max_batch_size",
    "max_num_tokens",
    "tokens_per_block",
    "num_blocks",
    "max_seq_len",
    "max_num_active",
    "max_num_requests",
    "block_reuse",
    "prefix_aware",
    "two_step_lookahead",
    "loop",
];

/// Most KV blocks, and most tokens of a sequence: beyond what any machine or model has, and few
/// enough to be kept one by one.
const BLOCKS_MAX: u32 = 1 << 24;
const SEQUENCE_TOKENS_MAX: u32 = 1 << 24;

/// The executor loop around the scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::trtllm) enum Loop {
    /// Plan, compute, take the result, and again.
    Sync,
    /// A plan is made before the tokens of the one before it are there.
    Overlap(Device),
}

pub(super) fn read(table: &Table<'_>) -> Result<(TensorRtLlmConfig, Loop), ScenarioError> {
    check_keys(table, KEYS)?;
    let count = |key| table.need(key)?.whole(1..=u32::MAX);
    // `a or b` in Python: 0 is none.
    let limit = |key| match table.get(key) {
        Some(field) => field.whole(0..=u32::MAX).map(|limit| Some(limit).filter(|&n| n > 0)),
        None => Ok(None),
    };
    let engine_loop = table.get("loop").map_or(Ok(Loop::Sync), |field| engine_loop(&field))?;
    let config = TensorRtLlmConfig {
        capacity_scheduler_policy: policy(&table.need("policy")?)?,
        chunking: table.get("chunking").map(|field| chunking(&field)).transpose()?,
        max_batch_size: count("max_batch_size")?,
        max_num_tokens: count("max_num_tokens")?,
        max_seq_len: table.need("max_seq_len")?.whole(2..=SEQUENCE_TOKENS_MAX)?,
        max_num_active_requests: limit("max_num_active")?,
        max_num_requests: limit("max_num_requests")?,
        tokens_per_block: count("tokens_per_block")?,
        num_blocks: table.need("num_blocks")?.whole(0..=BLOCKS_MAX)?,
        enable_block_reuse: table.switch("block_reuse", false)?,
        prefix_aware: table.switch("prefix_aware", true)?,
        two_step_lookahead: table.switch("two_step_lookahead", false)?,
        overlap: engine_loop != Loop::Sync,
    };
    if let (Some(chunking), true) = (config.chunking, config.enable_block_reuse)
        && chunking.unit % config.tokens_per_block != 0
    {
        let size = config.tokens_per_block;
        let rule =
            format!("have a unit that is a multiple of tokens_per_block ({size}) with block_reuse");
        let found = format!("{} tokens", chunking.unit);
        return Err(table.need("chunking")?.must_not_be(found, rule));
    }
    Ok((config, engine_loop))
}

fn policy(field: &Field<'_>) -> Result<CapacityPolicy, ScenarioError> {
    match field.text()? {
        "GUARANTEED_NO_EVICT" => Ok(CapacityPolicy::GuaranteedNoEvict),
        "MAX_UTILIZATION" => Ok(CapacityPolicy::MaxUtilization),
        "STATIC_BATCH" => Ok(CapacityPolicy::StaticBatch),
        _ => Err(field.must("be \"GUARANTEED_NO_EVICT\", \"MAX_UTILIZATION\" or \"STATIC_BATCH\"")),
    }
}

fn chunking(field: &Field<'_>) -> Result<ContextChunking, ScenarioError> {
    let mut parts = field.list()?;
    let (Some(policy), Some(unit), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(field.must("be null or a list [policy, unit]"));
    };
    let policy = match policy.text()? {
        "FIRST_COME_FIRST_SERVED" => ChunkingPolicy::FirstComeFirstServed,
        "EQUAL_PROGRESS" => ChunkingPolicy::EqualProgress,
        _ => return Err(policy.must("be \"FIRST_COME_FIRST_SERVED\" or \"EQUAL_PROGRESS\"")),
    };
    Ok(ContextChunking { policy, unit: unit.whole(1..=u32::MAX)? })
}

fn engine_loop(field: &Field<'_>) -> Result<Loop, ScenarioError> {
    match field.text()? {
        "sync" => Ok(Loop::Sync),
        "overlap_sim" => Ok(Loop::Overlap(Device::InHost)),
        "overlap_gpu" => Ok(Loop::Overlap(Device::Beside)),
        _ => Err(field.must("be \"sync\", \"overlap_sim\" or \"overlap_gpu\"")),
    }
}
