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
    /// What the slot belongs to: the number of a replica; where requests are handed over, twice
    /// that for prefill, and one more for decode.
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
    /// Whether prefill and decode have slots of their own.
    pub(super) hands_over: bool,
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
        let hands_over = first.is_some_and(|first| first.hands_over);
        Self { stays, pools, end_s, is_opening, has_preemptions, hands_over }
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
    let mut places = Places { first, free_from: Vec::new() };
    if !first.hands_over {
        return first.requests.iter().filter_map(|of| places.both(of)).collect();
    }
    let mut stays: Vec<Stay> = first.requests.iter().filter_map(|of| places.prefill(of)).collect();
    let mut moved: Vec<&RequestRecord> =
        first.requests.iter().filter(|of| of.decode_start.is_some()).collect();
    moved.sort_by_key(|of| (of.decode_start, of.index));
    stays.extend(moved.into_iter().filter_map(|of| places.decode(of)));
    stays.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    stays
}

/// The slots of all pools, and when they are free again.
struct Places<'a> {
    first: &'a FirstTrial,
    free_from: Vec<(u32, Vec<SimTime>)>,
}

impl Places<'_> {
    /// A request that stays where it was prefilled.
    fn both(&mut self, of: &RequestRecord) -> Option<Stay> {
        let pool = of.replica?.0;
        Some(self.stay(pool, [of.first_scheduled?, end(of.first_token), end(of.end)]))
    }

    /// The prefill of a request that is handed over.
    fn prefill(&mut self, of: &RequestRecord) -> Option<Stay> {
        let until = end(of.first_token);
        Some(self.stay(2 * of.replica?.0, [of.first_scheduled?, until, until]))
    }

    /// Its decode.
    fn decode(&mut self, of: &RequestRecord) -> Option<Stay> {
        let start = of.decode_start?;
        Some(self.stay(2 * of.replica?.0 + 1, [start, start, end(of.end)]))
    }

    /// Takes the lowest slot that is free.
    fn stay(&mut self, pool: u32, [start, decode, end]: [SimTime; 3]) -> Stay {
        let free_from = &mut self.free_from;
        let at = free_from.iter().position(|(known, _)| *known == pool).unwrap_or_else(|| {
            free_from.push((pool, Vec::new()));
            free_from.len() - 1
        });
        let slots = &mut free_from[at].1;
        let slot = slots.iter().position(|&free| free <= start).unwrap_or(slots.len());
        match slots.get_mut(slot) {
            Some(free) => *free = end,
            None => slots.push(end),
        }
        let seconds = |time: SimTime| match time {
            SimTime::MAX => self.first.duration_s,
            time => self.first.seconds(time),
        };
        Stay { pool, slot, start_s: seconds(start), decode_s: seconds(decode), end_s: seconds(end) }
    }
}

/// What has not come by the end of the run keeps its slot.
fn end(time: Option<SimTime>) -> SimTime {
    time.unwrap_or(SimTime::MAX)
}

#[cfg(test)]
mod tests;
