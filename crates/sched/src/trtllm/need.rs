//! How many KV blocks a request needs.

use tokendrome_kv::{Found, TreePool};

use super::sequence::{Sequence, State};

/// What a request that is to begin finds in the tree, all its full blocks considered.
pub(super) fn find(sequence: &Sequence, pool: &TreePool) -> Found {
    pool.find(&sequence.table, sequence.tokens() / pool.block_size())
}

/// Blocks until it ends; what it is thought to find is noted. `found` is looked up if it is not
/// given.
pub(super) fn to_completion(sequence: &mut Sequence, pool: &TreePool, found: Option<Found>) -> i64 {
    let size = pool.block_size();
    sequence.estimate = 0;
    let mut needed = i64::from((sequence.context + sequence.new).div_ceil(size));
    needed -= i64::from(sequence.table.held());
    if pool.reuses() && sequence.is_to_begin() && sequence.table.held() == 0 {
        let found = found.unwrap_or_else(|| find(sequence, pool));
        needed -= i64::from(note(sequence, &found, size));
    }
    needed
}

/// Blocks for its next part; what it is thought to find is noted.
pub(super) fn one_step(
    sequence: &mut Sequence,
    pool: &TreePool,
    found: Option<Found>,
    ahead: u32,
    max_seq_len: u32,
) -> i64 {
    let size = pool.block_size();
    sequence.estimate = 0;
    if sequence.state != State::Context {
        let held = i64::from(sequence.kv_tokens);
        let allowed = i64::from(sequence.new) - (held - i64::from(sequence.context));
        let next = held + allowed.min(ahead.into());
        let size = i64::from(size);
        let blocks = |tokens: i64| (tokens + size - 1).div_euclid(size);
        return if next > max_seq_len.into() { 0 } else { blocks(next) - blocks(held) };
    }
    if !sequence.is_first_chunk() {
        // The blocks of the whole context came with its first chunk.
        return 0;
    }
    let mut needed = i64::from(sequence.context.div_ceil(size));
    if pool.reuses() {
        let found = found.unwrap_or_else(|| find(sequence, pool));
        needed -= i64::from(note(sequence, &found, size));
    }
    needed
}

/// Notes the tokens that it is thought to find. Returns how many of the blocks somebody holds.
fn note(sequence: &mut Sequence, found: &Found, size: u32) -> u32 {
    let full = sequence.context / size;
    sequence.estimate = found.blocks.min(full) * size;
    found.held.min(full)
}
