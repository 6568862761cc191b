//! Iterations of one replica that follow each other with nothing between them, booked at once.

use tokendrome_units::{ReplicaId, SimDuration, SimTime};

use crate::occupancy::Level;
use crate::{Counters, LevelTimes, Levels, Recorder, Sample, Series, Work};

/// Books iterations that only let requests decode on, as long as no other level of their replica
/// than the number of KV blocks changes. They may lie ahead of the recorder's clock, which stays
/// where it is: other replicas catch up later. The result is that of booking each in its turn.
pub struct Stretch<'a> {
    counters: &'a mut Counters,
    series: &'a mut Series,
    levels: &'a mut Levels,
    itl: &'a mut Sample,
    /// The KV blocks in use by the replica now, and the measured times of its pool.
    level: &'a mut Level,
    times: &'a mut LevelTimes,
    /// Tokens of each iteration.
    decodes: u64,
    takes_gaps: bool,
    now: SimTime,
    /// KV blocks in use at first.
    blocks_before: u64,
    /// The integral over time of those in use.
    block_ns: u128,
    iterations: u64,
    iteration_ns: u128,
}

impl Recorder {
    /// A stretch of iterations with `decodes` tokens each, on a replica of which nothing changes
    /// but the KV blocks. None while it is not known which gaps are measured.
    #[inline]
    pub fn stretch(&mut self, replica: ReplicaId, decodes: u64) -> Option<Stretch<'_>> {
        let takes_gaps = self.window.takes_gaps()?;
        let Self { counters, series, levels, itl, occupancy, .. } = self;
        let (level, times) = occupancy.of(replica);
        Some(Stretch {
            now: counters.time,
            counters,
            series,
            levels,
            itl,
            blocks_before: level.blocks,
            level,
            times,
            decodes,
            takes_gaps,
            block_ns: 0,
            iterations: 0,
            iteration_ns: 0,
        })
    }
}

impl Stretch<'_> {
    /// Iterations that end here or later are not booked by this stretch.
    #[must_use]
    pub fn until(&self) -> SimTime {
        self.series.bucket_end()
    }

    /// An iteration ended at `now`, before [`Stretch::until`]: it took `time`, its tokens came
    /// `gap` after those before them, it did so much work; from now on the replica uses `blocks`
    /// blocks.
    #[inline]
    pub fn iteration(
        &mut self,
        now: SimTime,
        time: SimDuration,
        gap: SimDuration,
        work: Work,
        blocks: u64,
    ) {
        self.blocks(now, blocks);
        self.iterations += 1;
        self.iteration_ns += u128::from(time.as_nanos());
        self.counters.work(work);
        if self.takes_gaps {
            self.itl.add_weighted(gap.as_nanos(), self.decodes);
        }
    }

    /// `count` iterations without work that was counted ended, the first at `now` and each of the
    /// others `gap` later. The blocks in use meanwhile were told: [`Stretch::blocks`].
    pub fn iterations(&mut self, count: u64, now: SimTime, time: SimDuration, gap: SimDuration) {
        let last = SimTime::from_nanos(now.as_nanos() + gap.as_nanos() * (count - 1));
        self.blocks(last, self.level.blocks);
        self.iterations += count;
        self.iteration_ns += u128::from(time.as_nanos()) * u128::from(count);
        if self.takes_gaps {
            self.itl.add_repeated(gap.as_nanos(), self.decodes, count);
        }
    }

    /// From `now` on, which does not decrease, the replica uses so many blocks.
    #[inline]
    pub fn blocks(&mut self, now: SimTime, blocks: u64) {
        self.block_ns += u128::from(self.level.blocks) * u128::from((now - self.now).as_nanos());
        self.now = now;
        self.level.set(now, blocks, self.takes_gaps.then_some(&mut *self.times));
    }

    /// Times of the iterations so far, summed, in nanoseconds.
    #[must_use]
    pub fn iteration_ns(&self) -> u128 {
        self.iteration_ns
    }

    /// The stretch is over.
    #[inline]
    pub fn finish(self) {
        let Self { counters, series, levels, .. } = self;
        let blocks = self.level.blocks;
        // The levels count the blocks of now from the clock on: what they were on the way differs.
        levels.kv_blocks = levels.kv_blocks + blocks - self.blocks_before;
        let ahead = u128::from((self.now - counters.time).as_nanos());
        let correction = self.block_ns.wrapping_sub(u128::from(blocks) * ahead);
        counters.correct_blocks(correction);
        let tokens = self.iterations * self.decodes;
        counters.iterations += self.iterations;
        counters.computed_tokens += tokens;
        counters.output_tokens += tokens;
        counters.iteration_ns += self.iteration_ns;
        series.correct_blocks(correction);
        series.tokens(0, tokens);
    }
}
