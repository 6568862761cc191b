//! Named random streams.
//!
//! A stream is fixed by (seed, replication, name) alone: who else draws, in which order, or on how
//! many threads, does not matter. Two policies compared under the same seed therefore see the same
//! arrivals and lengths (common random numbers).

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// The family of streams of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
    replication: u64,
}

impl Streams {
    /// The streams of replication `replication` of the experiment `seed`.
    #[must_use]
    pub fn new(seed: u64, replication: u64) -> Self {
        Self { seed, replication }
    }

    /// The stream called `name`, from its beginning.
    #[must_use]
    pub fn stream(&self, name: &str) -> Stream {
        let mut state = fnv1a(name);
        let mut seed = [0u8; 32];
        for (i, word) in seed.chunks_exact_mut(8).enumerate() {
            state ^= if i % 2 == 0 { self.seed } else { self.replication };
            state = splitmix64(state.wrapping_add(i as u64));
            word.copy_from_slice(&state.to_le_bytes());
        }
        Stream(Pcg64::from_seed(seed))
    }
}

/// One stream of random numbers (PCG XSL RR 128/64, O'Neill 2014): the same bits on every platform.
#[derive(Debug, Clone)]
pub struct Stream(Pcg64);

impl Stream {
    /// A float in `[0, 1)`, a multiple of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// A float in `(0, 1]`, safe to take the logarithm of.
    pub fn unit_open(&mut self) -> f64 {
        1.0 - self.unit()
    }

    /// An integer in `[0, bound)`, without bias (Lemire 2019).
    ///
    /// # Panics
    /// If `bound` is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no integer lies below zero");
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.0.next_u64()) * u128::from(bound);
            if (product as u64) >= threshold {
                return (product >> 64) as u64;
            }
        }
    }
}

fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    })
}

/// One step of SplitMix64 (Steele, Lea and Flood 2014).
fn splitmix64(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, replication: u64, name: &str) -> u64 {
        Streams::new(seed, replication).stream(name).below(u64::MAX)
    }

    #[test]
    fn streams_depend_on_seed_replication_and_name_only() {
        assert_eq!(first(1, 0, "arrivals"), first(1, 0, "arrivals"));
        let all = [
            first(1, 0, "arrivals"),
            first(0, 1, "arrivals"),
            first(1, 1, "arrivals"),
            first(2, 0, "arrivals"),
            first(1, 0, "lengths"),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b), "two streams begin alike: {all:?}");
        }
    }

    #[test]
    fn the_bits_are_fixed() {
        // A change here changes every recorded run: it needs a new version and a changelog entry.
        assert_eq!(first(42, 0, "arrivals"), 2_787_466_067_509_746_095);
    }

    #[test]
    fn units_and_integers_stay_in_range() {
        let mut stream = Streams::new(7, 0).stream("test");
        let mut counts = [0u32; 7];
        for _ in 0..70_000 {
            let u = stream.unit();
            assert!((0.0..1.0).contains(&u));
            assert!(stream.unit_open() > 0.0);
            counts[stream.below(7) as usize] += 1;
        }
        // Each count is binomial(70,000, 1/7): five standard deviations are 463.
        assert!(counts.iter().all(|&c| c.abs_diff(10_000) < 463), "{counts:?}");
    }
}
