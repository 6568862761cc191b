//! Which blocks hold which shared content.

use rustc_hash::FxHashMap;

/// No block: the null block is never handed out.
const NONE: u32 = 0;

/// Identity of a block that sequences may share: the run that its last token belongs to, and the
/// block's position in the sequence.
pub(crate) type SharedKey = (u64, u32);

/// Blocks by shared content. Several blocks may hold the same; the one entered first is found.
///
/// Every operation costs O(1).
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    chains: FxHashMap<SharedKey, Chain>,
    /// By block: its neighbours among the blocks of the same content.
    links: Vec<Link>,
}

/// First and last block entered for one content.
#[derive(Debug, Clone, Copy)]
struct Chain {
    oldest: u32,
    newest: u32,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    older: u32,
    newer: u32,
}

impl Index {
    /// The block that was entered first of those that hold `key`.
    #[inline]
    pub(crate) fn oldest(&self, key: SharedKey) -> Option<u32> {
        self.chains.get(&key).map(|chain| chain.oldest)
    }

    /// Enters `block`, which is in no chain.
    pub(crate) fn insert(&mut self, key: SharedKey, block: u32) {
        if self.links.len() <= block as usize {
            self.links.resize(block as usize + 1, Link { older: NONE, newer: NONE });
        }
        let chain = self.chains.entry(key).or_insert(Chain { oldest: block, newest: NONE });
        let older = std::mem::replace(&mut chain.newest, block);
        self.links[block as usize] = Link { older, newer: NONE };
        if older != NONE {
            self.links[older as usize].newer = block;
        }
    }

    /// Takes out `block`, which was entered under `key`.
    pub(crate) fn remove(&mut self, key: SharedKey, block: u32) {
        let Link { older, newer } = self.links[block as usize];
        if older == NONE && newer == NONE {
            let gone = self.chains.remove(&key);
            assert!(gone.is_some(), "block {block} was not in the index");
            return;
        }
        let chain = self.chains.get_mut(&key).expect("a block in a chain has a chain");
        match older {
            NONE => chain.oldest = newer,
            _ => self.links[older as usize].newer = newer,
        }
        match newer {
            NONE => chain.newest = older,
            _ => self.links[newer as usize].older = older,
        }
    }
}
