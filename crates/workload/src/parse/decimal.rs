//! Decimal text to whole units, exactly, without floats.

/// Why a text is not a count of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not digits with an optional sign, point and exponent; `NaN` and `inf` are among these.
    NotANumber,
    /// Below zero.
    Negative,
    /// More than 64 bits hold.
    TooLarge,
}

/// A count of units, as near as whole units come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) units: u64,
    /// False if it had to be rounded.
    pub(super) exact: bool,
}

/// Digits that a 128-bit mantissa surely holds.
const DIGITS_MAX: u32 = 38;

/// Those powers of ten that 64 bits hold.
const POWERS: [u64; 20] = {
    let mut powers = [1; 20];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// The number in `text` times ten to the power `shift`, to the nearest whole unit, halves up.
pub(super) fn count(text: &[u8], shift: u32) -> Result<Count, Fault> {
    if let Some((digits, decimals)) = plain(text)
        && let Some(power) = shift.checked_sub(decimals)
    {
        let power = POWERS.get(power as usize).copied();
        let units = power.and_then(|power| digits.checked_mul(power));
        let exact = |units| Count { units, exact: true };
        return units.map(exact).ok_or(Fault::TooLarge);
    }
    let parts = Parts::read(text).ok_or(Fault::NotANumber)?;
    parts.scaled(i64::from(shift))
}

/// Up to 19 bytes of digits with at most one point among them, without the point, and how many
/// stand behind it.
#[inline]
fn plain(text: &[u8]) -> Option<(u64, u32)> {
    // 19 digits are below 2^64.
    if !(1..=19).contains(&text.len()) {
        return None;
    }
    let mut digits = 0_u64;
    let mut point = None;
    for (at, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            digits = digits * 10 + u64::from(digit);
        } else if *byte == b'.' && point.is_none() && text.len() > 1 {
            point = Some(at);
        } else {
            return None;
        }
    }
    let decimals = point.map_or(0, |at| text.len() - 1 - at);
    Some((digits, decimals as u32))
}

/// `mantissa x 10^exponent`, and whether digits beyond the mantissa were left out.
struct Parts {
    negative: bool,
    mantissa: u128,
    exponent: i64,
    sticky: bool,
}

impl Parts {
    fn read(text: &[u8]) -> Option<Self> {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let split = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (digits, exponent) = match split {
            Some(at) => (&text[..at], exponent(&text[at + 1..])?),
            None => (text, 0),
        };
        let mut parts = Self { negative, mantissa: 0, exponent, sticky: false };
        parts.take(digits).then_some(parts)
    }

    /// Takes in digits with at most one point; false if they are something else.
    fn take(&mut self, digits: &[u8]) -> bool {
        let (mut kept, mut any, mut after_point) = (0, false, false);
        for &byte in digits {
            match byte {
                b'.' if !after_point => after_point = true,
                b'0'..=b'9' => {
                    any = true;
                    let digit = u128::from(byte - b'0');
                    if kept < DIGITS_MAX {
                        self.mantissa = self.mantissa * 10 + digit;
                        // Leading zeros take no room.
                        kept += u32::from(self.mantissa > 0);
                        self.exponent -= i64::from(after_point);
                    } else {
                        self.sticky |= digit > 0;
                        self.exponent += i64::from(!after_point);
                    }
                }
                _ => return false,
            }
        }
        any
    }

    fn scaled(&self, shift: i64) -> Result<Count, Fault> {
        if self.mantissa == 0 {
            return Ok(Count { units: 0, exact: true });
        }
        if self.negative {
            return Err(Fault::Negative);
        }
        let exponent = self.exponent + shift;
        let power = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
        let power = if power <= DIGITS_MAX { Some(10_u128.pow(power)) } else { None };
        let (units, exact) = match (exponent >= 0, power) {
            (true, Some(power)) => (self.mantissa.checked_mul(power), !self.sticky),
            (true, None) => (None, false),
            (false, Some(power)) => {
                let (whole, rest) = (self.mantissa / power, self.mantissa % power);
                let up = u128::from(rest * 2 >= power);
                (Some(whole + up), rest == 0 && !self.sticky)
            }
            // The mantissa has at most 38 digits: this is less than a tenth.
            (false, None) => (Some(0), false),
        };
        let units = units.and_then(|units| u64::try_from(units).ok()).ok_or(Fault::TooLarge)?;
        Ok(Count { units, exact })
    }
}

/// The exponent after the `e`, kept within what can matter.
fn exponent(text: &[u8]) -> Option<i64> {
    /// No file has as many digits before or after a point.
    const BEYOND: i64 = 1 << 40;
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0_i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(BEYOND));
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, shift: u32, expect: Result<(u64, bool), Fault>) {
        let found = count(text.as_bytes(), shift).map(|count| (count.units, count.exact));
        assert_eq!(found, expect, "{text} x 10^{shift}");
    }

    #[test]
    fn numbers_become_units() {
        check("0", 9, Ok((0, true)));
        check("17", 0, Ok((17, true)));
        check("007", 0, Ok((7, true)));
        check("+5", 9, Ok((5_000_000_000, true)));
        check("-0", 6, Ok((0, true)));
        check("-0.000", 6, Ok((0, true)));
        check("1.5", 6, Ok((1_500_000, true)));
        check("61.114", 9, Ok((61_114_000_000, true)));
        check("0.1", 9, Ok((100_000_000, true)));
        check(".5", 0, Ok((1, false)));
        check("5.", 0, Ok((5, true)));
        check("472.0", 0, Ok((472, true)));
        check("1e3", 6, Ok((1_000_000_000, true)));
        check("1.5E+2", 0, Ok((150, true)));
        check("15e-1", 6, Ok((1_500_000, true)));
        check("18446744073709551615", 0, Ok((u64::MAX, true)));
        check("1700000000.123456789", 9, Ok((1_700_000_000_123_456_789, true)));
    }

    #[test]
    fn halves_of_a_unit_are_rounded_up() {
        check("0.0000004", 6, Ok((0, false)));
        check("0.0000005", 6, Ok((1, false)));
        check("0.00000049999999999999999999999999999999999999999999999", 6, Ok((0, false)));
        check("0.4e-999999999999999999999", 9, Ok((0, false)));
        check(&format!("1.{}1", "0".repeat(60)), 0, Ok((1, false)));
        check(&format!("{}1", "0".repeat(60)), 0, Ok((1, true)));
        check(&format!("1{}e-60", "0".repeat(60)), 0, Ok((1, true)));
    }

    #[test]
    fn what_is_no_count_is_refused() {
        for text in ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "NaN", "inf", "0x10", "1,000", " 1"]
        {
            check(text, 0, Err(Fault::NotANumber));
        }
        check("-1", 0, Err(Fault::Negative));
        check("-1e-30", 0, Err(Fault::Negative));
        check("18446744073709551616", 0, Err(Fault::TooLarge));
        check("9999999999999999999", 9, Err(Fault::TooLarge));
        check("1", 40, Err(Fault::TooLarge));
        check("1e400", 0, Err(Fault::TooLarge));
        check("1e99999999999999999999", 0, Err(Fault::TooLarge));
        check(&"9".repeat(100), 0, Err(Fault::TooLarge));
    }
}
