//! Rows of numbers: ranges and equal divisions, without rounding dirt.
//!
//! Numbers are read as decimals and stepped through in whole multiples of their last place; only
//! the finished value becomes a float, the nearest one. So `0.1:0.9:0.1` has the value 0.3, where
//! adding up floats would have 0.30000000000000004.

use tokendrome::ticks::shortened;

use super::POINTS_MAX;
use crate::tree::Value;

/// Digits of a number at most: those of a float.
const DIGITS_MAX: usize = 17;
/// Decimals of a number, and zeros before its point, at most.
const PLACES_MAX: i32 = 20;
/// Whole numbers up to here are floats, so that dividing two of them gives the nearest float.
const EXACT_MAX: i128 = 1 << 53;

/// A decimal number: so many units of 10^-places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decimal {
    units: i128,
    places: u32,
    /// Written without a point and without an exponent.
    is_whole: bool,
}

impl Decimal {
    /// Reads a number such as `-12`, `0.25` or `1e-3`; none if it is no number, or one with more
    /// digits or decimals than can be stepped through exactly.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (text, 0_i32),
        };
        let (sign, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{part}");
        let is_number = !all.is_empty() && all.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || all.trim_start_matches('0').len() > DIGITS_MAX {
            return None;
        }
        let places = i32::try_from(part.len()).ok()?.checked_sub(exponent)?;
        if places.abs() > PLACES_MAX {
            return None;
        }
        let units: i128 = all.parse().ok()?;
        let grown = 10_i128.pow(u32::try_from(-places).unwrap_or(0));
        Some(Self {
            units: sign * units * grown,
            places: u32::try_from(places).unwrap_or(0),
            is_whole: !text.contains(['.', 'e', 'E']),
        })
    }

    /// A number of a file.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Self::read(&number.to_string()),
            // The fewest digits that read back as the same float.
            Value::Float(number) => {
                Some(Self { is_whole: false, ..Self::read(&format!("{number:e}"))? })
            }
            _ => None,
        }
    }

    /// Its units where a unit is 10^-places.
    fn units_of(self, places: u32) -> Option<i128> {
        self.units.checked_mul(10_i128.checked_pow(places - self.places)?)
    }
}

/// `start:end:step` as it is typed; none if it is not of that form.
pub(super) fn range_of(text: &str) -> Option<[Decimal; 3]> {
    let parts: Vec<Decimal> =
        text.split(':').map(|part| Decimal::read(part.trim())).collect::<Option<_>>()?;
    parts.try_into().ok()
}

/// The numbers from `start` in steps, up to half a step beyond `end`: those of numpy's
/// `arange(start, end + step / 2, step)` if that had no rounding errors.
pub(super) fn range([start, end, step]: [Decimal; 3]) -> Result<Vec<Value>, String> {
    if step.units == 0 {
        return Err("a range with the step 0 has no end".to_owned());
    }
    let places = start.places.max(end.places).max(step.places);
    let all = [start, end, step].map(|number| number.units_of(places));
    let [Some(first), Some(last), Some(by)] = all else { return Err(too_wide()) };
    let span = last - first;
    if span != 0 && (span < 0) != (by < 0) {
        let (leads, sign) = if by < 0 { ("down", "") } else { ("up", "-") };
        let step = if by < 0 { -by } else { by };
        let step = number(step, 10_i128.pow(places));
        return Err(format!(
            "a range whose step leads {leads} never gets to its end: give the step as \
             {sign}{step}, or exchange the ends"
        ));
    }
    // The least count that is no less than span / step + 1/2.
    let count = -(-(2 * span.abs() + by.abs())).div_euclid(2 * by.abs());
    check_count(count)?;
    let is_whole = start.is_whole && end.is_whole && step.is_whole;
    let one = 10_i128.pow(places);
    Ok((0..count).map(|at| value(first + at * by, one, is_whole)).collect())
}

/// `count` numbers from `start` to `end`, both included, at equal distances.
pub(super) fn linspace(start: Decimal, end: Decimal, count: i128) -> Result<Vec<Value>, String> {
    if count < 1 {
        return Err(format!("`linspace` wants 1 value or more; found {count}"));
    }
    check_count(count)?;
    let places = start.places.max(end.places);
    let all = [start, end].map(|number| number.units_of(places));
    let [Some(first), Some(last)] = all else { return Err(too_wide()) };
    let gaps = (count - 1).max(1);
    let one = 10_i128.pow(places) * gaps;
    let at = |at: i128| first.checked_mul(gaps)?.checked_add((last - first).checked_mul(at)?);
    let all: Option<Vec<i128>> = (0..count).map(at).collect();
    let all = all.ok_or_else(too_wide)?;
    let is_whole = start.is_whole && end.is_whole && all.iter().all(|units| units % one == 0);
    Ok(all.into_iter().map(|units| value(units, one, is_whole)).collect())
}

