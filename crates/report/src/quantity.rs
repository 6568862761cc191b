//! How figures are written: in which unit, with how many decimals.
//!
//! All times, rates and shares of the tables of trials, comparisons and sweeps pass through here.

use tokendrome_explore::{Interval, unit};

use crate::clock::Clock;
use crate::number::decimals;
use crate::rows::As;

/// Most decimals that a figure with an interval is shown with.
const DECIMALS_MAX: usize = 4;

/// A unit: its name, and how many of a figure's own units make one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Unit {
    pub(crate) name: &'static str,
    pub(crate) size: f64,
}

/// The unit of figures of about this size, by the name that they have in a report.
pub(crate) fn unit_of(name: &str, how: As, size: f64, clock: Clock) -> Unit {
    let time = |ms: f64| {
        let unit = clock.unit_of_time(ms);
        Unit { name: unit.name, size: unit.ms }
    };
    match unit(name) {
        _ if how.is_share() => Unit { name: "%", size: 0.01 },
        Some("ms") => time(size),
        Some("s") => {
            let unit = time(size * 1e3);
            Unit { size: unit.size / 1e3, ..unit }
        }
        Some("1/s") => Unit { name: clock.rate(), size: 1.0 },
        _ => Unit { name: "", size: 1.0 },
    }
}

/// What lies between the smallest and the largest of some sizes, in orders of magnitude: none of
/// them should have too many digits in its unit.
pub(crate) fn middle(values: &(impl Iterator<Item = f64> + Clone)) -> f64 {
    let sizes = || values.clone().map(f64::abs).filter(|&size| size > 0.0);
    let (least, most) = (sizes().reduce(f64::min), sizes().reduce(f64::max));
    least.zip(most).map_or(0.0, |(least, most)| libm::sqrt(least) * libm::sqrt(most))
}

/// Half the width of an interval.
pub(crate) fn half(interval: Interval) -> f64 {
    (interval.high - interval.low) / 2.0
}

/// Decimals of a mean: two digits of half its interval where there is one, else three of its own.
pub(crate) fn decimals_of(mean: f64, half: Option<f64>) -> usize {
    match half {
        Some(half) if half > 0.0 => two_digits(half),
        _ if mean.fract() == 0.0 => 0,
        _ => decimals(mean),
    }
}

/// Decimals that show two digits of a number above 0.
pub(crate) fn two_digits(value: f64) -> usize {
    let places = 1.0 - libm::floor(libm::log10(value));
    places.clamp(0.0, DECIMALS_MAX as f64) as usize
}
