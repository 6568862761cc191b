//! The event queue: a binary heap under a total order.
//!
//! Guarantees: events leave in the order of `(time, class, sequence)`; the sequence number is given
//! at insertion, so that equal events leave in the order they came (first in, first out); the clock
//! never runs backwards. Insertion and removal cost O(log n) in the number of pending events.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use tokendrome_units::SimTime;

/// An event of the model: one closed enum that ranks its variants.
pub trait Event {
    /// Events at the same time leave in ascending order of class.
    fn class(&self) -> u8;
}

struct Entry<E> {
    time: SimTime,
    class: u8,
    sequence: u64,
    event: E,
}

impl<E> Entry<E> {
    fn key(&self) -> (SimTime, u8, u64) {
        (self.time, self.class, self.sequence)
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Pending events and the clock.
pub struct EventQueue<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    now: SimTime,
    sequence: u64,
}

impl<E: Event> EventQueue<E> {
    /// An empty queue at time zero.
    #[must_use]
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), now: SimTime::ZERO, sequence: 0 }
    }

    /// The clock: the time of the event popped last.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Schedules `event` for `time`.
    ///
    /// # Panics
    /// If `time` lies before the clock: an event in the past is a broken invariant.
    pub fn push(&mut self, time: SimTime, event: E) {
        assert!(time >= self.now, "an event at {time} lies before the clock at {}", self.now);
        let class = event.class();
        self.heap.push(Reverse(Entry { time, class, sequence: self.sequence, event }));
        self.sequence += 1;
    }

    /// Takes the next event and moves the clock to it.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        let Reverse(entry) = self.heap.pop()?;
        self.now = entry.time;
        Some((entry.time, entry.event))
    }

    /// Time of the next event.
    #[must_use]
    pub fn next_time(&self) -> Option<SimTime> {
        self.heap.peek().map(|Reverse(entry)| entry.time)
    }

    /// Moves the clock to `time` without an event, where the caller handles an event of its own
    /// that would have been the very next one, and so need not pass through the heap.
    ///
    /// # Panics
    /// If `time` lies before the clock, or not strictly before every pending event.
    pub fn advance_to(&mut self, time: SimTime) {
        assert!(time >= self.now, "the clock cannot go back from {} to {time}", self.now);
        assert!(self.next_time().is_none_or(|next| time < next), "an event comes before {time}");
        self.now = time;
    }

    /// Number of pending events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether no event is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

impl<E: Event> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ranked(u8, u32);

    impl Event for Ranked {
        fn class(&self) -> u8 {
            self.0
        }
    }

    #[test]
    fn events_leave_by_time_then_class_then_insertion() {
        let mut queue = EventQueue::new();
        let at = SimTime::from_nanos;
        for (time, class, mark) in [(5, 1, 0), (5, 0, 1), (3, 9, 2), (5, 1, 3), (5, 0, 4)] {
            queue.push(at(time), Ranked(class, mark));
        }
        let order: Vec<u32> =
            std::iter::from_fn(|| queue.pop()).map(|(_, Ranked(_, mark))| mark).collect();
        assert_eq!(order, [2, 1, 4, 0, 3]);
        assert_eq!(queue.now(), at(5));
    }

    #[test]
    #[should_panic(expected = "lies before the clock")]
    fn the_past_is_closed() {
        let mut queue = EventQueue::new();
        queue.push(SimTime::from_nanos(5), Ranked(0, 0));
        queue.pop();
        queue.push(SimTime::from_nanos(4), Ranked(0, 1));
    }

    #[test]
    #[should_panic(expected = "an event comes before")]
    fn the_clock_cannot_jump_over_an_event() {
        let mut queue = EventQueue::new();
        queue.push(SimTime::from_nanos(5), Ranked(0, 0));
        queue.advance_to(SimTime::from_nanos(5));
    }
}
