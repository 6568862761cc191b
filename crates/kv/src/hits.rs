//! What a search for hits found.

/// Blocks that already hold the beginning of a sequence, as [`BlockPool::find_hits`] finds them.
///
/// [`BlockPool::find_hits`]: crate::BlockPool::find_hits
#[derive(Debug, Clone, Default)]
pub struct Hits {
    found: Vec<Found>,
}

/// Neighbouring blocks: from where those found before end, to `end`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Number of the block, or the extent that they lie in.
    pub(crate) at: u32,
    /// Position in the sequence behind the last of them.
    pub(crate) end: u32,
}

impl Hits {
    /// Number of blocks found.
    #[inline]
    #[must_use]
    pub fn len(&self) -> u32 {
        self.found.last().map_or(0, |found| found.end)
    }

    /// Whether nothing was found.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.found.clear();
    }

    /// Blocks behind those found so far, up to position `end`.
    #[inline]
    pub(crate) fn push(&mut self, at: u32, end: u32) {
        debug_assert!(end > self.len(), "hits follow one another");
        self.found.push(Found { at, end });
    }

    pub(crate) fn found(&self) -> &[Found] {
        &self.found
    }
}
