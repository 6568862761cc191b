//! Who was in which slot of a batch, and when.
//!
//! A request's record says when it was first scheduled, when its first token came and when it
//! ended, and not where it stood in the batch; so it gets the lowest slot that is free. An engine
//! with a place for each request in its batch does just that.

use tokendrome::metrics::RequestRecord;
use tokendrome::units::SimTime;
use tokendrome_explore::{FIRST_REQUESTS_MAX, FirstTrial};

/// Most slots that are drawn.
pub(super) const ROWS_MAX: usize = 64;
/// Requests that are drawn at least, where there are so many, and for each slot.
const REQUESTS_MIN: usize = 120;
const REQUESTS_PER_SLOT: usize = 6;

/// A request in a slot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stay {
    /// What the slot belongs to: the number of a replica.
    pub(super) pool: u32,
    /// Number of the slot within it.
    pub(super) slot: usize,
    pub(super) start_s: f64,
    /// Where prefill ends and decode begins.
    pub(super) decode_s: f64,
    pub(super) end_s: f64,
}

/// The slots of one scenario.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Slots {
    pub(super) stays: Vec<Stay>,
    /// Pools in order, each with the row of its first slot.
    pub(super) pools: Vec<(u32, usize)>,
    /// End of the time that is drawn.
    pub(super) end_s: f64,
    /// Whether the run goes on after that.
    pub(super) is_opening: bool,
    pub(super) has_preemptions: bool,
}

impl Slots {
    /// The slots of all scenarios over the same time: as long as the scenario that schedules
    /// requests fastest needs to begin some of them.
    pub(super) fn of_all<'a>(firsts: impl Iterator<Item = Option<&'a FirstTrial>>) -> Vec<Self> {
        let all: Vec<(Vec<Stay>, Option<&FirstTrial>)> =
            firsts.map(|first| (first.map(stays).unwrap_or_default(), first)).collect();
        let ends = all.iter().filter_map(|(stays, first)| Some(opening_s(stays, (*first)?)));
        let end_s = ends.reduce(f64::min).unwrap_or(0.0);
        all.into_iter().map(|(stays, first)| Self::until(end_s, stays, first)).collect()
    }

    fn until(end_s: f64, mut stays: Vec<Stay>, first: Option<&FirstTrial>) -> Self {
        stays.retain(|stay| stay.start_s < end_s);
        for stay in &mut stays {
            stay.end_s = stay.end_s.min(end_s);
            stay.decode_s = stay.decode_s.min(end_s);
        }
        let mut numbers: Vec<u32> = stays.iter().map(|stay| stay.pool).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let (mut pools, mut row) = (Vec::new(), 0);
        for pool in numbers {
            pools.push((pool, row));
            row += slots_of(&stays, pool);
        }
        let has_preemptions =
            first.is_some_and(|first| first.requests.iter().any(|of| of.preemptions > 0));
        let is_opening = first.is_some_and(|first| first.duration_s > end_s);
        Self { stays, pools, end_s, is_opening, has_preemptions }
    }

    /// Rows of all slots.
    pub(super) fn rows(&self) -> usize {
        self.pools.last().map_or(0, |(pool, row)| row + slots_of(&self.stays, *pool))
    }

    /// The row of a stay, from 0.
    pub(super) fn row(&self, stay: &Stay) -> usize {
        let pool = self.pools.iter().find(|(pool, _)| *pool == stay.pool);
        pool.map_or(0, |(_, first_row)| first_row + stay.slot)
    }

    /// Whether there are more rows than are drawn.
    pub(super) fn is_cut(&self) -> bool {
        self.rows() > ROWS_MAX
    }
}

fn slots_of(stays: &[Stay], pool: u32) -> usize {
    stays.iter().filter(|stay| stay.pool == pool).map(|stay| stay.slot + 1).max().unwrap_or(0)
}

/// How long a scenario takes to begin the requests that are worth drawing.
fn opening_s(stays: &[Stay], first: &FirstTrial) -> f64 {
    let early = stays.get(..REQUESTS_MIN).unwrap_or(stays);
    let slots = early.iter().map(|stay| stay.slot + 1).max().unwrap_or(0);
    let wanted = REQUESTS_MIN.max(REQUESTS_PER_SLOT * slots.min(ROWS_MAX));
    let is_all = first.requests.len() < FIRST_REQUESTS_MAX;
    let next = stays.get(wanted).or(if is_all { None } else { stays.last() });
    match next {
        Some(next) if next.start_s > 0.0 => next.start_s,
        // All of them begin at once: until they have ended.
        Some(_) => stays.iter().map(|stay| stay.end_s).fold(0.0, f64::max),
        None => first.duration_s,
    }
}

/// The stays of the first requests, in the order in which they begin.
fn stays(first: &FirstTrial) -> Vec<Stay> {
    let mut free_from: Vec<(u32, Vec<SimTime>)> = Vec::new();
    let stay = |of: &RequestRecord| {
        let (start, pool) = (of.first_scheduled?, of.replica?.0);
        let at = free_from.iter().position(|(known, _)| *known == pool).unwrap_or_else(|| {
            free_from.push((pool, Vec::new()));
            free_from.len() - 1
        });
        let slots = &mut free_from[at].1;
        let slot = slots.iter().position(|&free| free <= start).unwrap_or(slots.len());
        // What has not ended keeps its slot.
        let end = of.end.unwrap_or(SimTime::MAX);
        match slots.get_mut(slot) {
            Some(free) => *free = end,
            None => slots.push(end),
        }
        let seconds = |time: Option<SimTime>| time.map_or(first.duration_s, SimTime::as_secs_f64);
        Some(Stay {
            pool,
            slot,
            start_s: start.as_secs_f64(),
            decode_s: seconds(of.first_token),
            end_s: seconds(of.end),
        })
    };
    first.requests.iter().filter_map(stay).collect()
}

#[cfg(test)]
mod tests;
