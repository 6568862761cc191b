//! The event queue: a binary heap under a total order.
//!
//! Guarantees: events leave in the order of `(time, class, rank, sequence)`; the sequence number is
//! given at insertion, so that equal events leave in the order they came (first in, first out); the
//! clock never runs backwards. Insertion and removal cost O(log n) in the number of pending events;
//! an event that is inserted as the very next one and then removed costs O(1).

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use tokendrome_units::SimTime;

/// An event of the model: one closed enum that ranks its variants.
pub trait Event {
    /// Events at the same time leave in ascending order of class.
    fn class(&self) -> u8;

    /// Events of one class at the same time leave in ascending order of rank. It lets the order be
    /// that of what they happen to, whoever was scheduled first.
    fn rank(&self) -> u32 {
        0
    }
}

#[derive(Clone)]
struct Entry<E> {
    time: SimTime,
    class: u8,
    rank: u32,
    sequence: u64,
    event: E,
}

impl<E> Entry<E> {
    fn key(&self) -> (SimTime, u8, u32, u64) {
        (self.time, self.class, self.rank, self.sequence)
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
#[derive(Clone)]
pub struct EventQueue<E> {
    /// If present, the first of all; it was so when it came, and never passed through the heap.
    front: Option<Entry<E>>,
    heap: BinaryHeap<Reverse<Entry<E>>>,
    now: SimTime,
    sequence: u64,
}

impl<E: Event> EventQueue<E> {
    /// An empty queue at time zero.
    #[must_use]
    pub fn new() -> Self {
        Self { front: None, heap: BinaryHeap::new(), now: SimTime::ZERO, sequence: 0 }
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
        let (class, rank, sequence) = (event.class(), event.rank(), self.sequence);
        let entry = Entry { time, class, rank, sequence, event };
        self.sequence += 1;
        let first = match &self.front {
            Some(front) => entry < *front,
            None => self.heap.peek().is_none_or(|Reverse(head)| entry < *head),
        };
        if first {
            if let Some(front) = self.front.replace(entry) {
                self.heap.push(Reverse(front));
            }
        } else {
            self.heap.push(Reverse(entry));
        }
    }

    /// Takes the next event and moves the clock to it.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        let entry = match self.front.take() {
            Some(front) => front,
            None => self.heap.pop()?.0,
        };
        self.now = entry.time;
        Some((entry.time, entry.event))
    }

    /// Takes out the pending events for which `is_gone` holds. O(n) in the number of them.
    pub fn remove(&mut self, is_gone: impl Fn(&E) -> bool) {
        self.front.take_if(|entry| is_gone(&entry.event));
        self.heap.retain(|Reverse(entry)| !is_gone(&entry.event));
    }

    /// Time of the next event.
    #[must_use]
    pub fn next_time(&self) -> Option<SimTime> {
        self.next().map(|entry| entry.time)
    }

    /// Drops the events at the head of the queue for which `is_stale` holds at their time, without
    /// moving the clock: nothing happens then.
    pub fn drop_stale(&mut self, is_stale: impl Fn(SimTime, &E) -> bool) {
        while let Some(entry) = self.next()
            && is_stale(entry.time, &entry.event)
        {
            if self.front.take().is_none() {
                self.heap.pop();
            }
        }
    }

    fn next(&self) -> Option<&Entry<E>> {
        self.front.as_ref().or(self.heap.peek().map(|Reverse(entry)| entry))
    }

    /// Number of pending events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len() + usize::from(self.front.is_some())
    }

    /// Whether no event is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.front.is_none() && self.heap.is_empty()
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
    fn stale_events_move_no_clock() {
        let mut queue = EventQueue::new();
        let at = SimTime::from_nanos;
        for (time, mark) in [(3, 0), (5, 1), (4, 0), (9, 0)] {
            queue.push(at(time), Ranked(0, mark));
        }
        let is_stale = |_, event: &Ranked| event.1 == 0;
        queue.drop_stale(is_stale);
        // Those behind an event that counts stay until it is their turn.
        assert_eq!((queue.next_time(), queue.len(), queue.now()), (Some(at(5)), 2, at(0)));
        queue.pop();
        queue.drop_stale(is_stale);
        assert_eq!((queue.next_time(), queue.now()), (None, at(5)));
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
    fn pushes_between_pops_keep_the_order() {
        // A small deterministic mix of pushes and pops, against a sorted list.
        let (mut queue, mut expected) = (EventQueue::new(), Vec::new());
        let mut state = 7u64;
        for mark in 0..2_000u32 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let time = queue.now().as_nanos() + (state >> 33) % 5;
            let class = (state >> 40) as u8 % 3;
            queue.push(SimTime::from_nanos(time), Ranked(class, mark));
            expected.push((time, class, mark));
            if state >> 62 != 0 {
                expected.sort_unstable();
                let (time, Ranked(class, mark)) = queue.pop().unwrap();
                assert_eq!((time.as_nanos(), class, mark), expected.remove(0));
            }
            assert_eq!(queue.len(), expected.len());
        }
    }
}
