//! The running requests, in the order of their admission: a list through the sequences.

use super::Sequence;
use crate::Slot;

/// No request.
const NONE: u32 = u32::MAX;

/// The ends of the list. Every operation but the walk costs O(1).
#[derive(Debug, Clone)]
pub(super) struct Running {
    first: u32,
    last: u32,
    len: u32,
    /// Admissions so far.
    admissions: u64,
}

/// A sequence's place in the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Links {
    before: u32,
    after: u32,
    /// Number of its admission: ascends along the list.
    pub(super) admission: u64,
}

impl Default for Links {
    fn default() -> Self {
        Self { before: NONE, after: NONE, admission: 0 }
    }
}

impl Running {
    pub(super) fn new() -> Self {
        Self { first: NONE, last: NONE, len: 0, admissions: 0 }
    }

    pub(super) fn len(&self) -> u32 {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn last(&self) -> Option<Slot> {
        (self.last != NONE).then_some(Slot(self.last))
    }

    /// A request is admitted.
    pub(super) fn push(&mut self, slot: Slot, sequences: &mut [Sequence]) {
        self.admissions += 1;
        let before = std::mem::replace(&mut self.last, slot.0);
        match before {
            NONE => self.first = slot.0,
            _ => sequences[before as usize].links.after = slot.0,
        }
        sequences[slot.index()].links = Links { before, after: NONE, admission: self.admissions };
        self.len += 1;
    }

    /// A request runs no more. It keeps the number of its admission.
    pub(super) fn remove(&mut self, slot: Slot, sequences: &mut [Sequence]) {
        let Links { before, after, .. } = sequences[slot.index()].links;
        match before {
            NONE => self.first = after,
            _ => sequences[before as usize].links.after = after,
        }
        match after {
            NONE => self.last = before,
            _ => sequences[after as usize].links.before = before,
        }
        self.len -= 1;
    }

    /// Walks through the list.
    pub(super) fn iter<'a>(&self, sequences: &'a [Sequence]) -> impl Iterator<Item = Slot> + 'a {
        let mut next = self.first;
        std::iter::from_fn(move || {
            let slot = (next != NONE).then_some(Slot(next))?;
            next = sequences[slot.index()].links.after;
            Some(slot)
        })
    }
}
