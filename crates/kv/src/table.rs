//! The blocks of one sequence, and what they hold.

use tokendrome_units::TokenRun;

use crate::listed::index::SharedKey;
use crate::listed::{Key, Listed};

/// The blocks that one sequence holds, in the order of its tokens, and the identity of its tokens.
#[derive(Debug, Clone)]
pub struct BlockTable {
    /// Their numbers, where the pool keeps them.
    pub(crate) blocks: Vec<u32>,
    /// The extents in which they lie, where the pool keeps those, as far as others can hit them:
    /// neighbours in order, each the rightmost of what was one extent when it was added.
    pub(crate) parts: Vec<u32>,
    /// How many there are.
    pub(crate) held: u32,
    /// How many of them, from the first, can be hit.
    pub(crate) cached: u32,
    /// How many of them, from the first, it found as hits.
    pub(crate) hits: u32,
    /// A number that no other sequence of the pool has.
    pub(crate) owner: u64,
    pub(crate) content: Box<[TokenRun]>,
    /// Where blocks have numbers: those of its own content that it gave back, by position, then in
    /// the order in which they were entered. Those whose key is no longer its own were overwritten
    /// since.
    former: Vec<(u32, u32)>,
    /// Where blocks lie in extents: the run of its own content, if it ever gave any back.
    pub(crate) own: u32,
}

impl BlockTable {
    /// The empty table of a new sequence: `owner` is a number that no other sequence of the pool
    /// has, ever; `content` tells what others may share.
    #[must_use]
    pub fn new(owner: u64, content: &[TokenRun]) -> Self {
        Self {
            blocks: Vec::new(),
            parts: Vec::new(),
            held: 0,
            cached: 0,
            hits: 0,
            owner,
            content: content.into(),
            former: Vec::new(),
            own: 0,
        }
    }

    /// Number of blocks held.
    #[inline]
    #[must_use]
    pub fn held(&self) -> u32 {
        self.held
    }

    /// Numbers of the blocks held, where the pool keeps them.
    #[must_use]
    pub fn blocks(&self) -> &[u32] {
        &self.blocks
    }

    /// Whether others may share any of its content behind its first `tokens` tokens: then what it
    /// holds must be told in time, by [`BlockPool::cache`].
    ///
    /// [`BlockPool::cache`]: crate::BlockPool::cache
    #[inline]
    #[must_use]
    pub fn is_shared_beyond(&self, tokens: u32) -> bool {
        self.content.last().is_some_and(|run| run.end > tokens)
    }

    /// Whether nothing that any sequence computed can be a hit for this one.
    pub(crate) fn is_unknown(&self) -> bool {
        self.content.is_empty() && self.former.is_empty()
    }

    /// Forgets what its tokens are: the sequence will not come again.
    pub(crate) fn forget(&mut self) {
        self.content = Box::default();
        self.former = Vec::new();
        self.blocks = Vec::new();
        self.parts = Vec::new();
        self.own = 0;
    }

    /// Whether blocks with numbers that it gave back may be hits.
    pub(crate) fn has_former(&self) -> bool {
        !self.former.is_empty()
    }

    /// Keys of the blocks from position `first` on.
    pub(crate) fn keys(&self, first: u32, block_size: u32) -> Keys<'_> {
        let run = self.content.partition_point(|run| run.end <= last_token(first, block_size));
        Keys { table: self, block_size, position: first, run }
    }

    /// The oldest block that holds its own content at `position`.
    pub(crate) fn own_block(&self, position: u32, store: &Listed) -> Option<u32> {
        let first = self.former.partition_point(|&(at, _)| at < position);
        let of_position = self.former[first..].iter().take_while(|&&(at, _)| at == position);
        let mine = Key::Own { owner: self.owner, position };
        of_position.map(|&(_, block)| block).find(|&block| store.key(block) == mine)
    }

    /// Before the blocks are given back: remembers those of its own content that may be hits when
    /// it comes again.
    pub(crate) fn remember(&mut self, store: &Listed) {
        let owner = self.owner;
        let is_own = |position: u32, block: u32| store.key(block) == Key::Own { owner, position };
        let (first, cached) = (self.hits as usize, self.cached as usize);
        let entered = &self.blocks[first..cached];
        // A block that was overwritten and is now in use at the same place stands at its new turn.
        let stays = |&(position, block): &(u32, u32)| {
            let place = position as usize;
            is_own(position, block) && (place < first || self.blocks.get(place) != Some(&block))
        };
        let mut former: Vec<(u32, u32)> = self.former.iter().copied().filter(stays).collect();
        let entered = (self.hits..).zip(entered.iter().copied());
        former.extend(entered.filter(|&(position, block)| is_own(position, block)));
        former.sort_by_key(|&(position, _)| position);
        self.former = former;
    }
}

/// Position of the last token of the block at `position`.
#[inline]
fn last_token(position: u32, block_size: u32) -> u32 {
    (position + 1).saturating_mul(block_size) - 1
}

/// The keys of a sequence's full blocks, one after the other, without end.
pub(crate) struct Keys<'a> {
    table: &'a BlockTable,
    block_size: u32,
    position: u32,
    run: usize,
}

impl Keys<'_> {
    #[inline]
    pub(crate) fn next_key(&mut self) -> Key {
        let position = self.position;
        self.position += 1;
        match self.shared(position) {
            Some(key) => Key::Shared(key),
            None => Key::Own { owner: self.table.owner, position },
        }
    }

    #[inline]
    fn shared(&mut self, position: u32) -> Option<SharedKey> {
        let last = last_token(position, self.block_size);
        let content = &self.table.content;
        while content.get(self.run).is_some_and(|run| run.end <= last) {
            self.run += 1;
        }
        content.get(self.run).map(|run| (run.id, position))
    }
}
