//! The first of many, in bounded memory.

use std::collections::BinaryHeap;

/// The smallest of all that were offered, no more than a limit. An offer costs O(log limit), and
/// O(1) if it comes too late.
#[derive(Debug)]
pub(super) struct First<T> {
    kept: BinaryHeap<T>,
    limit: usize,
    left_out: u64,
    /// The smallest that was left out.
    next: Option<T>,
}

impl<T: Ord> First<T> {
    /// Keeps at most `limit`.
    pub(super) fn new(limit: usize) -> Self {
        Self { kept: BinaryHeap::new(), limit, left_out: 0, next: None }
    }

    pub(super) fn offer(&mut self, one: T) {
        let late = if self.kept.len() < self.limit {
            self.kept.push(one);
            return;
        } else if let Some(mut last) = self.kept.peek_mut().filter(|last| one < **last) {
            std::mem::replace(&mut *last, one)
        } else {
            one
        };
        self.left_out += 1;
        if self.next.as_ref().is_none_or(|next| late < *next) {
            self.next = Some(late);
        }
    }

    /// How many were left out.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The smallest that was left out.
    pub(super) fn next(&self) -> Option<&T> {
        self.next.as_ref()
    }

    /// Those that were kept, in order.
    pub(super) fn into_sorted(self) -> Vec<T> {
        self.kept.into_sorted_vec()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_smallest_are_kept(
            offers in prop::collection::vec(0u32..100, 0..60),
            limit in 0usize..20,
        ) {
            let mut first = First::new(limit);
            for &offer in &offers {
                first.offer(offer);
            }
            let mut sorted = offers;
            sorted.sort_unstable();
            let late = sorted.split_off(limit.min(sorted.len()));
            prop_assert_eq!(first.left_out(), late.len() as u64);
            prop_assert_eq!(first.next(), late.first());
            prop_assert_eq!(first.into_sorted(), sorted);
        }
    }
}
