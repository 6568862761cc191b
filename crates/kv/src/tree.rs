//! Blocks as TensorRT-LLM's block manager hands them out: a queue of free ones, a tree of those
//! that can be used again.

use rustc_hash::FxHashMap;

use crate::listed::Key;
use crate::table::BlockTable;

/// No block; as a parent, the root of the tree.
const NONE: u32 = u32::MAX;

/// Identity of a full block: its tokens and all before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrefixKey(Key);

/// What a sequence finds in the tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Blocks from its first on that are there.
    pub blocks: u32,
    /// Those of them that some sequence holds.
    pub held: u32,
    /// Its first full block that is not there, if any.
    pub missing: Option<PrefixKey>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    /// Sequences that hold it.
    holders: u32,
    /// Holders that are thought to be gone: see [`TreePool::think_released`].
    thought_gone: u32,
    /// Neighbours in the queue of free blocks, while it is there.
    before: u32,
    after: u32,
    /// Its parent in the tree, and what it holds.
    place: Option<(u32, Key)>,
    /// The first of its children that can be found, and its neighbours among those of its parent.
    child: u32,
    left: u32,
    right: u32,
}

impl Block {
    const NEW: Self = Self {
        holders: 0,
        thought_gone: 0,
        before: NONE,
        after: NONE,
        place: None,
        child: NONE,
        left: NONE,
        right: NONE,
    };
}

/// A pool of equal KV blocks with numbers, from 0.
///
/// Free blocks wait in one queue, first in, first out; at the start they are there in the order of
/// their numbers. With reuse, what full blocks hold is kept in a tree: a node for each block, below
/// the node of the block before it. A block that came back stays in the tree, and can be found,
/// until it is taken from the head of the queue for something else; then all nodes below it leave
/// the tree too.
///
/// The plain way: operations cost O(blocks that they touch), memory is that of the blocks ever
/// used. [`crate::BlockPool`] overwrites in another order (blank blocks first, by vLLM's rules) and
/// knows no tree, so it cannot stand in for this one.
///
/// Source: `kvCacheManager.cpp` of TensorRT-LLM (`storeBlocks`, `releaseBlocks`,
/// `analyzePrefixReuse`). Not modelled: reuse of a part of a block, offloading to the host,
/// priorities of retention.
#[derive(Debug, Clone)]
pub struct TreePool {
    block_size: u32,
    total: u32,
    free: u32,
    reuses: bool,
    /// Those ever used, by number; the others are behind a counter: at the head of the queue.
    blocks: Vec<Block>,
    /// Ends of the queue.
    head: u32,
    tail: u32,
    /// Children that can be found, by parent and content.
    children: FxHashMap<(u32, Key), u32>,
    evictions: u64,
    /// Blocks some of whose holders are thought to be gone.
    thought_of: Vec<u32>,
}

impl TreePool {
    /// A pool of `total` free blocks of `block_size` tokens each, with or without reuse.
    ///
    /// # Panics
    /// If `block_size` is zero, or `total` has no number to spare.
    #[must_use]
    pub fn new(total: u32, block_size: u32, reuses: bool) -> Self {
        assert!(block_size > 0, "a block holds at least one token");
        assert!(total < NONE, "{total} blocks leave no number for none");
        Self {
            block_size,
            total,
            free: total,
            reuses,
            blocks: Vec::new(),
            head: NONE,
            tail: NONE,
            children: FxHashMap::default(),
            evictions: 0,
            thought_of: Vec::new(),
        }
    }

    /// Tokens of a block.
    #[must_use]
    pub fn block_size(&self) -> u32 {
        self.block_size
    }

    /// Whether full blocks can be used again.
    #[must_use]
    pub fn reuses(&self) -> bool {
        self.reuses
    }

