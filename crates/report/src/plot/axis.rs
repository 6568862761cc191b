//! An axis: from values to places, and what is written beside it.

use super::font;
use super::ticks::{around, decades, multiples, step, step_of};
use crate::clock::Clock;
use crate::number::fixed;

/// Size of the labels of ticks.
pub(super) const LABEL_SIZE: f64 = 11.0;
/// Least space between two labels.
const LABEL_GAP: f64 = 12.0;
/// Above this ratio of the largest to the smallest value an axis is logarithmic.
const LOG_RATIO: f64 = 20.0;
/// The same where the numbers are those that somebody chose.
const LOG_RATIO_OF_NUMBERS: f64 = 100.0;

#[derive(Debug, Clone, Copy)]
enum Scale {
    Linear,
    Log,
}

/// Values beyond these stand at the edge of the axis: no run takes so long or is so quick.
const LIMITS: (f64, f64) = (1e-9, 1e18);

/// A range of values with labels at round numbers.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Where a value stands, from 0 to 1; what lies outside stands at the edge.
    pub(super) fn place(&self, value: f64) -> f64 {
        let place = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log if value <= 0.0 => 0.0,
            Scale::Log => libm::log(value / self.low) / libm::log(self.high / self.low),
        };
        if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) }
    }

    /// Whether a value lies above all that the axis shows.
    pub(super) fn is_beyond(&self, value: f64) -> bool {
        value > self.high
    }

    /// From nothing to all, as a percentage.
    pub(super) fn share() -> Self {
        let tick = |quarter: u32| (f64::from(quarter) / 4.0, format!("{} %", quarter * 25));
        let ticks = (0..=4).map(tick).collect();
        Self { scale: Scale::Linear, low: 0.0, high: 1.0, ticks }
    }

    /// From zero to a round number at or above `most`.
    pub(super) fn amount(most: f64) -> Self {
        let most = if most > 0.0 { most.clamp(LIMITS.0, LIMITS.1) } else { 1.0 };
        let step = step(most, 4);
        let high = libm::ceil(most / step - 1e-9) * step;
        let label = |value: f64| (value, amount(value, step));
        let ticks = multiples(0.0, high, step).into_iter().map(label).collect();
        Self { scale: Scale::Linear, low: 0.0, high, ticks }
    }

    /// Percentages from a round number at or below `-most` to one at or above `most`.
    pub(super) fn percent_about_zero(most: f64) -> Self {
        let most = if most > 0.0 { most.clamp(LIMITS.0, LIMITS.1) } else { 1.0 };
        let step = step(most, 3);
        let high = libm::ceil(most / step - 1e-9) * step;
        let label = |value: f64| {
            let sign = if value > 0.0 { "+" } else { "" };
            (value, format!("{sign}{} %", amount(value, step)))
        };
        let ticks = multiples(-high, high, step).into_iter().map(label).collect();
        Self { scale: Scale::Linear, low: -high, high, ticks }
    }

    /// From zero to `most` things, of which there is at least one, and no further.
    pub(super) fn places(most: usize) -> Self {
        let high = most.max(1) as f64;
        let step = step(high, 4).max(1.0);
        let label = |value: f64| (value, amount(value, step));
        let ticks = multiples(0.0, high, step).into_iter().map(label).collect();
        Self { scale: Scale::Linear, low: 0.0, high, ticks }
    }

    /// From the smallest to the largest of some numbers, `room` pixels long: linear, or logarithmic
    /// where they spread over more than two orders of magnitude.
    pub(super) fn numbers(values: &[f64], room: f64) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        if low > 0.0 && high / low > LOG_RATIO_OF_NUMBERS {
            let label = |value: f64| (value, amount(value, value));
            let ticks_of =
                |most: usize| decades(low, high, 8 - most.min(8)).into_iter().map(label).collect();
            return Self { scale: Scale::Log, low, high, ticks: Vec::new() }.fit(ticks_of, room);
        }
        // A single number stands in the middle.
        let half = if high > low { 0.0 } else { (0.5 * high.abs()).max(0.5) };
        let (low, high) = (low - half, high + half);
        let ticks_of = |most: usize| {
            let step = step(high - low, most);
            let label = |value: f64| (value, amount(value, step));
            multiples(low, high, step).into_iter().map(label).collect()
        };
        Self { scale: Scale::Linear, low, high, ticks: Vec::new() }.fit(ticks_of, room)
    }

    /// Names beside each other, `room` pixels long; the first stands at 0.5, the second at 1.5.
    pub(super) fn categories(names: &[String], room: f64) -> Self {
        let high = names.len().max(1) as f64;
        let each = room / high - LABEL_GAP;
        let label = |(at, name): (usize, &String)| {
            (at as f64 + 0.5, font::cut(name, LABEL_SIZE, false, each))
        };
        let ticks = names.iter().enumerate().map(label).collect();
        Self { scale: Scale::Linear, low: 0.0, high, ticks }
    }

    /// Simulated time from zero to `end_s` seconds, `room` pixels long.
    pub(super) fn time(end_s: f64, room: f64, clock: Clock) -> Self {
        let end_s = if end_s > 0.0 { end_s.clamp(LIMITS.0, LIMITS.1) } else { 1.0 };
        let (unit_s, name, steps): (f64, &str, &[f64]) = match end_s {
            _ if clock.counts_ticks() => (1e-3, "", &[]),
            s if s < 1.0 => (1e-3, " ms", &[]),
            s if s <= 600.0 => (1.0, " s", &[]),
            s if s <= 3.0 * 3_600.0 => (60.0, " min", &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0]),
            s if s <= 72.0 * 3_600.0 => (3_600.0, " h", &[0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0]),
            _ => (86_400.0, " d", &[]),
        };
        let end = end_s / unit_s;
        let ticks_of = |most: usize| {
            let step = if steps.is_empty() { step(end, most) } else { step_of(steps, end, most) };
            let label = |value| (value * unit_s, format!("{}{name}", amount(value, step)));
            multiples(0.0, end, step).into_iter().map(label).collect()
        };
        Self { scale: Scale::Linear, low: 0.0, high: end_s, ticks: Vec::new() }.fit(ticks_of, room)
    }

    /// Latencies in milliseconds, given in ascending order, `room` pixels long: linear, or
    /// logarithmic where they spread over more than one order of magnitude.
    pub(super) fn latency(values_ms: &[f64], room: f64, clock: Clock) -> Self {
        let positive = values_ms.iter().copied().find(|&value| value > 0.0);
        let (Some(least), Some(&most)) = (positive, values_ms.last()) else {
            return Self::linear_latency(0.0, 1.0, room, clock);
        };
        let (least, most) = (least.clamp(LIMITS.0, LIMITS.1), most.clamp(LIMITS.0, LIMITS.1));
        if most / least < LOG_RATIO {
            let first = values_ms[0].clamp(0.0, most);
            return Self::linear_latency(first, most, room, clock);
        }
        let (low, high) = (around(least).0, around(most).1);
        let label = |value| (value, latency(value, latency_unit(value, clock), value));
        let ticks_of = |most: usize| {
            let level = 8 - most.min(8);
            decades(low, high, level).into_iter().map(label).collect()
        };
        Self { scale: Scale::Log, low, high, ticks: Vec::new() }.fit(ticks_of, room)
    }

    fn linear_latency(least: f64, most: f64, room: f64, clock: Clock) -> Self {
        let least = if least < 0.6 * most { 0.0 } else { least };
        // A single value stands in the middle.
        let (least, most) =
            if most - least > 1e-6 * most { (least, most) } else { (0.9 * least, 1.1 * most) };
        let grid = step(most - least, 5);
        let low = libm::floor(least / grid + 1e-9) * grid;
        let high = libm::ceil(most / grid - 1e-9) * grid;
        let unit = latency_unit(high, clock);
        let ticks_of = |most: usize| {
            let step = step(high - low, most);
            let label = |value| (value, latency(value, unit, step));
            multiples(low, high, step).into_iter().map(label).collect()
        };
        Self { scale: Scale::Linear, low, high, ticks: Vec::new() }.fit(ticks_of, room)
    }

    /// Takes as many ticks as fit beside each other, the more the better.
    fn fit(mut self, ticks_of: impl Fn(usize) -> Vec<(f64, String)>, room: f64) -> Self {
        for most in (1..=8).rev() {
            self.ticks = ticks_of(most);
            if !self.ticks.is_empty() && self.has_room(room) {
                return self;
            }
        }
        self.ticks.truncate(1);
        self
    }

    fn has_room(&self, room: f64) -> bool {
        let mut taken = f64::NEG_INFINITY;
        self.ticks.iter().all(|(value, label)| {
            let half = font::width(label, LABEL_SIZE, false) / 2.0;
            let middle = self.place(*value) * room;
            let is_free = middle - half >= taken;
            taken = middle + half + LABEL_GAP;
            is_free
        })
    }
}

