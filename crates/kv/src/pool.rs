//! The pool: counts always, identities where somebody needs them.

use crate::BlockTable;
use crate::store::{Key, Store};

/// A pool of equal KV blocks.
///
/// The null block, which vLLM never hands out, is not among them. Every operation costs O(blocks
/// that it moves); in a pool that only counts, O(1).
#[derive(Debug)]
pub struct BlockPool {
    block_size: u32,
    total: u32,
    free: u32,
    /// Which blocks are which; none in a pool that only counts.
    store: Option<Store>,
    caching: bool,
    taken: Vec<u32>,
}

impl BlockPool {
    /// A pool of `total` free blocks of `block_size` tokens each, that are only counted.
    ///
    /// # Panics
    /// If `block_size` is zero.
    #[must_use]
    pub fn counting(total: u32, block_size: u32) -> Self {
        assert!(block_size > 0, "a block holds at least one token");
        Self { block_size, total, free: total, store: None, caching: false, taken: Vec::new() }
    }

    /// A pool whose blocks have numbers, from 1; nothing is shared.
    ///
    /// # Panics
    /// If `block_size` is zero.
    #[must_use]
    pub fn listing(total: u32, block_size: u32) -> Self {
        Self { store: Some(Store::new()), ..Self::counting(total, block_size) }
    }

    /// A pool with prefix caching.
    ///
    /// # Panics
    /// If `block_size` is zero.
    #[must_use]
    pub fn caching(total: u32, block_size: u32) -> Self {
        Self { caching: true, ..Self::listing(total, block_size) }
    }

    /// Tokens of a block.
    #[inline]
    #[must_use]
    pub fn block_size(&self) -> u32 {
        self.block_size
    }

    /// Blocks that `tokens` tokens need.
    #[inline]
    #[must_use]
    pub fn blocks_for(&self, tokens: u32) -> u32 {
        tokens.div_ceil(self.block_size)
    }

    /// Blocks that nobody holds, those that can still be hit among them.
    #[inline]
    #[must_use]
    pub fn free(&self) -> u32 {
        self.free
    }

    /// Blocks that somebody holds.
    #[inline]
    #[must_use]
    pub fn used(&self) -> u32 {
        self.total - self.free
    }

    /// All blocks.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.total
    }

    /// Blocks whose content was kept for later hits and overwritten, since the start. Content of
    /// sequences that will never come again is kept too: the pool does not know.
    #[must_use]
    pub fn evictions(&self) -> u64 {
        self.store.as_ref().map_or(0, Store::evictions)
    }

    /// Finds the blocks that already hold the beginning of a sequence without blocks: the longest
    /// run of hits among its first `most` blocks, into `hits`. Returns how many of them are free.
    pub fn find_hits(&self, table: &BlockTable, most: u32, hits: &mut Vec<u32>) -> u32 {
        hits.clear();
        let Some(store) = self.store.as_ref().filter(|_| self.caching) else { return 0 };
        if table.is_unknown() {
            return 0;
        }
        let mut idle = 0;
        let mut keys = table.keys(0, self.block_size);
        for position in 0..most {
            let block = match keys.next_key() {
                Key::Shared(key) => store.shared(key),
                _ => table.own(position, store),
            };
            let Some(block) = block else { break };
            idle += u32::from(store.is_idle(block));
            hits.push(block);
        }
        idle
    }

    /// A number that changes whenever [`BlockPool::find_hits`] may find something else for `table`.
    #[must_use]
    pub fn version(&self, table: &BlockTable) -> u64 {
        let Some(store) = &self.store else { return 0 };
        let (shared, evicted) = store.changes();
        // Others can do no more to blocks of its own than overwrite them.
        if table.has_former() { shared + evicted } else { shared }
    }

    /// A sequence without blocks takes hold of its hits.
    pub fn claim(&mut self, table: &mut BlockTable, hits: &[u32]) {
        let Some(store) = &mut self.store else { return };
        for &block in hits {
            self.free -= u32::from(store.touch(block));
        }
        table.blocks.extend_from_slice(hits);
        table.held = hits.len() as u32;
        (table.cached, table.hits) = (table.held, table.held);
    }

    /// Tokens of `blocks` blocks.
    #[inline]
    fn tokens_in(&self, blocks: u32) -> u64 {
        u64::from(blocks) * u64::from(self.block_size)
    }

    /// Takes the blocks that a sequence lacks to hold `tokens` tokens.
    ///
    /// # Panics
    /// If fewer are free: whoever grows a sequence must ask [`BlockPool::free`] first.
    #[inline]
    pub fn grow(&mut self, table: &mut BlockTable, tokens: u32) {
        if u64::from(tokens) > self.tokens_in(table.held) {
            self.take_for(table, tokens);
        }
    }

    fn take_for(&mut self, table: &mut BlockTable, tokens: u32) {
        let lacking = self.blocks_for(tokens) - table.held;
        assert!(lacking <= self.free, "{lacking} blocks taken of {} free", self.free);
        self.free -= lacking;
        table.held += lacking;
        if let Some(store) = &mut self.store {
            let total = self.total;
            table.blocks.extend((0..lacking).map(|_| store.take(total)));
        }
    }

    /// Emulated.
    pub fn take(&mut self, blocks: u32) {
        assert!(blocks <= self.free);
        self.free -= blocks;
        if let Some(store) = &mut self.store {
            let total = self.total;
            for _ in 0..blocks {
                let block = store.take(total);
                self.taken.push(block);
            }
        }
    }

    /// Emulated.
    pub fn settle(&mut self, table: &mut BlockTable, tokens: u32, known: u32) {
        let lacking = self.blocks_for(tokens) - table.held;
        table.held += lacking;
        if self.store.is_some() {
            let at = self.taken.len() - lacking as usize;
            table.blocks.extend(self.taken.drain(at..));
        }
        self.cache(table, known);
    }

    /// The full blocks of a sequence's first `tokens` tokens, which are known, can be hit from now
    /// on.
    #[inline]
    pub fn cache(&mut self, table: &mut BlockTable, tokens: u32) {
        if self.caching && u64::from(tokens) >= self.tokens_in(table.cached + 1) {
            self.enter(table, tokens / self.block_size);
        }
    }

    fn enter(&mut self, table: &mut BlockTable, full: u32) {
        let Some(store) = &mut self.store else { return };
        let mut keys = table.keys(table.cached, self.block_size);
        for &block in &table.blocks[table.cached as usize..full as usize] {
            store.enter(block, keys.next_key());
        }
        table.cached = full;
    }

    /// A sequence gives all its blocks back; `again` says whether it may come again.
    pub fn release(&mut self, table: &mut BlockTable, again: bool) {
        self.free += match &mut self.store {
            Some(store) => {
                if again && self.caching {
                    table.remember(store);
                }
                store.release(&table.blocks, table.cached as usize)
            }
            None => table.held,
        };
        table.blocks.clear();
        if !again {
            table.forget();
        }
        (table.held, table.cached, table.hits) = (0, 0, 0);
        assert!(self.free <= self.total, "more blocks came back than were taken");
    }
}

#[cfg(test)]
mod tests;