    /// All blocks.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.total
    }

    /// Blocks that nobody holds, those in the tree among them.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.free
    }

    /// Blocks that left the tree because they, or one above them, were taken for something else.
    #[must_use]
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    /// What the tree holds of a sequence's first `full` blocks, which are full.
    #[must_use]
    pub fn find(&self, table: &BlockTable, full: u32) -> Found {
        let mut found = Found::default();
        if !self.reuses {
            return found;
        }
        let (mut parent, mut keys) = (NONE, table.keys(0, self.block_size));
        for _ in 0..full {
            let key = keys.next_key();
            let Some(&block) = self.children.get(&(parent, key)) else {
                found.missing = Some(PrefixKey(key));
                break;
            };
            found.blocks += 1;
            found.held += u32::from(self.blocks[block as usize].holders > 0);
            parent = block;
        }
        found
    }

    /// A sequence without blocks takes hold of those of its first `full` blocks that the tree has.
    pub fn claim(&mut self, table: &mut BlockTable, full: u32) {
        if !self.reuses {
            return;
        }
        assert!(table.blocks.is_empty(), "a sequence claims while it holds blocks");
        let mut claimed = std::mem::take(&mut table.blocks);
        let (mut parent, mut keys) = (NONE, table.keys(0, self.block_size));
        for _ in 0..full {
            let Some(&block) = self.children.get(&(parent, keys.next_key())) else { break };
            claimed.push(block);
            parent = block;
        }
        for &block in &claimed {
            if self.blocks[block as usize].holders == 0 {
                self.leave_queue(block);
            }
            self.blocks[block as usize].holders += 1;
        }
        table.held = claimed.len() as u32;
        table.blocks = claimed;
    }

    /// A sequence takes further blocks from the head of the queue.
    ///
    /// # Panics
    /// If fewer are free.
    pub fn take(&mut self, table: &mut BlockTable, count: u32) {
        assert!(count <= self.free, "{count} blocks taken of {} free", self.free);
        for _ in 0..count {
            let block = self.take_one();
            table.blocks.push(block);
        }
        table.held += count;
    }

    fn take_one(&mut self) -> u32 {
        let used = self.blocks.len() as u32;
        if used < self.total {
            // Those never used stand before all that came back.
            self.blocks.push(Block { holders: 1, ..Block::NEW });
            self.free -= 1;
            return used;
        }
        let block = self.head;
        self.leave_queue(block);
        self.blocks[block as usize].holders = 1;
        self.evict(block);
        block
    }

    /// Takes a block and all below it out of the tree.
    fn evict(&mut self, block: u32) {
        let mut left = vec![block];
        while let Some(block) = left.pop() {
            self.evictions += u64::from(self.unlink(block));
            let mut child = self.blocks[block as usize].child;
            while child != NONE {
                left.push(child);
                child = self.blocks[child as usize].right;
            }
        }
    }

    /// A sequence's first `full` blocks, which are full, can be found from now on, unless others
    /// that hold the same can be found already.
    ///
    /// From the first that is new nothing is looked up any more: further blocks of the sequence go
    /// below its own, where another with the same tokens stays the one that is found.
    pub fn store(&mut self, table: &BlockTable, full: u32) {
        if !self.reuses {
            return;
        }
        let (mut parent, mut keys, mut is_known) = (NONE, table.keys(0, self.block_size), true);
        for &own in table.blocks.iter().take(full as usize) {
            let key = keys.next_key();
            if is_known && let Some(&known) = self.children.get(&(parent, key)) {
                parent = known;
                continue;
            }
            is_known = false;
            self.unlink(own);
            self.link(own, parent, key);
            parent = own;
        }
    }

    /// A sequence gives all its blocks back, the last first; `again` says whether it may come
    /// again.
    pub fn release(&mut self, table: &mut BlockTable, again: bool) {
        for &block in table.blocks.iter().rev() {
            let holders = &mut self.blocks[block as usize].holders;
            *holders -= 1;
            if *holders == 0 {
                self.join_queue(block);
            }
        }
        table.blocks.clear();
        table.held = 0;
        if !again {
            table.forget();
        }
    }

    /// How many blocks would become free if this sequence, too, gave its blocks back, after those
    /// that were thought to have done so before.
    pub fn think_released(&mut self, table: &BlockTable) -> u32 {
        let mut freed = 0;
        for &number in &table.blocks {
            let block = &mut self.blocks[number as usize];
            block.thought_gone += 1;
            freed += u32::from(block.thought_gone == block.holders);
            self.thought_of.push(number);
        }
        freed
    }

    /// Nothing is thought released any more.
    pub fn think_again(&mut self) {
        for block in self.thought_of.drain(..) {
            self.blocks[block as usize].thought_gone = 0;
        }
    }

    fn link(&mut self, block: u32, parent: u32, key: Key) {
        self.blocks[block as usize].place = Some((parent, key));
        if self.children.contains_key(&(parent, key)) {
            return;
        }
        self.children.insert((parent, key), block);
        if parent == NONE {
            return;
        }
        let next = std::mem::replace(&mut self.blocks[parent as usize].child, block);
        let own = &mut self.blocks[block as usize];
        (own.left, own.right) = (NONE, next);
        if next != NONE {
            self.blocks[next as usize].left = block;
        }
    }

    /// Takes a block out of its place in the tree, with all below it. Whether it had one.
    fn unlink(&mut self, block: u32) -> bool {
        let Some((parent, key)) = self.blocks[block as usize].place.take() else { return false };
        if self.children.get(&(parent, key)) != Some(&block) {
            // Another with the same tokens is the one that is found.
            return true;
        }
        self.children.remove(&(parent, key));
        if parent == NONE {
            return true;
        }
        let Block { left, right, .. } = self.blocks[block as usize];
        match left {
            NONE => self.blocks[parent as usize].child = right,
            _ => self.blocks[left as usize].right = right,
        }
        if right != NONE {
            self.blocks[right as usize].left = left;
        }
        true
    }

    fn join_queue(&mut self, block: u32) {
        let last = std::mem::replace(&mut self.tail, block);
        let own = &mut self.blocks[block as usize];
        (own.before, own.after) = (last, NONE);
        match last {
            NONE => self.head = block,
            _ => self.blocks[last as usize].after = block,
        }
        self.free += 1;
    }

    fn leave_queue(&mut self, block: u32) {
        let Block { before, after, .. } = self.blocks[block as usize];
        match before {
            NONE => self.head = after,
            _ => self.blocks[before as usize].after = after,
        }
        match after {
            NONE => self.tail = before,
            _ => self.blocks[after as usize].before = before,
        }
        self.free -= 1;
    }
}

#[cfg(test)]
mod tests;
