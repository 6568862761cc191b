//! Blocks with numbers: which are free, in which order they are taken, what each of them holds.
//!
//! The plain way, in which everything costs O(blocks).

use crate::hits::Hits;
use crate::table::BlockTable;
use index::{Index, SharedKey};

pub(crate) mod index;

/// What a block holds, as far as anybody can hit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// Nothing that can be hit: never written, or not full.
    Blank,
    /// The block at this position of this sequence, which no other sequence shares.
    Own { owner: u64, position: u32 },
    /// A block that sequences may share.
    Shared(SharedKey),
}

/// No block; the head and tail of the list of idle blocks.
const END: u32 = 0;

#[derive(Debug, Clone, Copy)]
struct Block {
    key: Key,
    /// Sequences that hold it.
    holders: u32,
    /// Neighbours in the list of idle blocks, while it is there.
    before: u32,
    after: u32,
}

/// All blocks of a pool that were ever used; the others wait behind a counter.
///
/// Free blocks are taken in the order: blank ones that came back (the last first), those never
/// used, and then those that still hold something (*idle* ones), in the order in which they came
/// back. So content is overwritten as late as can be. Taking, touching and releasing a block cost
/// O(1); memory is that of the blocks ever used.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// By block number; number 0 is the null block, and the ends of the idle list.
    blocks: Vec<Block>,
    /// Blocks in the pool.
    total: u32,
    /// Whether blocks keep what they hold.
    caching: bool,
    /// Blank blocks that came back.
    blank: Vec<u32>,
    index: Index,
    evictions: u64,
    /// How often shared content was entered, overwritten, taken hold of or given back.
    changes: u64,
}

impl Listed {
    pub(crate) fn new(total: u32, caching: bool) -> Self {
        let null = Block { key: Key::Blank, holders: 0, before: END, after: END };
        Self {
            blocks: vec![null],
            total,
            caching,
            blank: Vec::new(),
            index: Index::default(),
            evictions: 0,
            changes: 0,
        }
    }

    /// Blocks whose content was kept and overwritten.
    pub(crate) fn evictions(&self) -> u64 {
        self.evictions
    }

    /// A number that changes whenever the hits of a sequence may.
    pub(crate) fn version(&self, table: &BlockTable) -> u64 {
        // Others can do no more to blocks of its own than overwrite them.
        self.changes + if table.has_former() { self.evictions } else { 0 }
    }

    /// Finds the hits among the first `most` blocks of a sequence. Returns how many are free.
    pub(crate) fn find(
        &self,
        table: &BlockTable,
        most: u32,
        block_size: u32,
        hits: &mut Hits,
    ) -> u32 {
        if table.is_unknown() {
            return 0;
        }
        let mut idle = 0;
        let mut keys = table.keys(0, block_size);
        for position in 0..most {
            let block = match keys.next_key() {
                Key::Shared(key) => self.index.oldest(key),
                _ => table.own_block(position, self),
            };
            let Some(block) = block else { break };
            idle += u32::from(self.is_idle(block));
            hits.push(block, position + 1);
        }
        idle
    }

    /// A sequence without blocks takes hold of its hits. Returns how many of them were free.
    pub(crate) fn claim(&mut self, table: &mut BlockTable, hits: &Hits) -> u32 {
        let blocks = hits.found().iter().map(|found| found.at);
        table.blocks.extend(blocks.clone());
        blocks.map(|block| u32::from(self.touch(block))).sum()
    }

    /// A sequence takes `lacking` free blocks; the caller knows that there are so many.
    pub(crate) fn grow(&mut self, table: &mut BlockTable, lacking: u32) {
        table.blocks.extend((0..lacking).map(|_| self.take()));
    }

    /// The first `full` blocks of a sequence hold what its tokens are from now on.
    pub(crate) fn enter(&mut self, table: &mut BlockTable, full: u32, block_size: u32) {
        let mut keys = table.keys(table.cached, block_size);
        for &block in &table.blocks[table.cached as usize..full as usize] {
            let key = keys.next_key();
            self.blocks[block as usize].key = key;
            if let Key::Shared(key) = key {
                self.index.insert(key, block);
                self.changes += 1;
            }
        }
    }

    /// A sequence gives its blocks back; `again` says whether it may come again. Returns how many
    /// became free.
    pub(crate) fn release(&mut self, table: &mut BlockTable, again: bool) -> u32 {
        if again && self.caching {
            table.remember(self);
        }
        let freed = self.give_back(&table.blocks, table.cached as usize);
        table.blocks.clear();
        freed
    }

    /// Whether nobody holds `block`.
    #[inline]
    fn is_idle(&self, block: u32) -> bool {
        self.blocks[block as usize].holders == 0
    }

    /// What `block` holds.
    #[inline]
    pub(crate) fn key(&self, block: u32) -> Key {
        self.blocks[block as usize].key
    }

    /// Takes the next free block; the caller knows that there is one.
    #[inline]
    fn take(&mut self) -> u32 {
        if let Some(block) = self.blank.pop() {
            self.blocks[block as usize].holders = 1;
            return block;
        }
        let fresh = self.blocks.len() as u32;
        if fresh <= self.total {
            self.blocks.push(Block { key: Key::Blank, holders: 1, before: END, after: END });
            return fresh;
        }
        let block = self.blocks[END as usize].after;
        assert_ne!(block, END, "a block is taken and none is free");
        self.unlink(block);
        let old = std::mem::replace(&mut self.blocks[block as usize].key, Key::Blank);
        if let Key::Shared(key) = old {
            self.index.remove(key, block);
            self.changes += 1;
        }
        self.evictions += 1;
        self.blocks[block as usize].holders = 1;
        block
    }

    /// Another sequence holds `block`. True if it was free before.
    fn touch(&mut self, block: u32) -> bool {
        let was_idle = self.is_idle(block);
        if was_idle {
            self.unlink(block);
            self.changes += u64::from(matches!(self.key(block), Key::Shared(_)));
        }
        self.blocks[block as usize].holders += 1;
        was_idle
    }

    /// Blocks of a sequence come back: the first `cached` hold something, the others are blank.
    /// Returns how many became free.
    fn give_back(&mut self, blocks: &[u32], cached: usize) -> u32 {
        let (cached, blank) = blocks.split_at(cached);
        for &block in blank {
            self.blocks[block as usize].holders = 0;
        }
        // The tail of the sequence will be taken first.
        self.blank.extend_from_slice(blank);
        let mut freed = blank.len() as u32;
        for &block in cached.iter().rev() {
            self.blocks[block as usize].holders -= 1;
            if self.is_idle(block) {
                self.append(block);
                self.changes += u64::from(matches!(self.key(block), Key::Shared(_)));
                freed += 1;
            }
        }
        freed
    }

    fn unlink(&mut self, block: u32) {
        let Block { before, after, .. } = self.blocks[block as usize];
        self.blocks[before as usize].after = after;
        self.blocks[after as usize].before = before;
    }

    /// Puts `block` at the end of the idle list.
    fn append(&mut self, block: u32) {
        let last = std::mem::replace(&mut self.blocks[END as usize].before, block);
        self.blocks[last as usize].after = block;
        let node = &mut self.blocks[block as usize];
        (node.before, node.after) = (last, END);
    }
}
