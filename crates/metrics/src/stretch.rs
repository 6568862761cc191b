//! Iterations that follow each other with nothing between them, booked at once.

use tokendrome_units::{SimDuration, SimTime};

use crate::Recorder;

/// Books iterations of one replica that only let requests decode on, as long as no other level
/// than the number of KV blocks changes. The result is that of booking each by itself.
pub struct Stretch<'a> {
    recorder: &'a mut Recorder,
    /// Tokens of each iteration.
    decodes: u64,
    takes_gaps: bool,
    now: SimTime,
    iterations: u64,
    iteration_ns: u128,
    blocks_peak: u64,
    block_ns: u128,
}

impl Recorder {
    /// A stretch of iterations with `decodes` tokens each, from this moment on. None while it is
    /// not known which gaps are measured.
    pub fn stretch(&mut self, decodes: u64) -> Option<Stretch<'_>> {
        let takes_gaps = self.window.takes_gaps()?;
        self.close_gap();
        self.open_gap.2 = 0;
        let (now, blocks) = (self.counters.time, self.levels.kv_blocks);
        Some(Stretch {
            recorder: self,
            decodes,
            takes_gaps,
            now,
            iterations: 0,
            iteration_ns: 0,
            blocks_peak: blocks,
            block_ns: 0,
        })
    }
}

impl Stretch<'_> {
    /// Iterations that end here or later are not booked by this stretch.
    #[must_use]
    pub fn until(&self) -> SimTime {
        self.recorder.series.bucket_end()
    }

    /// An iteration ended at `now`, before [`Stretch::until`]: it took `time`, its tokens came `gap`
    /// after those before them, it did so much work; from now on `blocks` KV blocks are in use.
    #[inline]
    pub fn iteration(
        &mut self,
        now: SimTime,
        time: SimDuration,
        gap: SimDuration,
        work: (f64, f64),
        blocks: u64,
    ) {
        let recorder = &mut *self.recorder;
        let nanos = u128::from((now - self.now).as_nanos());
        self.now = now;
        self.iterations += 1;
        self.iteration_ns += u128::from(time.as_nanos());
        self.block_ns += u128::from(recorder.levels.kv_blocks) * nanos;
        recorder.levels.kv_blocks = blocks;
        self.blocks_peak = self.blocks_peak.max(blocks);
        recorder.counters.flops += work.0;
        recorder.counters.bytes += work.1;
        if self.takes_gaps {
            recorder.itl.add_weighted(gap.as_nanos(), self.decodes);
        }
    }

    /// The stretch is over.
    pub fn finish(self) {
        let Recorder { counters, series, levels, peak, .. } = self.recorder;
        series.advance_within(self.now, levels, self.block_ns);
        counters.advance_with(self.now, levels, self.block_ns);
        let tokens = self.iterations * self.decodes;
        counters.iterations += self.iterations;
        counters.computed_tokens += tokens;
        counters.output_tokens += tokens;
        counters.iteration_ns += self.iteration_ns;
        series.tokens(0, tokens);
        peak.kv_blocks = peak.kv_blocks.max(self.blocks_peak);
    }
}