fn check_count(count: i128) -> Result<(), String> {
    if count > POINTS_MAX as i128 {
        return Err(format!("{count} values are more than a sweep's {POINTS_MAX} points"));
    }
    Ok(())
}

fn too_wide() -> String {
    "the numbers are too far apart in size".to_owned()
}

/// `units / one` as a value of a scenario.
fn value(units: i128, one: i128, is_whole: bool) -> Value {
    if is_whole { Value::Integer(units / one) } else { Value::Float(number(units, one)) }
}

/// The float nearest to `units / one`.
fn number(units: i128, one: i128) -> f64 {
    let common = greatest_divisor(units.abs(), one);
    let (units, one) = (units / common, one / common);
    let quotient = units as f64 / one as f64;
    if units.abs() <= EXACT_MAX && one <= EXACT_MAX { quotient } else { shortened(quotient) }
}

fn greatest_divisor(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: Result<Vec<Value>, String>) -> String {
        let show = |value: &Value| match value {
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => format!("{number:?}"),
            other => format!("{other:?}"),
        };
        match values {
            Ok(values) => values.iter().map(show).collect::<Vec<_>>().join(" "),
            Err(message) => message,
        }
    }

    #[test]
    fn ranges_have_clean_values_and_their_end() {
        for (text, expect) in [
            ("1:9:2", "1 3 5 7 9"),
            ("9:1:-4", "9 5 1"),
            ("0.1:0.9:0.1", "0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9"),
            ("0.5:2:0.5", "0.5 1.0 1.5 2.0"),
            ("5:5:1", "5"),
            ("-0.2:0.2:0.1", "-0.2 -0.1 0.0 0.1 0.2"),
            ("1e-3:3e-3:1e-3", "0.001 0.002 0.003"),
            // As arange(0, 1.15, 0.3), arange(0, 1.2, 0.4) and arange(0, 1.3, 0.6).
            ("0:1:0.3", "0.0 0.3 0.6 0.9"),
            ("0:1:0.4", "0.0 0.4 0.8"),
            ("0:1:0.6", "0.0 0.6 1.2"),
            ("1e6:3e6:1e6", "1000000.0 2000000.0 3000000.0"),
            ("0:1:0", "a range with the step 0 has no end"),
            ("0:1000000:1", "1000001 values are more than a sweep's 100000 points"),
        ] {
            assert_eq!(shown(range(range_of(text).unwrap())), expect, "{text}");
        }
        let wrong = |text: &str| range(range_of(text).unwrap()).unwrap_err();
        assert!(
            wrong("0:1:-0.5").contains("leads down never gets to its end: give the step as 0.5")
        );
        assert!(wrong("9:1:2").contains("leads up never gets to its end: give the step as -2"));
        assert!(
            wrong("0:1e20:1e-20").contains("more than")
                || wrong("0:1e20:1e-20").contains("too far")
        );
        for text in ["1:2", "1:2:3:4", "a:b:c", "1:2:", "0x1:2:3", "1:2:nan", "1e99:2:3"] {
            assert_eq!(range_of(text), None, "{text}");
        }
    }

    #[test]
    fn divisions_have_both_ends() {
        let of = |start: &str, end: &str, count| {
            shown(linspace(Decimal::read(start).unwrap(), Decimal::read(end).unwrap(), count))
        };
        for (start, end, count, expect) in [
            ("1", "10", 4, "1 4 7 10"),
            ("1", "2", 3, "1.0 1.5 2.0"),
            ("0.1", "0.5", 5, "0.1 0.2 0.3 0.4 0.5"),
            ("0", "1", 4, "0.0 0.3333333333333333 0.6666666666666666 1.0"),
            ("4", "1", 2, "4 1"),
            ("7", "9", 1, "7"),
            ("7", "9", 0, "`linspace` wants 1 value or more; found 0"),
        ] {
            assert_eq!(of(start, end, count), expect, "{start} {end} {count}");
        }
    }
}
