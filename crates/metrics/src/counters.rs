//! Running totals and integrals over time, from which rates and time averages are taken.

use tokendrome_units::SimTime;

/// What the system holds at one moment, summed over the replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levels {
    /// Requests that have arrived and not ended.
    pub in_system: u64,
    /// Requests that wait for admission, preempted ones among them.
    pub waiting: u64,
    /// Requests that the schedulers count as running.
    pub running: u64,
    /// KV blocks in use.
    pub kv_blocks: u64,
    /// Iterations that are being executed, one for each pipeline stage at most.
    pub in_flight: u64,
}

/// What the making of plans did to requests and KV blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlanEffects {
    /// Times that a request lost its blocks.
    pub preemptions: u64,
    /// Prompt tokens of the requests that were scheduled for the first time.
    pub prompt_tokens: u64,
    /// Those of them that were found in the prefix cache.
    pub cached_tokens: u64,
    /// KV blocks that were kept for later hits and overwritten.
    pub evictions: u64,
}

impl PlanEffects {
    /// Adds those of another plan.
    #[inline]
    pub fn add(&mut self, other: &Self) {
        self.preemptions += other.preemptions;
        self.prompt_tokens += other.prompt_tokens;
        self.cached_tokens += other.cached_tokens;
        self.evictions += other.evictions;
    }

    fn since(&self, earlier: &Self) -> Self {
        Self {
            preemptions: self.preemptions - earlier.preemptions,
            prompt_tokens: self.prompt_tokens - earlier.prompt_tokens,
            cached_tokens: self.cached_tokens - earlier.cached_tokens,
            evictions: self.evictions - earlier.evictions,
        }
    }
}

/// What an iteration did, and whether its time is one that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Work {
    /// Floating-point operations over all ranks; 0 where they are not counted.
    pub flops: f64,
    /// Bytes to and from the memory of all ranks; 0 likewise.
    pub bytes: f64,
    /// Whether its time lies outside of what was measured, where times come from measurements.
    pub is_extrapolated: bool,
}

/// Totals since the start of the run. The difference of two is the total of the time between.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counters {
    /// The moment of these totals.
    pub time: SimTime,
    /// Requests that arrived, refused ones among them.
    pub arrived: u64,
    /// Requests that completed.
    pub completed: u64,
    /// Prompt tokens of the requests that completed.
    pub prompt_tokens: u64,
    /// Output tokens delivered.
    pub output_tokens: u64,
    /// Iterations that ended.
    pub iterations: u64,
    /// Tokens that those iterations computed, recomputed ones among them.
    pub computed_tokens: u64,
    /// What the plans did to requests and KV blocks.
    pub effects: PlanEffects,
    /// Times of the iterations that ended, in nanoseconds: from its plan, or from the end of the
    /// iteration before where that is later, to its result.
    pub iteration_ns: u128,
    /// Floating-point operations of the iterations that ended, over all ranks. Whole numbers, like
    /// `bytes`, so that the order in which replicas are summed up is of no matter.
    pub flops: u128,
    /// Bytes moved to and from the memory of all ranks by those iterations.
    pub bytes: u128,
    /// Iterations that ended of which the time lies outside of what was measured.
    pub extrapolated: u64,
    /// Integral of [`Levels::in_system`] over time, in request-nanoseconds.
    pub in_system_ns: u128,
    /// Integral of [`Levels::waiting`].
    pub waiting_ns: u128,
    /// Integral of [`Levels::running`].
    pub running_ns: u128,
    /// Integral of [`Levels::kv_blocks`], in block-nanoseconds.
    pub kv_block_ns: u128,
    /// Integral of [`Levels::in_flight`], in iteration-nanoseconds.
    pub in_flight_ns: u128,
}

impl Counters {
    /// Moves on to `now`, during which the levels were `levels`.
    #[inline]
    pub fn advance(&mut self, now: SimTime, levels: &Levels) {
        let nanos = u128::from((now - self.time).as_nanos());
        self.time = now;
        self.in_system_ns += u128::from(levels.in_system) * nanos;
        self.waiting_ns += u128::from(levels.waiting) * nanos;
        self.running_ns += u128::from(levels.running) * nanos;
        self.correct_blocks(u128::from(levels.kv_blocks) * nanos);
        self.in_flight_ns += u128::from(levels.in_flight) * nanos;
    }

    /// Adds to the integral of the KV blocks what may be negative, modulo 2^128. It may be added
    /// before what it corrects: the integral itself wraps around meanwhile.
    #[inline]
    pub(crate) fn correct_blocks(&mut self, block_ns: u128) {
        self.kv_block_ns = self.kv_block_ns.wrapping_add(block_ns);
    }

    /// The totals of the time from `earlier` to here; `time` is then the length of that time.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            time: SimTime::after_start(self.time - earlier.time),
            arrived: self.arrived - earlier.arrived,
            completed: self.completed - earlier.completed,
            prompt_tokens: self.prompt_tokens - earlier.prompt_tokens,
            output_tokens: self.output_tokens - earlier.output_tokens,
            iterations: self.iterations - earlier.iterations,
            computed_tokens: self.computed_tokens - earlier.computed_tokens,
            effects: self.effects.since(&earlier.effects),
            iteration_ns: self.iteration_ns - earlier.iteration_ns,
            flops: self.flops - earlier.flops,
            bytes: self.bytes - earlier.bytes,
            extrapolated: self.extrapolated - earlier.extrapolated,
            in_system_ns: self.in_system_ns - earlier.in_system_ns,
            waiting_ns: self.waiting_ns - earlier.waiting_ns,
            running_ns: self.running_ns - earlier.running_ns,
            kv_block_ns: self.kv_block_ns.wrapping_sub(earlier.kv_block_ns),
            in_flight_ns: self.in_flight_ns - earlier.in_flight_ns,
        }
    }

    /// Adds the work of an iteration.
    #[inline]
    pub(crate) fn work(&mut self, work: Work) {
        self.flops += whole(work.flops);
        self.bytes += whole(work.bytes);
        self.extrapolated += u64::from(work.is_extrapolated);
    }

    /// Seconds that the totals span.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.time.as_secs_f64()
    }

    /// `total` per second of the span; zero over no time.
    #[must_use]
    pub fn per_second(&self, total: f64) -> f64 {
        if self.time == SimTime::ZERO { 0.0 } else { total / self.seconds() }
    }

    /// The time average of the level whose integral is `area`; zero over no time.
    #[must_use]
    pub fn average(&self, area: u128) -> f64 {
        match self.time.as_nanos() {
            0 => 0.0,
            nanos => area as f64 / nanos as f64,
        }
    }
}

/// A number without its fraction; the usual ones fit 64 bits, which is faster.
#[inline]
fn whole(number: f64) -> u128 {
    if number < 1e19 { u128::from(number as u64) } else { number as u128 }
}
