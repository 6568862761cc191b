//! How the figures of a comparison are measured.
//!
//! All times and rates of the table and of its texts pass through [`time`] and [`rate`].

use tokendrome_explore::unit;

use crate::number::{decimals, fixed};

/// A unit: its name, and how many of a figure's own units make one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    pub(super) name: &'static str,
    pub(super) size: f64,
}

/// The unit of times of about `ms` milliseconds, in milliseconds.
pub(super) fn time(ms: f64) -> Unit {
    match ms {
        ms if ms >= 1e3 => Unit { name: "s", size: 1e3 },
        ms if ms > 0.0 && ms < 0.1 => Unit { name: "us", size: 1e-3 },
        _ => Unit { name: "ms", size: 1.0 },
    }
}

/// The unit of rates of about so many per second, per second.
pub(super) fn rate(_per_s: f64) -> Unit {
    Unit { name: "1/s", size: 1.0 }
}

/// The unit of figures of about this size, by the name that they have in a report.
pub(super) fn of_figure(name: &str, size: f64) -> Unit {
    match unit(name) {
        Some("ms") => time(size),
        Some("s") => {
            let unit = time(size * 1e3);
            Unit { size: unit.size / 1e3, ..unit }
        }
        Some("1/s") => rate(size),
        _ => Unit { name: "", size: 1.0 },
    }
}

/// A time with its unit, such as `100 s`.
pub(super) fn time_text(ms: f64) -> String {
    let unit = time(ms);
    let value = ms / unit.size;
    let decimals = if value.fract() == 0.0 { 0 } else { decimals(value) };
    format!("{} {}", fixed(value, decimals), unit.name)
}
