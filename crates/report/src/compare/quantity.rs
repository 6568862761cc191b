//! How the figures of a comparison are measured.
//!
//! All times and rates of the table pass through here.

use tokendrome_explore::unit;

use crate::clock::Clock;

/// A unit: its name, and how many of a figure's own units make one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    pub(super) name: &'static str,
    pub(super) size: f64,
}

/// The unit of figures of about this size, by the name that they have in a report.
pub(super) fn of_figure(name: &str, size: f64, clock: Clock) -> Unit {
    let time = |ms: f64| {
        let unit = clock.unit_of_time(ms);
        Unit { name: unit.name, size: unit.ms }
    };
    match unit(name) {
        Some("ms") => time(size),
        Some("s") => {
            let unit = time(size * 1e3);
            Unit { size: unit.size / 1e3, ..unit }
        }
        Some("1/s") => Unit { name: clock.rate(), size: 1.0 },
        _ => Unit { name: "", size: 1.0 },
    }
}
