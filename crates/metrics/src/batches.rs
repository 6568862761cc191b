//! A series of measurements in the order in which they come, in bounded memory.
//!
//! Measurements are summed up in batches of [`BATCH`]. When there are [`BATCHES_MAX`] batches,
//! neighbours are merged, and a batch holds twice as many. Adding costs O(1), a few nanoseconds.

use tokendrome_units::SimTime;

/// Measurements of a batch at first: the 5 of MSER-5.
pub const BATCH: u64 = 5;
/// Batches at which neighbours are merged. Even, so that none is left over.
pub const BATCHES_MAX: usize = 4_096;

/// Equally many measurements that came one after another.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Batch {
    /// Sum of the measurements, each less the origin.
    pub(crate) sum: f64,
    /// Sum of their squares.
    pub(crate) squares: f64,
    /// When the last of them came.
    pub(crate) end: SimTime,
}

impl Batch {
    fn merged(pair: &[Self]) -> Self {
        let [first, second] = pair else { panic!("batches are merged in pairs") };
        Self {
            sum: first.sum + second.sum,
            squares: first.squares + second.squares,
            end: first.end.max(second.end),
        }
    }
}

/// Collects a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Batches {
    /// The first measurement. Sums are those of the distances to it: equal measurements leave no
    /// trace of rounding.
    origin: f64,
    size: u64,
    /// The batch that is not complete, and the measurements that it has.
    open: Batch,
    filled: u64,
    complete: Vec<Batch>,
}

impl Default for Batches {
    fn default() -> Self {
        let (open, complete) = (Batch::default(), Vec::new());
        Self { origin: 0.0, size: BATCH, open, filled: 0, complete }
    }
}

impl Batches {
    /// Adds a measurement that came at `at`.
    #[inline]
    pub fn add(&mut self, value: f64, at: SimTime) {
        if self.filled == 0 && self.complete.is_empty() {
            self.origin = value;
        }
        let distance = value - self.origin;
        self.open.sum += distance;
        self.open.squares += distance * distance;
        self.open.end = self.open.end.max(at);
        self.filled += 1;
        if self.filled == self.size {
            self.close();
        }
    }

    fn close(&mut self) {
        self.complete.push(std::mem::take(&mut self.open));
        self.filled = 0;
        if self.complete.len() == BATCHES_MAX {
            self.complete = self.complete.chunks(2).map(Batch::merged).collect();
            self.size *= 2;
        }
    }

    /// Measurements of a batch.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// What the sums are counted from.
    pub(crate) fn origin(&self) -> f64 {
        self.origin
    }

    /// The complete batches, in order. What came after them is no part of the series.
    pub(crate) fn complete(&self) -> &[Batch] {
        &self.complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_survive_the_merging_of_batches() {
        let mut batches = Batches::default();
        let count: u32 = 5 * 4_096 * 3 + 7;
        for i in 0..count {
            batches.add(100.0 + f64::from(i), SimTime::from_nanos(u64::from(i)));
        }
        // Merged twice: at 4,096 batches of 5, and at 4,096 of 10.
        assert_eq!((batches.size(), batches.complete().len()), (20, 3 * 1_024));
        let whole: u32 = 3 * 1_024 * 20;
        let sum: f64 = batches.complete().iter().map(|batch| batch.sum).sum();
        assert_eq!(sum, f64::from(whole) * f64::from(whole - 1) / 2.0);
        let first = batches.complete()[0];
        assert_eq!((first.sum, first.squares), (190.0, 2_470.0));
        assert_eq!(first.end, SimTime::from_nanos(19));
        assert_eq!(batches.origin(), 100.0);
    }
}