/// A unit of latency: its length in milliseconds and its name.
type LatencyUnit = (f64, &'static str);

/// The unit in which a latency has the fewest digits.
fn latency_unit(ms: f64, clock: Clock) -> LatencyUnit {
    match ms {
        _ if clock.counts_ticks() => (1.0, ""),
        ms if ms >= 1e3 => (1e3, " s"),
        ms if ms >= 1.0 || ms <= 0.0 => (1.0, " ms"),
        _ => (1e-3, " µs"),
    }
}

fn latency(ms: f64, unit: LatencyUnit, step_ms: f64) -> String {
    format!("{}{}", amount(ms / unit.0, step_ms / unit.0), unit.1)
}

/// A multiple of `step` with no more decimals than it needs.
fn amount(value: f64, step: f64) -> String {
    let (value, step, name) = match value.abs().max(step) {
        large if large >= 1e9 => (value / 1e9, step / 1e9, " G"),
        large if large >= 1e6 => (value / 1e6, step / 1e6, " M"),
        _ => (value, step, ""),
    };
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (0..9).find(|&decimals| {
        let scaled = step * libm::pow(10.0, decimals as f64);
        (scaled - libm::round(scaled)).abs() < 1e-6 * scaled
    });
    format!("{}{name}", fixed(value, decimals.unwrap_or(9)))
}

#[cfg(test)]
mod tests {
    use tokendrome::TimeUnit;

    use super::*;

    const SECONDS: Clock = Clock::counting(TimeUnit::Second);

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn labels_are_round_and_have_units() {
        assert_eq!(labels(&Axis::amount(1604.0)), ["0", "500", "1,000", "1,500", "2,000"]);
        assert_eq!(labels(&Axis::places(16)), ["0", "5", "10", "15"]);
        assert_eq!(labels(&Axis::places(1)), ["0", "1"]);
        assert_eq!(labels(&Axis::amount(0.9)), ["0", "0.5", "1.0"]);
        assert_eq!(labels(&Axis::amount(3.2e6)), ["0", "1 M", "2 M", "3 M", "4 M"]);
        assert_eq!(
            labels(&Axis::time(0.012, 400.0, SECONDS)),
            ["0 ms", "2 ms", "4 ms", "6 ms", "8 ms", "10 ms", "12 ms"]
        );
        assert_eq!(
            labels(&Axis::time(1254.0, 300.0, SECONDS)),
            ["0 min", "5 min", "10 min", "15 min", "20 min"]
        );
        assert_eq!(
            labels(&Axis::latency(&[10.0, 20.0], 200.0, SECONDS)),
            ["0 ms", "5 ms", "10 ms", "15 ms", "20 ms"]
        );
        assert_eq!(
            labels(&Axis::latency(&[10.0, 9_000.0], 200.0, SECONDS)),
            ["10 ms", "100 ms", "1 s", "10 s"]
        );
    }

    #[test]
    fn any_values_have_places_from_0_to_1() {
        let extremes = [0.0, f64::MIN_POSITIVE, 1e-300, 1.0, 1e300, f64::MAX];
        for (at, &low) in extremes.iter().enumerate() {
            for &high in &extremes[at..] {
                let axes = [
                    Axis::latency(&[low, high], 200.0, SECONDS),
                    Axis::latency(&[low, low, high], 5.0, SECONDS),
                    Axis::amount(high),
                    Axis::time(high, 300.0, SECONDS),
                ];
                for axis in axes {
                    assert!((0.0..=1.0).contains(&axis.place(low)), "{axis:?}");
                    assert!((0.0..=1.0).contains(&axis.place(high)), "{axis:?}");
                }
            }
        }
    }
}
