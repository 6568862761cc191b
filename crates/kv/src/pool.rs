//! The pool: counts always, identities where somebody needs them.

use crate::extents::Extents;
use crate::hits::Hits;
use crate::listed::Listed;
use crate::table::BlockTable;

/// A pool of equal KV blocks.
///
/// The null block, which vLLM never hands out, is not among them. What an operation costs depends
/// on what the pool knows of its blocks: see [the crate](crate).
#[derive(Debug, Clone)]
pub struct BlockPool {
    block_size: u32,
    total: u32,
    free: u32,
    caching: bool,
    store: Store,
}

/// What is known of the blocks.
#[derive(Debug, Clone)]
enum Store {
    /// Their number.
    Counted,
    /// Which is which, and what each holds.
    Listed(Listed),
    /// What they hold.
    Extents(Extents),
}

impl BlockPool {
    /// A pool of `total` free blocks of `block_size` tokens each, that are only counted.
    ///
    /// # Panics
    /// If `block_size` is zero.
    #[must_use]
    pub fn counting(total: u32, block_size: u32) -> Self {
        assert!(block_size > 0, "a block holds at least one token");
        Self { block_size, total, free: total, caching: false, store: Store::Counted }
    }

    /// A pool with prefix caching, whose blocks have no numbers.
    ///
    /// # Panics
    /// If `block_size` is zero.
    #[must_use]
    pub fn caching(total: u32, block_size: u32) -> Self {
        let store = Store::Extents(Extents::new(total));
        Self { caching: true, store, ..Self::counting(total, block_size) }
    }

    /// A pool whose blocks have numbers, from 1, with or without prefix caching.
    ///
    /// # Panics
    /// If `block_size` is zero.
    #[must_use]
    pub fn listing(total: u32, block_size: u32, caching: bool) -> Self {
        let store = Store::Listed(Listed::new(total, caching));
        Self { caching, store, ..Self::counting(total, block_size) }
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

    /// Blocks that somebody holds, and those that were taken for sequences to come.
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

    /// Whether blocks have numbers: see [`BlockTable::blocks`].
    #[inline]
    #[must_use]
    pub fn lists_blocks(&self) -> bool {
        matches!(self.store, Store::Listed(_))
    }

    /// Blocks whose content was kept for later hits and overwritten, since the start. Content of
    /// sequences that will never come again is kept too: the pool does not know.
    #[must_use]
    pub fn evictions(&self) -> u64 {
        match &self.store {
            Store::Counted => 0,
            Store::Listed(listed) => listed.evictions(),
            Store::Extents(extents) => extents.evictions(),
        }
    }

    /// Finds the blocks that already hold the beginning of a sequence without blocks: the longest
    /// row of hits among its first `most` blocks, into `hits`, which is cleared before. Returns how
    /// many of them are free.
    pub fn find_hits(&self, table: &BlockTable, most: u32, hits: &mut Hits) -> u32 {
        hits.clear();
        match &self.store {
            Store::Listed(listed) if self.caching => {
                listed.find(table, most, self.block_size, hits)
            }
            Store::Extents(extents) => extents.find(table, most, self.block_size, hits),
            _ => 0,
        }
    }

    /// A number that changes whenever [`BlockPool::find_hits`] may find something else for `table`.
    #[must_use]
    pub fn version(&self, table: &BlockTable) -> u64 {
        match &self.store {
            Store::Counted => 0,
            Store::Listed(listed) => listed.version(table),
            Store::Extents(extents) => extents.changes(),
        }
    }

    /// A sequence without blocks takes hold of its hits, found when [`BlockPool::version`] was as
    /// it is now.
    pub fn claim(&mut self, table: &mut BlockTable, hits: &Hits) {
        self.free -= match &mut self.store {
            Store::Counted => return,
            Store::Listed(listed) => listed.claim(table, hits),
            Store::Extents(extents) => extents.claim(table, hits),
        };
        table.held = hits.len();
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
            self.lengthen(table, self.blocks_for(tokens));
        }
    }

    fn lengthen(&mut self, table: &mut BlockTable, blocks: u32) {
        let lacking = blocks - table.held;
        self.count_out(lacking);
        table.held = blocks;
        match &mut self.store {
            Store::Counted => {}
            Store::Listed(listed) => listed.grow(table, lacking),
            Store::Extents(extents) => extents.take(lacking),
        }
    }

    #[inline]
    fn count_out(&mut self, blocks: u32) {
        assert!(blocks <= self.free, "{blocks} blocks taken of {} free", self.free);
        self.free -= blocks;
    }

    /// Takes `blocks` blocks for sequences that grow: [`BlockPool::settle`] says later which got
    /// them, before any of them gives its blocks back.
    ///
    /// # Panics
    /// If fewer are free, or if blocks have numbers: then it matters who takes which.
    pub fn take(&mut self, blocks: u32) {
        self.count_out(blocks);
        match &mut self.store {
            Store::Counted => {}
            Store::Listed(_) => panic!("blocks with numbers are taken by the sequences themselves"),
            Store::Extents(extents) => extents.take(blocks),
        }
    }

    /// A sequence holds the blocks for its first `tokens` tokens from now on; those that it lacked
    /// were taken before, by [`BlockPool::take`]. The full blocks of its first `known` tokens, at
    /// most so many, can be hit from now on.
    ///
    /// This does late what [`BlockPool::grow`] and [`BlockPool::cache`] do in time. Nobody can tell
    /// the difference as long as others share nothing behind what was known before
    /// ([`BlockTable::is_shared_beyond`]).
    ///
    /// # Panics
    /// If it lacked blocks that have numbers, and so cannot have been taken before.
    #[inline]
    pub fn settle(&mut self, table: &mut BlockTable, tokens: u32, known: u32) {
        let blocks = self.blocks_for(tokens);
        if blocks > table.held {
            assert!(!self.lists_blocks(), "a sequence lacks blocks with numbers");
            table.held = blocks;
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
        assert!(full <= table.held, "{full} blocks are full of {} held", table.held);
        match &mut self.store {
            Store::Counted => {}
            Store::Listed(listed) => listed.enter(table, full, self.block_size),
            Store::Extents(extents) => extents.enter(table, full, self.block_size),
        }
        table.cached = full;
    }

    /// A sequence gives all its blocks back; `again` says whether it may come again.
    pub fn release(&mut self, table: &mut BlockTable, again: bool) {
        self.free += match &mut self.store {
            Store::Counted => table.held,
            Store::Listed(listed) => listed.release(table, again),
            Store::Extents(extents) => extents.release(table, again),
        };
        if !again {
            table.forget();
        }
        (table.held, table.cached, table.hits) = (0, 0, 0);
        assert!(self.free <= self.total, "more blocks came back than were taken");
    }
}

#[cfg(test)]
mod tests;
