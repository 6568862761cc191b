//! Where extents live, and the order in which idle ones are overwritten.

/// No extent. The node with this number is the two ends of the idle list.
pub(super) const NONE: u32 = 0;

/// Neighbours in a list of extents.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Link {
    pub(super) before: u32,
    pub(super) after: u32,
}

/// Blocks at neighbouring positions of one run of content, with the same holders.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    /// Position of the first block.
    pub(super) start: u32,
    /// Position behind the last block.
    pub(super) end: u32,
    /// Sequences that hold it; an extent that nobody holds is in the idle list.
    pub(super) holders: u32,
    /// The run of its content; [`NONE`] if nobody can hit it, and only the number of its blocks
    /// matters.
    pub(super) run: u32,
    /// Neighbours in the idle list, while it is there.
    pub(super) idle: Link,
    /// Ring of the extents of the same run and positions, in the order in which they were entered.
    pub(super) twins: Link,
    /// Whether it was entered first among its twins.
    pub(super) oldest: bool,
    /// In the oldest of its twins: the oldest ones at the positions before and behind.
    pub(super) ranges: Link,
    /// What was split off at its start. Whoever held it before the split holds both.
    pub(super) left: u32,
}

impl Extent {
    #[inline]
    pub(super) fn len(&self) -> u32 {
        self.end - self.start
    }

    #[inline]
    pub(super) fn is_dead(&self) -> bool {
        self.run == NONE
    }
}

/// All extents of a pool, and the list of the idle ones. Every operation costs O(1).
#[derive(Debug, Clone)]
pub(super) struct Arena {
    nodes: Vec<Extent>,
    /// Nodes that are no extent now.
    vacant: Vec<u32>,
}

impl Arena {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Extent::default()], vacant: Vec::new() }
    }

    #[inline]
    pub(super) fn get(&self, extent: u32) -> &Extent {
        &self.nodes[extent as usize]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, extent: u32) -> &mut Extent {
        &mut self.nodes[extent as usize]
    }

    /// Adds an extent, in a ring of its own.
    #[inline]
    pub(super) fn add(&mut self, extent: Extent) -> u32 {
        let id = self.vacant.pop().unwrap_or(self.nodes.len() as u32);
        let extent = Extent { twins: Link { before: id, after: id }, ..extent };
        match self.nodes.get_mut(id as usize) {
            Some(node) => *node = extent,
            None => self.nodes.push(extent),
        }
        id
    }

    /// Forgets an extent that is in no list any more.
    #[inline]
    pub(super) fn discard(&mut self, extent: u32) {
        self.vacant.push(extent);
    }

    /// Whether it is the only one of its run at its positions.
    #[inline]
    pub(super) fn is_lone(&self, extent: u32) -> bool {
        self.get(extent).twins.after == extent
    }

    /// The idle extent that is overwritten first.
    #[inline]
    pub(super) fn first_idle(&self) -> u32 {
        self.get(NONE).idle.after
    }

    /// The idle extent that is overwritten last.
    #[inline]
    pub(super) fn last_idle(&self) -> u32 {
        self.get(NONE).idle.before
    }

    /// Puts an extent into the idle list behind another; behind [`NONE`], at its beginning.
    #[inline]
    pub(super) fn insert_idle(&mut self, before: u32, extent: u32) {
        let after = std::mem::replace(&mut self.get_mut(before).idle.after, extent);
        self.get_mut(after).idle.before = extent;
        self.get_mut(extent).idle = Link { before, after };
    }

    #[inline]
    pub(super) fn unlink_idle(&mut self, extent: u32) {
        let Link { before, after } = self.get(extent).idle;
        self.get_mut(before).idle.after = after;
        self.get_mut(after).idle.before = before;
    }
}

#[cfg(test)]
impl Arena {
    /// Number of extents.
    pub(super) fn count(&self) -> usize {
        self.nodes.len() - 1 - self.vacant.len()
    }
}
