//! Iterations of one replica that follow each other with nothing between them, booked at once.

use tokendrome_units::{SimDuration, SimTime};

use crate::{Recorder, Work};

/// Books iterations that only let requests decode on, as long as no other level of their replica
/// than the number of KV blocks changes. They may lie ahead of the recorder's clock, which stays
/// where it is: other replicas catch up later. The result is that of booking each in its turn.
pub struct Stretch<'a> {
    recorder: &'a mut Recorder,
    /// Tokens of each iteration.
    decodes: u64,
    takes_gaps: bool,
    now: SimTime,
    /// KV blocks in use by the replica: at first, and now.
    blocks_before: u64,
    blocks: u64,
    /// Their integral over time.
    block_ns: u128,
    iterations: u64,
    iteration_ns: u128,
}

impl Recorder {
    /// A stretch of iterations with `decodes` tokens each, on a replica that uses `blocks` KV
    /// blocks at this moment. None while it is not known which gaps are measured.
    #[inline]
    pub fn stretch(&mut self, decodes: u64, blocks: u64) -> Option<Stretch<'_>> {
        let takes_gaps = self.window.takes_gaps()?;
        Some(Stretch {
            now: self.counters.time,
            recorder: self,
            decodes,
            takes_gaps,
            blocks_before: blocks,
            blocks,
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
        self.recorder.series.bucket_end()
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
        self.block_ns += u128::from(self.blocks) * u128::from((now - self.now).as_nanos());
        (self.now, self.blocks) = (now, blocks);
        self.iterations += 1;
        self.iteration_ns += u128::from(time.as_nanos());
        self.recorder.counters.work(work);
        if self.takes_gaps {
            self.recorder.itl.add_weighted(gap.as_nanos(), self.decodes);
        }
    }

    /// `count` iterations without work that was counted ended, the first at `now` and each of the
    /// others `gap` later. After them, `blocks.1` blocks are in use, and before that, after each of
    /// the others, `blocks.0` in all.
    pub fn iterations(
        &mut self,
        count: u64,
        now: SimTime,
        time: SimDuration,
        gap: SimDuration,
        blocks: (u128, u64),
    ) {
        let nanos = u128::from(gap.as_nanos());
        self.block_ns += u128::from(self.blocks) * u128::from((now - self.now).as_nanos());
        self.block_ns += blocks.0 * nanos;
        self.now = SimTime::from_nanos(now.as_nanos() + gap.as_nanos() * (count - 1));
        self.blocks = blocks.1;
        self.iterations += count;
        self.iteration_ns += u128::from(time.as_nanos()) * u128::from(count);
        if self.takes_gaps {
            self.recorder.itl.add_repeated(gap.as_nanos(), self.decodes, count);
        }
    }

    /// Times of the iterations so far, summed, in nanoseconds.
    #[must_use]
    pub fn iteration_ns(&self) -> u128 {
        self.iteration_ns
    }

    /// The stretch is over.
    #[inline]
    pub fn finish(self) {
        let Recorder { counters, series, levels, .. } = self.recorder;
        // The levels count the blocks of now from the clock on: what they were on the way differs.
        levels.kv_blocks = levels.kv_blocks + self.blocks - self.blocks_before;
        let ahead = u128::from((self.now - counters.time).as_nanos());
        let correction = self.block_ns.wrapping_sub(u128::from(self.blocks) * ahead);
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
