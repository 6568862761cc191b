//! KV blocks for a batch, and what becomes of its chunks then.

use super::TensorRtLlm;
use super::batch::Batch;
use crate::{Plan, Scheduled, Slot};

impl TensorRtLlm {
    /// Gives the batch its blocks, and writes it down as the plan.
    pub(super) fn prepare(&mut self, batch: &mut Batch, plan: &mut Plan) {
        self.put_last_chunks_last(&mut batch.contexts);
        let mut firsts = std::mem::take(&mut self.firsts);
        firsts.clear();
        let is_first = |slot: &&Slot| self.sequences.at(**slot).is_first_chunk();
        firsts.extend(batch.contexts.iter().filter(is_first));
        if self.config.num_blocks > 0 {
            self.allocate(&mut firsts, batch);
            self.put_last_chunks_last(&mut batch.contexts);
            if self.config.chunking.is_some() {
                self.trim(batch);
            }
        }
        for &slot in &firsts {
            let sequence = self.sequences.at_mut(slot);
            sequence.kv_tokens = sequence.context;
            sequence.has_started = true;
        }
        self.started += firsts.len() as u32;
        for &slot in &batch.contexts {
            let sequence = self.sequences.at_mut(slot);
            sequence.in_flight += 1;
            plan.scheduled.push(Scheduled {
                slot,
                tokens: sequence.chunk,
                context: sequence.position,
                samples: sequence.is_last_chunk(),
                decodes: false,
                admitted: sequence.is_first_chunk(),
            });
        }
        for &slot in &batch.generations {
            let sequence = self.sequences.at_mut(slot);
            sequence.in_flight += 1;
            let context = sequence.kv_tokens;
            sequence.kv_tokens += 1;
            let (samples, decodes, admitted) = (true, true, false);
            plan.scheduled.push(Scheduled { slot, tokens: 1, context, samples, decodes, admitted });
        }
        plan.tokens = plan.scheduled.iter().map(|part| u64::from(part.tokens)).sum();
        self.firsts = firsts;
    }

    /// Blocks: all contexts that begin take hold of what they find, then each takes what it lacks
    /// for the whole context, then each generation the block for its next token.
    fn allocate(&mut self, firsts: &mut Vec<Slot>, batch: &mut Batch) {
        let size = self.config.tokens_per_block;
        for &slot in &*firsts {
            let sequence = self.sequences.at_mut(slot);
            // The last token is computed in any case: its output is wanted.
            self.pool.claim(&mut sequence.table, (sequence.context - 1) / size);
        }
        self.drop_what_lacks_blocks(firsts, batch);
        for &slot in &*firsts {
            let sequence = self.sequences.at_mut(slot);
            let found = sequence.table.held();
            let lacking = sequence.context.div_ceil(size) - found;
            self.pool.take(&mut sequence.table, lacking);
            if !self.config.enable_block_reuse {
                continue;
            }
            let found = found * size;
            sequence.estimate = 0;
            sequence.found = found;
            if found > 0 {
                let mut chunk = sequence.chunk;
                if found + chunk < sequence.context {
                    chunk = (found + chunk) / size * size - found;
                }
                sequence.position = found;
                sequence.chunk = chunk.min(sequence.left());
            }
        }
        for &slot in &batch.generations {
            let sequence = self.sequences.at_mut(slot);
            if sequence.kv_tokens.is_multiple_of(size) {
                self.pool.take(&mut sequence.table, 1);
            }
        }
    }

    /// Whether the next token of a request needs a block.
    fn needs_block(&self, slot: Slot) -> bool {
        self.sequences.at(slot).kv_tokens.is_multiple_of(self.config.tokens_per_block)
    }

    /// Lets those wait for whom there are too few blocks though the capacity scheduler counted on
    /// them: prompts of whole blocks, all of them found, are counted as if their last block were
    /// not computed again. TensorRT-LLM fails here.
    fn drop_what_lacks_blocks(&mut self, firsts: &mut Vec<Slot>, batch: &mut Batch) {
        let size = self.config.tokens_per_block;
        let lacking = |of: &Self, slot: Slot| {
            let sequence = of.sequences.at(slot);
            u64::from(sequence.context.div_ceil(size) - sequence.table.held())
        };
        let generations = batch.generations.iter().filter(|&&slot| self.needs_block(slot));
        let mut needed = generations.count() as u64;
        needed += firsts.iter().map(|&slot| lacking(self, slot)).sum::<u64>();
        while needed > self.pool.free().into() {
            self.is_overcommitted = true;
            if let Some(slot) = firsts.pop() {
                needed -= lacking(self, slot);
                batch.contexts.retain(|&other| other != slot);
                self.pool.release(&mut self.sequences.at_mut(slot).table, true);
                continue;
            }
            let place = batch.generations.iter().rposition(|&slot| self.needs_block(slot));
            batch.generations.remove(place.expect("somebody needs a block"));
            needed -= 1;
        }
    }

    /// Cuts chunks, the last first, where the batch has more tokens than an iteration takes: less
    /// was found than had been estimated.
    fn trim(&mut self, batch: &mut Batch) {
        let size = self.config.tokens_per_block;
        let contexts = batch.contexts.iter().map(|&slot| u64::from(self.sequences.at(slot).chunk));
        let tokens = contexts.sum::<u64>() + batch.generations.len() as u64;
        let Some(excess) = tokens.checked_sub(self.config.max_num_tokens.into()) else { return };
        let mut shed = 0;
        for &slot in batch.contexts.iter().rev() {
            if shed >= excess {
                break;
            }
            let sequence = self.sequences.at_mut(slot);
            let (position, chunk) = (i64::from(sequence.position), i64::from(sequence.chunk));
            let (size, rest) = (i64::from(size), (excess - shed) as i64);
            let whole = (position + chunk - rest).div_euclid(size) * size - position;
            let kept = whole.max(size - position % size);
            if kept < chunk {
                sequence.chunk = kept as u32;
                shed += (chunk - kept) as u64;
            }
        }
        if shed > 0 {
            self.put_last_chunks_last(&mut batch.contexts);
        }
    }
}
