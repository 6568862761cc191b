//! The waiting requests, in the order of admission.

use std::collections::{BTreeSet, VecDeque};

use tokendrome_units::SimTime;

use super::{Policy, Sequence};
use crate::Slot;

/// First come first served, or by (rank, arrival, order).
#[derive(Debug, Clone)]
pub(super) enum Queue {
    Fcfs(VecDeque<Slot>),
    Ranked(BTreeSet<(i64, SimTime, u64, Slot)>),
}

fn key(slot: Slot, sequence: &Sequence) -> (i64, SimTime, u64, Slot) {
    (sequence.rank, sequence.arrival, sequence.order, slot)
}

impl Queue {
    pub(super) fn new(policy: Policy) -> Self {
        match policy {
            Policy::Fcfs => Self::Fcfs(VecDeque::new()),
            _ => Self::Ranked(BTreeSet::new()),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Fcfs(queue) => queue.len(),
            Self::Ranked(queue) => queue.len(),
        }
    }

    /// A new request joins.
    pub(super) fn push(&mut self, slot: Slot, sequence: &Sequence) {
        match self {
            Self::Fcfs(queue) => queue.push_back(slot),
            Self::Ranked(queue) => {
                queue.insert(key(slot, sequence));
            }
        }
    }

    /// A preempted request comes back: to the front, or to its ordinary place.
    pub(super) fn put_back(&mut self, slot: Slot, sequence: &Sequence) {
        match self {
            Self::Fcfs(queue) => queue.push_front(slot),
            Self::Ranked(queue) => {
                queue.insert(key(slot, sequence));
            }
        }
    }

    pub(super) fn head(&self) -> Option<Slot> {
        match self {
            Self::Fcfs(queue) => queue.front().copied(),
            Self::Ranked(queue) => queue.first().map(|&(.., slot)| slot),
        }
    }

    pub(super) fn pop(&mut self) -> Option<Slot> {
        match self {
            Self::Fcfs(queue) => queue.pop_front(),
            Self::Ranked(queue) => queue.pop_first().map(|(.., slot)| slot),
        }
    }

    /// Takes out a request from wherever it stands.
    pub(super) fn remove(&mut self, slot: Slot, sequence: &Sequence) {
        let found = match self {
            Self::Fcfs(queue) => match queue.iter().position(|&other| other == slot) {
                Some(place) => queue.remove(place).is_some(),
                None => false,
            },
            Self::Ranked(queue) => queue.remove(&key(slot, sequence)),
        };
        assert!(found, "a preempted request is not in the queue");
    }
}
