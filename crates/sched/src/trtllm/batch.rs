//! Which of the fitting requests an iteration computes, and how much of each.

use super::sequence::{Sequence, State};
use super::{ChunkingPolicy, ContextChunking, TensorRtLlm};
use crate::Slot;

/// The requests of an iteration, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    /// Those whose contexts are computed.
    pub(super) contexts: Vec<Slot>,
    /// Those that get a token.
    pub(super) generations: Vec<Slot>,
}

/// Tokens that have to be computed of a chunk, where `found` tokens are there already: all, unless
/// the chunk would go up to the end of the `left` ones.
fn forward(chunk: u32, found: u32, left: u32) -> u32 {
    if found == 0 || found + chunk < left { chunk } else { left.saturating_sub(found) }
}

impl TensorRtLlm {
    /// Fills the batch from the fitting requests.
    pub(super) fn fill(&mut self, fitting: &[Slot], batch: &mut Batch) {
        let (most, budget) = (self.config.max_batch_size, self.config.max_num_tokens);
        let (mut used, mut wanted, mut count, mut fits) = (0, 0, 0, true);
        let mut candidates = Vec::new();
        for &slot in fitting {
            let sequence = self.sequences.at_mut(slot);
            match (sequence.state, self.config.chunking) {
                (State::ToComplete, _) => continue,
                (State::Generation, _) => {
                    if used + 1 > budget {
                        break;
                    }
                    batch.generations.push(slot);
                    used += 1;
                }
                (State::Context, None) => {
                    let found = sequence.counted_found();
                    let tokens = forward(sequence.tokens(), found, sequence.left()).max(1);
                    if tokens > budget - used {
                        break;
                    }
                    batch.contexts.push(slot);
                    used += tokens;
                }
                (State::Context, Some(_)) => {
                    let left = sequence.left();
                    sequence.chunk = left;
                    let tokens = forward(left, sequence.counted_found(), left);
                    fits &= tokens <= budget;
                    candidates.push(slot);
                    wanted += u64::from(tokens.min(budget));
                }
            }
            count += 1;
            if count >= most {
                break;
            }
        }
        let capacity = budget - used;
        fits &= wanted <= capacity.into();
        if let Some(chunking) = self.config.chunking.filter(|_| !fits && !candidates.is_empty()) {
            self.share(&candidates, &chunking, capacity);
        }
        let sequences = &self.sequences;
        batch.contexts.extend(candidates.iter().filter(|&&slot| sequences.at(slot).chunk > 0));
        if !fits {
            self.put_last_chunks_last(&mut batch.contexts);
        }
    }

    /// Shares the budget that is left among contexts.
    fn share(&mut self, candidates: &[Slot], chunking: &ContextChunking, capacity: u32) {
        let most = self.config.max_num_tokens;
        let sequences = &mut self.sequences;
        candidates.iter().for_each(|&slot| sequences.at_mut(slot).chunk = 0);
        match chunking.policy {
            ChunkingPolicy::FirstComeFirstServed => {
                let mut left = i64::from(capacity);
                for &slot in candidates {
                    let sequence = sequences.at_mut(slot);
                    left -= i64::from(serve(sequence, left, most, chunking.unit));
                }
            }
            ChunkingPolicy::EqualProgress => {
                let (mut done, mut moved) = (0, true);
                while done < capacity && moved {
                    moved = false;
                    for &slot in candidates {
                        let sequence = sequences.at_mut(slot);
                        let left = sequence.left();
                        let found = sequence.counted_found().min(left);
                        let chunk = sequence.chunk.saturating_add(chunking.unit).min(left);
                        let more = i64::from(forward(chunk, found, left))
                            - i64::from(forward(sequence.chunk, found, left));
                        let new = i64::from(done) + more;
                        if new > capacity.into() || chunk > most {
                            continue;
                        }
                        moved |= chunk > sequence.chunk;
                        sequence.chunk = chunk;
                        done = new.max(0) as u32;
                    }
                }
            }
        }
    }

    /// Last chunks come last, in order.
    pub(super) fn put_last_chunks_last(&self, contexts: &mut [Slot]) {
        contexts.sort_by_key(|&slot| self.sequences.at(slot).is_last_chunk());
    }
}

/// Gives a context as much as it can take of what is `available`. Returns the tokens that are to be
/// computed.
fn serve(sequence: &mut Sequence, available: i64, most: u32, unit: u32) -> u32 {
    let left = sequence.left();
    let found = sequence.counted_found().min(left);
    let mut size = left;
    if available < forward(left, found, left).into() {
        size = available as u32;
    }
    if forward(size, found, left) > most {
        size = most.min(left);
    }
    if size < left {
        size = size / unit * unit;
    }
    sequence.chunk = size;
    forward(size, found, left)
}
