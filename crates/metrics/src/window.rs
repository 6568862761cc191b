//! The part of a run that is measured: warm-up and cool-down left out.
//!
//! The measured span goes from the first arrival at or after the end of the warm-up to the last
//! arrival at or before the start of the cool-down, or, where no cool-down is asked for, to the end
//! of the run. A request is measured if it arrives at the span's start or later and before its end,
//! so that n measured requests share n gaps; what else happens is measured if it happens after the
//! start and not after the end. Where the arrivals end is not known while they come, so what may
//! yet fall into the cool-down is held back: memory is that of the cool-down, not of the run.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use tokendrome_units::{SimDuration, SimTime};

use crate::{Counters, RequestRecord};

/// Holds back what may fall into the cool-down, and cuts the counters to the measured span.
#[derive(Clone)]
pub(crate) struct Window {
    warm_up: SimDuration,
    cool_down: SimDuration,
    latest_arrival: SimTime,
    /// Totals at the first arrival after the warm-up.
    start: Option<Counters>,
    /// Totals at arrivals that may yet prove to be the last before the cool-down.
    ends: VecDeque<Counters>,
    held: BinaryHeap<Reverse<ByArrival>>,
    held_gaps: VecDeque<(SimTime, u64, u64)>,
}

#[derive(Clone)]
struct ByArrival(RequestRecord);

impl ByArrival {
    fn key(&self) -> (SimTime, u32) {
        (self.0.arrival, self.0.index)
    }
}

impl PartialEq for ByArrival {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ByArrival {}

impl PartialOrd for ByArrival {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByArrival {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Window {
    pub(crate) fn new(warm_up: SimDuration, cool_down: SimDuration) -> Self {
        Self {
            warm_up,
            cool_down,
            latest_arrival: SimTime::ZERO,
            start: None,
            ends: VecDeque::new(),
            held: BinaryHeap::new(),
            held_gaps: VecDeque::new(),
        }
    }

    /// Whether the whole run is measured.
    pub(crate) fn is_whole(&self) -> bool {
        self.warm_up == SimDuration::ZERO && self.cool_down == SimDuration::ZERO
    }

    /// A request arrives at the time of `totals` (which do not count it yet). Returns whether the
    /// measured span begins with it.
    pub(crate) fn arrival(&mut self, totals: &Counters) -> bool {
        self.latest_arrival = totals.time;
        if self.is_whole() || totals.time < SimTime::after_start(self.warm_up) {
            return false;
        }
        let begins = self.start.is_none();
        if begins {
            self.start = Some(*totals);
        }
        if self.cool_down > SimDuration::ZERO {
            self.ends.push_back(*totals);
            let edge = self.right_edge();
            while self.ends.len() > 1 && edge.is_some_and(|edge| self.ends[1].time <= edge) {
                self.ends.pop_front();
            }
        }
        begins
    }

    /// Where the cool-down would start if no further request came.
    fn right_edge(&self) -> Option<SimTime> {
        let nanos = self.latest_arrival.as_nanos().checked_sub(self.cool_down.as_nanos())?;
        Some(SimTime::from_nanos(nanos))
    }

    /// End of the measured span as far as it is known: it can only grow.
    pub(crate) fn end(&self) -> Option<&Counters> {
        let edge = self.right_edge()?;
        self.ends.front().filter(|end| end.time <= edge)
    }

    fn after_warm_up(&self, time: SimTime) -> bool {
        time >= SimTime::after_start(self.warm_up)
    }

    /// Takes a request that ended, and hands on those that are now known to be measured.
    pub(crate) fn request(
        &mut self,
        record: &RequestRecord,
        mut measured: impl FnMut(&RequestRecord),
    ) {
        let is_late_enough = self.after_warm_up(record.arrival);
        if self.cool_down == SimDuration::ZERO {
            if is_late_enough {
                measured(record);
            }
            return;
        }
        if is_late_enough {
            self.held.push(Reverse(ByArrival(record.clone())));
        }
        self.release_requests(measured);
    }

    /// Hands on the requests that are known to be measured; at the end of a run, all that are.
    pub(crate) fn release_requests(&mut self, mut measured: impl FnMut(&RequestRecord)) {
        let Some(end) = self.end().map(|end| end.time) else { return };
        while self.held.peek().is_some_and(|Reverse(held)| held.0.arrival < end) {
            if let Some(Reverse(ByArrival(record))) = self.held.pop() {
                measured(&record);
            }
        }
    }

    /// Whether gaps from this moment on are measured, if that is known until a request arrives.
    pub(crate) fn takes_gaps(&self) -> Option<bool> {
        let known = self.cool_down == SimDuration::ZERO;
        known.then(|| self.has_begun())
    }

    /// Whether the measured span has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.is_whole() || self.start.is_some()
    }

    /// Takes `weight` gaps between tokens that end at `time`, and hands on those that are now known
    /// to lie in the measured span, as (gap, weight).
    pub(crate) fn gaps(
        &mut self,
        time: SimTime,
        gap: u64,
        weight: u64,
        mut measured: impl FnMut(u64, u64),
    ) {
        let started = self.start.as_ref().is_some_and(|start| time > start.time);
        if !started && !self.is_whole() {
            return;
        }
        if self.cool_down == SimDuration::ZERO {
            measured(gap, weight);
            return;
        }
        self.held_gaps.push_back((time, gap, weight));
        self.release_gaps(measured);
    }

    /// Hands on the gaps that are known to lie in the measured span; at the end of a run, all that
    /// do.
    pub(crate) fn release_gaps(&mut self, mut measured: impl FnMut(u64, u64)) {
        let Some(end) = self.end().map(|end| end.time) else { return };
        while let Some(&(time, gap, weight)) = self.held_gaps.front() {
            if time > end {
                break;
            }
            measured(gap, weight);
            self.held_gaps.pop_front();
        }
    }

    /// When the measured span begins; none if nothing is measured.
    pub(crate) fn start(&self) -> Option<SimTime> {
        if self.is_whole() { Some(SimTime::ZERO) } else { Some(self.start.as_ref()?.time) }
    }

    /// When the measured span ends, given the totals of the whole run; none if nothing is measured.
    pub(crate) fn span_end(&self, whole: &Counters) -> Option<SimTime> {
        self.start()?;
        self.last(whole).map(|last| last.time)
    }

    /// The totals at the end of the measured span, if it has begun.
    fn last<'a>(&'a self, whole: &'a Counters) -> Option<&'a Counters> {
        if self.cool_down == SimDuration::ZERO { Some(whole) } else { self.end() }
    }

    /// The totals of the measured span, given those of the whole run.
    pub(crate) fn totals(&self, whole: &Counters) -> Counters {
        let Some(start) = &self.start else {
            return if self.is_whole() { *whole } else { Counters::default() };
        };
        self.last(whole).map_or_else(Counters::default, |end| end.since(start))
    }
}
