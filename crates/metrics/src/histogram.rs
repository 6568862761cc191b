//! An integer log-linear histogram (the layout of HdrHistogram, Tene 2012).
//!
//! Every power of two is split into 1,024 equal buckets, so that a bucket is at most 1/1,024 of its
//! values wide and its midpoint is within 0.05 % of them. Memory: 8 bytes a bucket, for the powers
//! of two that occur (444 KB if all do).

const SUB_BITS: u32 = 10;
const SUB_BUCKETS: u64 = 1 << SUB_BITS;

/// Counts of non-negative integers by magnitude.
#[derive(Debug, Clone, Default)]
pub struct LogLinear {
    counts: Vec<u64>,
    total: u64,
}

/// Values below `SUB_BUCKETS` have a bucket each; above, the leading 11 bits choose one.
#[inline]
pub(crate) fn bucket_of(value: u64) -> usize {
    if value < SUB_BUCKETS {
        return value as usize;
    }
    let shift = value.ilog2() - SUB_BITS;
    let within = (value >> shift) - SUB_BUCKETS;
    (u64::from(shift + 1) * SUB_BUCKETS + within) as usize
}

/// The smallest value of a bucket, of which it has `1 << shift`.
fn range_of(bucket: usize) -> (u64, u64) {
    let bucket = bucket as u64;
    if bucket < SUB_BUCKETS {
        return (bucket, 0);
    }
    let shift = bucket / SUB_BUCKETS - 1;
    ((bucket % SUB_BUCKETS + SUB_BUCKETS) << shift, shift)
}

/// The smallest value of a bucket.
pub(crate) fn low_of(bucket: usize) -> u64 {
    range_of(bucket).0
}

/// The middle of a bucket.
fn middle_of(bucket: usize) -> f64 {
    let (low, shift) = range_of(bucket);
    low as f64 + ((1u64 << shift) - 1) as f64 / 2.0
}

impl LogLinear {
    /// Counts `value` `weight` times.
    #[inline]
    pub fn add(&mut self, value: u64, weight: u64) {
        let bucket = bucket_of(value);
        if bucket >= self.counts.len() {
            self.make_room(bucket);
        }
        self.counts[bucket] += weight;
        self.total += weight;
    }

    #[cold]
    fn make_room(&mut self, bucket: usize) {
        // Whole powers of two at a time: few reallocations, none for the usual spread.
        let rows = bucket / SUB_BUCKETS as usize + 1;
        self.counts.resize(rows * SUB_BUCKETS as usize, 0);
    }

    /// The value of the item at each of the `ranks` (from 0, ascending), within 0.05 %.
    #[must_use]
    pub fn at_ranks(&self, ranks: &[u64]) -> Vec<f64> {
        let mut found = Vec::with_capacity(ranks.len());
        let (mut below, mut bucket) = (0u64, 0usize);
        for &rank in ranks {
            assert!(rank < self.total, "rank {rank} of {} items", self.total);
            while below + self.counts[bucket] <= rank {
                below += self.counts[bucket];
                bucket += 1;
            }
            found.push(middle_of(bucket));
        }
        found
    }
}

impl LogLinear {
    /// The buckets of the items at some `ranks` (from 0, ascending).
    pub(crate) fn buckets_at_ranks(&self, ranks: &[u64]) -> Chosen {
        let mut chosen = vec![false; self.counts.len()];
        let mut skipped = Vec::with_capacity(ranks.len());
        let (mut below, mut taken, mut bucket) = (0u64, 0u64, 0usize);
        for &rank in ranks {
            assert!(rank < self.total, "rank {rank} of {} items", self.total);
            while below + self.counts[bucket] <= rank {
                below += self.counts[bucket];
                taken += if chosen[bucket] { self.counts[bucket] } else { 0 };
                bucket += 1;
            }
            chosen[bucket] = true;
            skipped.push(below - taken);
        }
        Chosen { buckets: chosen, skipped }
    }
}

/// Some buckets of a histogram: see [`LogLinear::buckets_at_ranks`].
pub(crate) struct Chosen {
    buckets: Vec<bool>,
    skipped: Vec<u64>,
}

impl Chosen {
    /// Whether `value`, which was counted, is in one of them.
    pub(crate) fn contains(&self, value: u64) -> bool {
        self.buckets[bucket_of(value)]
    }

    /// For each rank: how many of the items below it are in none of them.
    pub(crate) fn skipped(&self) -> &[u64] {
        &self.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_within_a_twentieth_of_a_percent_of_its_bucket() {
        let mut value = 1u64;
        while value < u64::MAX / 3 {
            for near in [value - 1, value, value + 1, value * 3 / 2] {
                let middle = middle_of(bucket_of(near));
                let error = (middle - near as f64).abs();
                assert!(error <= near as f64 * 0.0005, "{near} is counted as {middle}");
            }
            value *= 2;
        }
        assert!(bucket_of(u64::MAX) < 56 * SUB_BUCKETS as usize);
    }

    #[test]
    fn ranks_are_found_in_order() {
        let mut histogram = LogLinear::default();
        histogram.add(5, 2);
        histogram.add(7, 1);
        assert_eq!(histogram.at_ranks(&[0, 1, 2]), [5.0, 5.0, 7.0]);
    }
}
