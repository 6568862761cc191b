//! The KV cache as a pool of blocks.
//!
//! A sequence holds whole blocks of a fixed number of tokens. While no block is shared between
//! sequences, which block a sequence holds cannot matter, and the pool is two counters: taking and
//! releasing cost O(1) whatever their size.

/// A pool of equal blocks that no two sequences share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockPool {
    block_size: u32,
    total: u32,
    free: u32,
}

impl BlockPool {
    /// A pool of `total` free blocks of `block_size` tokens each.
    ///
    /// # Panics
    /// If `block_size` is zero.
    #[must_use]
    pub fn new(total: u32, block_size: u32) -> Self {
        assert!(block_size > 0, "a block holds at least one token");
        Self { block_size, total, free: total }
    }

    /// Blocks that `tokens` tokens need.
    #[inline]
    #[must_use]
    pub fn blocks_for(&self, tokens: u32) -> u32 {
        tokens.div_ceil(self.block_size)
    }

    /// Blocks that nobody holds.
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

    /// Takes `count` blocks.
    ///
    /// # Panics
    /// If fewer are free: whoever takes must ask [`BlockPool::free`] first.
    #[inline]
    pub fn take(&mut self, count: u32) {
        assert!(count <= self.free, "{count} blocks taken of {} free", self.free);
        self.free -= count;
    }

    /// Gives `count` blocks back.
    ///
    /// # Panics
    /// If more come back than were taken.
    #[inline]
    pub fn release(&mut self, count: u32) {
        assert!(count <= self.used(), "{count} blocks released of {} used", self.used());
        self.free += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_conserved() {
        let mut pool = BlockPool::new(10, 16);
        assert_eq!([0, 1, 16, 17].map(|tokens| pool.blocks_for(tokens)), [0, 1, 1, 2]);
        pool.take(7);
        pool.release(3);
        assert_eq!((pool.free(), pool.used(), pool.total()), (6, 4, 10));
    }

    #[test]
    #[should_panic(expected = "4 blocks taken of 3 free")]
    fn more_than_is_free_cannot_be_taken() {
        BlockPool::new(3, 16).take(4);
    }

    #[test]
    #[should_panic(expected = "1 blocks released of 0 used")]
    fn more_than_was_taken_cannot_come_back() {
        BlockPool::new(3, 16).release(1);
    }
}
