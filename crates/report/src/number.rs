//! Numbers as people read them: thousands separated, as many digits as mean something.

/// Beyond this a number is written as a power of ten.
const PLAIN_MAX: f64 = 1e12;

/// A whole number with its thousands separated: `1,234,567`.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with this many decimals and its thousands separated: `1,234.50`.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value.abs() >= PLAIN_MAX {
        return format!("{value:.2e}");
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    let sign = if value < 0.0 && !is_zero { "-" } else { "" };
    // Below PLAIN_MAX the whole part fits.
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    format!("{sign}{whole}{rest}")
}

/// Decimals that show three digits of a number, and none of a number from 100.
pub(crate) fn decimals(value: f64) -> usize {
    match value.abs() {
        v if v >= 99.95 || v == 0.0 => 0,
        v if v >= 9.995 => 1,
        v if v >= 0.9995 => 2,
        _ => 3,
    }
}

/// A number with three digits or, from 1,000, all of its whole part.
pub(crate) fn short(value: f64) -> String {
    if value != 0.0 && value.abs() < 0.0005 {
        return format!("{value:.1e}");
    }
    fixed(value, decimals(value))
}

/// A share as a percentage with one decimal. What is not quite nothing or not quite all says so.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent <= 0.0 || percent >= 100.0 {
        format!("{} %", fixed(percent, 0))
    } else if percent < 0.05 {
        "<0.1 %".to_owned()
    } else if percent >= 99.95 {
        ">99.9 %".to_owned()
    } else {
        format!("{} %", fixed(percent, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (value, expect) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(value), expect);
        }
        assert_eq!(fixed(1234.5, 2), "1,234.50");
        assert_eq!(fixed(-0.001, 1), "0.0");
        assert_eq!(fixed(-1000.0, 0), "-1,000");
        assert_eq!(fixed(1e300, 1), "1.00e300");
        assert_eq!(fixed(f64::NAN, 1), "-");
    }

    #[test]
    fn three_digits_are_shown() {
        for (value, expect) in [
            (0.0, "0"),
            (0.000_1, "1.0e-4"),
            (0.012_34, "0.012"),
            (1.0, "1.00"),
            (9.996, "10.0"),
            (99.96, "100"),
            (12_345.6, "12,346"),
        ] {
            assert_eq!(short(value), expect);
        }
    }

    #[test]
    fn shares_do_not_pretend_to_be_whole() {
        for (share, expect) in [
            (0.0, "0 %"),
            (0.000_1, "<0.1 %"),
            (0.5, "50.0 %"),
            (0.999_9, ">99.9 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), expect);
        }
    }
}
