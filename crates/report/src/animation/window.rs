//! The part of a run that is shown.

use thiserror::Error;
use tokendrome::TimeUnit;
use tokendrome::units::{SimDuration, SimTime};

/// A span of simulated time: from its first moment up to its last, which is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub(super) from: SimTime,
    pub(super) until: SimTime,
}

/// Why there is no such window.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum WindowError {
    /// Not a time of any run.
    #[error("{0} is no time of a run: a number from 0 is wanted")]
    NoTime(f64),
    /// It ends before it begins.
    #[error("an animation from {from} until {until} shows nothing")]
    Empty {
        /// Its beginning, as given.
        from: f64,
        /// Its end, as given.
        until: f64,
    },
}

impl Window {
    /// The whole run.
    pub const ALL: Self = Self { from: SimTime::ZERO, until: SimTime::MAX };

    /// The window from `from` (none: the beginning) until `until` (none: the end), in seconds, or
    /// in ticks where the clock counts those.
    ///
    /// # Errors
    /// A time is negative, not a number or too large, or nothing lies between the two.
    pub fn new(unit: TimeUnit, from: Option<f64>, until: Option<f64>) -> Result<Self, WindowError> {
        let one = match unit {
            TimeUnit::Second => SimDuration::from_millis(1_000),
            TimeUnit::Tick => unit.millisecond(),
        };
        let time = |given: f64| {
            let seconds = given * one.as_secs_f64();
            let duration = SimDuration::from_secs_f64(seconds);
            duration.map(SimTime::after_start).map_err(|_| WindowError::NoTime(given))
        };
        let start = from.map_or(Ok(SimTime::ZERO), time)?;
        let end = until.map_or(Ok(SimTime::MAX), time)?;
        if let Some(until) = until
            && end <= start
        {
            return Err(WindowError::Empty { from: from.unwrap_or(0.0), until });
        }
        Ok(Self { from: start, until: end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(unit: TimeUnit, given: (Option<f64>, Option<f64>), expect: Result<(u64, u64), &str>) {
        let window = Window::new(unit, given.0, given.1);
        let nanos = window.map(|window| (window.from.as_nanos(), window.until.as_nanos()));
        assert_eq!(nanos.map_err(|error| error.to_string()), expect.map_err(str::to_owned));
    }

    #[test]
    fn a_window_is_in_the_units_of_the_clock() {
        check(TimeUnit::Second, (None, None), Ok((0, u64::MAX)));
        check(TimeUnit::Second, (Some(1.5), Some(2.0)), Ok((1_500_000_000, 2_000_000_000)));
        check(TimeUnit::Tick, (Some(1.0), Some(2.5)), Ok((720_720_000, 1_801_800_000)));
    }

    #[test]
    fn what_shows_nothing_is_refused() {
        let wanted = "-1 is no time of a run: a number from 0 is wanted";
        check(TimeUnit::Second, (Some(-1.0), None), Err(wanted));
        let wanted = "inf is no time of a run: a number from 0 is wanted";
        check(TimeUnit::Second, (None, Some(f64::INFINITY)), Err(wanted));
        let nothing = "an animation from 2 until 2 shows nothing";
        check(TimeUnit::Tick, (Some(2.0), Some(2.0)), Err(nothing));
        check(TimeUnit::Tick, (None, Some(0.0)), Err("an animation from 0 until 0 shows nothing"));
    }
}
