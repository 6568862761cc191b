//! A fingerprint of a run: what was decided, and when.

use tokendrome_metrics::{Counters, ReplicaCounters};

/// A 64-bit rolling hash. Not cryptographic: it tells runs apart, it does not defend against
/// anybody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    #[inline]
    pub(crate) fn add(&mut self, word: u64) {
        // A multiply-rotate step; the odd constant is 2^64 divided by the golden ratio.
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    /// Adds the totals of a run, which differ if any iteration differs in length or content.
    pub(crate) fn add_counters(&mut self, counters: &Counters) {
        let wide = [
            counters.iteration_ns,
            counters.in_system_ns,
            counters.waiting_ns,
            counters.running_ns,
            counters.kv_block_ns,
            counters.in_flight_ns,
        ];
        let effects = &counters.effects;
        let narrow = [
            counters.time.as_nanos(),
            counters.iterations,
            counters.computed_tokens,
            counters.output_tokens,
            effects.preemptions,
            effects.cached_tokens,
            effects.evictions,
        ];
        for sum in wide {
            self.add(sum as u64);
            self.add((sum >> 64) as u64);
        }
        narrow.into_iter().for_each(|word| self.add(word));
    }

    /// Adds the totals of a replica.
    pub(crate) fn add_replica(&mut self, counters: &ReplicaCounters) {
        self.add(counters.requests);
        self.add(counters.iterations);
        self.add(counters.computed_tokens);
        self.add(counters.iteration_ns as u64);
        self.add(counters.kv_blocks_peak);
        self.add(counters.effects.preemptions);
        self.add(counters.effects.evictions);
    }

    pub(crate) fn value(self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
