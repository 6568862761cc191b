//! The simulated clock's types: integer nanoseconds, no silent wrap-around.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};
use thiserror::Error;

const NANOS_PER_SEC: f64 = 1e9;

/// The tick of engines that measure time in ticks: 720,720,000 ns.
///
/// A tick has no length of its own, so it gets one that divides well: each of its halves, thirds
/// and so on to its fifteenths is a whole number of nanoseconds, and so is each of these taken a
/// thousandth at a time. Steps that add up to whole ticks on paper then do so on the clock. With a
/// billion nanoseconds three steps of 4/3 ticks end 1 ns short of the fourth tick, and what is due
/// at that tick would come one step too late.
pub const TICK: SimDuration = SimDuration::from_nanos(720_720_000);

/// Why a float is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum TimeError {
    /// The number is not a number.
    #[error("a time must be a number, not NaN")]
    NotANumber,
    /// The number is below zero.
    #[error("a time cannot be negative ({0} s)")]
    Negative(f64),
    /// The number of nanoseconds does not fit 64 bits (about 584 years).
    #[error("a time of {0} s is beyond the clock's range of 584 years")]
    Overflow(f64),
}

/// A length of simulated time, in nanoseconds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SimDuration(u64);

/// A point on the simulated clock, in nanoseconds since the run began.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SimTime(u64);

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest representable duration.
    pub const MAX: Self = Self(u64::MAX);

    /// A duration of `nanos` nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A duration of `millis` whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.checked_mul(1_000_000).expect("duration in milliseconds overflows"))
    }

    /// The one door through which a float (seconds) becomes time, rounded to the nearest
    /// nanosecond, halves away from zero.
    ///
    /// # Errors
    /// NaN, a negative number, or more than the clock can hold.
    #[inline]
    pub fn from_secs_f64(seconds: f64) -> Result<Self, TimeError> {
        if seconds.is_nan() {
            return Err(TimeError::NotANumber);
        }
        if seconds < 0.0 {
            return Err(TimeError::Negative(seconds));
        }
        let nanos = seconds * NANOS_PER_SEC;
        // 2^64 as a float: the first value that does not fit.
        if nanos >= 18_446_744_073_709_551_616.0 {
            return Err(TimeError::Overflow(seconds));
        }
        // To the nearest, halves up: the difference is exact, unlike `nanos + 0.5`.
        let whole = nanos as u64;
        Ok(Self(whole + u64::from(nanos - whole as f64 >= 0.5)))
    }

    /// Nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds, for printing and statistics only.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SEC
    }

    /// Milliseconds, for printing and statistics only.
    #[must_use]
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The sum, or the longest duration if that overflows.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl SimTime {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// After everything.
    pub const MAX: Self = Self(u64::MAX);

    /// The point `nanos` nanoseconds after the start.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The point this long after the start.
    #[must_use]
    pub const fn after_start(duration: SimDuration) -> Self {
        Self(duration.0)
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start, for printing and statistics only.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SEC
    }

    /// This point moved back by `duration`, at most to the start.
    #[must_use]
    pub const fn saturating_sub(self, duration: SimDuration) -> Self {
        Self(self.0.saturating_sub(duration.0))
    }

    /// This point moved by `duration`, or `None` beyond the clock's range.
    #[must_use]
    pub fn checked_add(self, duration: SimDuration) -> Option<Self> {
        self.0.checked_add(duration.0).map(Self)
    }

    /// Time since `earlier`.
    ///
    /// # Panics
    /// If `earlier` is later than `self`: time ran backwards, which is a broken invariant.
    #[must_use]
    pub fn since(self, earlier: Self) -> SimDuration {
        match self.0.checked_sub(earlier.0) {
            Some(nanos) => SimDuration(nanos),
            None => panic!("time ran backwards: {} ns before {} ns", self.0, earlier.0),
        }
    }
}

impl Add<SimDuration> for SimTime {
    type Output = Self;

    /// # Panics
    /// Beyond 584 years of simulated time.
    fn add(self, duration: SimDuration) -> Self {
        self.checked_add(duration).expect("the simulated clock passed 584 years")
    }
}

impl Sub for SimTime {
    type Output = SimDuration;

    fn sub(self, earlier: Self) -> SimDuration {
        self.since(earlier)
    }
}

impl Add for SimDuration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect("a duration passed 584 years"))
    }
}

impl AddAssign for SimDuration {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl fmt::Display for SimDuration {
    /// The number with the unit that makes it readable: `1.50 s`, `12.3 ms`, `40.0 us`, `7 ns`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0;
        match nanos {
            0..1_000 => write!(f, "{nanos} ns"),
            1_000..1_000_000 => write!(f, "{:.1} us", nanos as f64 / 1e3),
            1_000_000..1_000_000_000 => write!(f, "{:.2} ms", nanos as f64 / 1e6),
            _ => write!(f, "{:.2} s", nanos as f64 / 1e9),
        }
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SimDuration(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_enter_by_one_door() {
        assert_eq!(SimDuration::from_secs_f64(1.5), Ok(SimDuration::from_millis(1500)));
        assert_eq!(SimDuration::from_secs_f64(0.4e-9), Ok(SimDuration::ZERO));
        assert_eq!(SimDuration::from_secs_f64(0.5e-9), Ok(SimDuration::from_nanos(1)));
        let just_below_half = f64::from_bits(0.5_f64.to_bits() - 1);
        assert_eq!(SimDuration::from_secs_f64(just_below_half / 1e9), Ok(SimDuration::ZERO));
        assert_eq!(SimDuration::from_secs_f64(f64::NAN), Err(TimeError::NotANumber));
        assert_eq!(SimDuration::from_secs_f64(-1e-3), Err(TimeError::Negative(-1e-3)));
        assert_eq!(SimDuration::from_secs_f64(-0.0), Ok(SimDuration::ZERO));
        for huge in [f64::INFINITY, 2e10, f64::MAX] {
            assert_eq!(SimDuration::from_secs_f64(huge), Err(TimeError::Overflow(huge)));
        }
    }

    #[test]
    #[should_panic(expected = "time ran backwards")]
    fn time_does_not_run_backwards() {
        let _ = SimTime::ZERO - SimTime::from_nanos(1);
    }

    #[test]
    fn parts_of_a_tick_are_whole_nanoseconds() {
        for parts in 1..=15 {
            for thousandths in [1, 7, 125, 333, 1_250] {
                assert_eq!(TICK.as_nanos() * thousandths % (1_000 * parts), 0, "a {parts}th");
            }
        }
        // As floats become time, too.
        let step = SimDuration::from_secs_f64(4.0 / 3.0 * TICK.as_secs_f64());
        assert_eq!(step.map(|step| 3 * step.as_nanos()), Ok(4 * TICK.as_nanos()));
        let of_a_second = SimDuration::from_secs_f64(4.0 / 3.0);
        assert_eq!(of_a_second.map(|step| 3 * step.as_nanos()), Ok(3_999_999_999));
    }

    #[test]
    fn durations_print_with_a_readable_unit() {
        let shown = |nanos| SimDuration::from_nanos(nanos).to_string();
        assert_eq!(shown(7), "7 ns");
        assert_eq!(shown(40_000), "40.0 us");
        assert_eq!(shown(12_300_000), "12.30 ms");
        assert_eq!(shown(1_500_000_000), "1.50 s");
    }
}
