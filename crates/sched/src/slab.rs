//! Things by slot; free slots are used again.

use crate::Slot;

/// What a scheduler keeps of each live request.
#[derive(Debug, Clone)]
pub(crate) struct Slab<T> {
    all: Vec<T>,
    free: Vec<Slot>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { all: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(crate) fn add(&mut self, new: T) -> Slot {
        if let Some(slot) = self.free.pop() {
            self.all[slot.index()] = new;
            return slot;
        }
        self.all.push(new);
        Slot(u32::try_from(self.all.len() - 1).expect("more than 2^32 live requests"))
    }

    /// Nothing names the slot any more. What it holds stays until something else is added.
    pub(crate) fn free(&mut self, slot: Slot) {
        self.free.push(slot);
    }

    pub(crate) fn at(&self, slot: Slot) -> &T {
        &self.all[slot.index()]
    }

    pub(crate) fn at_mut(&mut self, slot: Slot) -> &mut T {
        &mut self.all[slot.index()]
    }
}
