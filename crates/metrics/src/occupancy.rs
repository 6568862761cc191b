//! How long replicas held how many KV blocks in the measured span: levels over time, by pool.
//!
//! Each replica is followed by itself, so that its time may lie ahead of the others'. A change of
//! level costs O(1). Memory: 16 bytes for each of the histogram's buckets up to the largest level,
//! 1,024 for each power of two, and what may yet fall into the cool-down.

use std::collections::VecDeque;

use tokendrome_units::{ReplicaId, SimTime};

use crate::histogram::{bucket_of, low_of};

/// Time by level. Levels below 2,048 are kept as they are, larger ones rounded down by less than
/// 0.1 %.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LevelTimes {
    nanos: Vec<u128>,
}

impl LevelTimes {
    #[inline]
    fn add(&mut self, level: u64, nanos: u64) {
        let bucket = bucket_of(level);
        if bucket >= self.nanos.len() {
            self.make_room(bucket);
        }
        self.nanos[bucket] += u128::from(nanos);
    }

    #[cold]
    fn make_room(&mut self, bucket: usize) {
        self.nanos.resize((bucket + 1).next_multiple_of(1_024), 0);
    }

    /// The levels that there were, ascending, and their times in nanoseconds.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u128)> + '_ {
        let all = self.nanos.iter().enumerate().filter(|&(_, &nanos)| nanos > 0);
        all.map(|(bucket, &nanos)| (low_of(bucket), nanos))
    }

    /// Percentiles over time of levels as shares of what is the most of each: the smallest share
    /// that is not exceeded in so many percent of the time (1 to 100), times of all summed. None if
    /// there was no time.
    #[must_use]
    pub fn percentiles<const N: usize>(
        of: &[(&Self, u64)],
        percents: [u32; N],
    ) -> Option<[f64; N]> {
        let share = |level: u64, most: u64| level as f64 / most.max(1) as f64;
        let mut shares: Vec<(f64, u128)> = of
            .iter()
            .flat_map(|&(times, most)| {
                times.iter().map(move |(level, nanos)| (share(level, most), nanos))
            })
            .collect();
        shares.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: u128 = shares.iter().map(|&(_, nanos)| nanos).sum();
        let last = shares.last()?.0;
        Some(percents.map(|percent| {
            let rank = total * u128::from(percent);
            let mut below = 0;
            let found = shares.iter().find(|&&(_, nanos)| {
                below += nanos * 100;
                below >= rank
            });
            found.map_or(last, |&(share, _)| share)
        }))
    }
}

/// The level of one replica, and since when.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Level {
    pub(crate) since: SimTime,
    pub(crate) blocks: u64,
}

impl Level {
    /// From `now` on so many blocks are in use; what was before goes to `times`, if anywhere.
    #[inline]
    pub(crate) fn set(&mut self, now: SimTime, blocks: u64, times: Option<&mut LevelTimes>) {
        if blocks == self.blocks {
            return;
        }
        if let Some(times) = times {
            times.add(self.blocks, (now - self.since).as_nanos());
        }
        *self = Self { since: now, blocks };
    }
}

/// A time for which it is not known yet whether it is measured.
#[derive(Debug, Clone, Copy)]
struct Held {
    pool: usize,
    level: Level,
    until: SimTime,
}

/// Follows the levels of all replicas.
#[derive(Debug, Clone)]
pub(crate) struct Occupancy {
    /// Of the replicas that were named, in order.
    levels: Vec<Level>,
    /// The first replica of each pool.
    pools: Vec<(u32, LevelTimes)>,
    held: VecDeque<Held>,
}

impl Occupancy {
    /// One pool, of replicas that are known when their levels change.
    pub(crate) fn new() -> Self {
        Self { levels: Vec::new(), pools: vec![(0, LevelTimes::default())], held: VecDeque::new() }
    }

    /// Replicas from this one on are another pool.
    pub(crate) fn split(&mut self, first: u32) {
        self.pools.push((first, LevelTimes::default()));
    }

    /// So many replicas, that hold nothing yet.
    pub(crate) fn replicas(&mut self, count: usize) {
        self.levels.resize(count, Level::default());
    }

    /// The level of a replica, and the times of its pool.
    #[inline]
    pub(crate) fn of(&mut self, replica: ReplicaId) -> (&mut Level, &mut LevelTimes) {
        let pool = pool_of(&self.pools, replica);
        (&mut self.levels[replica.0 as usize], &mut self.pools[pool].1)
    }

    /// What comes from `now` on is measured, what was before is not.
    pub(crate) fn begin(&mut self, now: SimTime) {
        for level in &mut self.levels {
            level.since = now;
        }
    }

    /// A replica's level changes at `now`, in the measured span or after it: that will be seen.
    pub(crate) fn hold(&mut self, replica: ReplicaId, now: SimTime, blocks: u64) {
        let level = &mut self.levels[replica.0 as usize];
        if blocks != level.blocks {
            let pool = pool_of(&self.pools, replica);
            self.held.push_back(Held { pool, level: *level, until: now });
            *level = Level { since: now, blocks };
        }
    }

    /// The measured span goes at least up to `end`.
    pub(crate) fn release(&mut self, end: SimTime) {
        while let Some(held) = self.held.front()
            && held.until <= end
        {
            let nanos = (held.until - held.level.since).as_nanos();
            self.pools[held.pool].1.add(held.level.blocks, nanos);
            self.held.pop_front();
        }
    }

    /// The measured span ends at `end`: the times of each pool.
    pub(crate) fn finish(mut self, end: SimTime) -> Vec<LevelTimes> {
        self.release(end);
        for (replica, &level) in (0..).zip(&self.levels) {
            let pool = pool_of(&self.pools, ReplicaId(replica));
            self.held.push_back(Held { pool, level, until: SimTime::MAX });
        }
        for held in self.held {
            let nanos = held.until.min(end).as_nanos();
            let nanos = nanos.saturating_sub(held.level.since.as_nanos());
            self.pools[held.pool].1.add(held.level.blocks, nanos);
        }
        self.pools.into_iter().map(|(_, times)| times).collect()
    }

    /// Nothing is measured.
    pub(crate) fn discard(self) -> Vec<LevelTimes> {
        vec![LevelTimes::default(); self.pools.len()]
    }
}

/// There are one or two pools.
#[inline]
fn pool_of(pools: &[(u32, LevelTimes)], replica: ReplicaId) -> usize {
    pools.iter().rposition(|&(first, _)| first <= replica.0).unwrap_or(0)
}

#[cfg(test)]
mod tests;
