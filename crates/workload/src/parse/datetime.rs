//! Calendar times to nanoseconds since 1970-01-01T00:00:00 UTC.

const NANOS_PER_SEC: i128 = 1_000_000_000;

/// A point in calendar time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Nanoseconds since the epoch, in UTC; a time without a zone is taken to be UTC.
    pub(super) unix_ns: i128,
    /// Whether the text names its zone.
    pub(super) zoned: bool,
}

/// Reads `YYYY-MM-DD hh:mm:ss`, with `T` for the space if you like, then optionally a point and
/// digits (those beyond the ninth are left out), then optionally a zone: `Z`, `+hh`, `+hhmm` or
/// `+hh:mm`, or the same with `-`. Years are those of the Gregorian calendar, 0001 to 9999; there
/// are no leap seconds.
pub(super) fn moment(text: &[u8]) -> Option<Moment> {
    let mut rest = text;
    let year = number(&mut rest, 4, 1..=9999)?;
    separator(&mut rest, b"-")?;
    let month = number(&mut rest, 2, 1..=12)?;
    separator(&mut rest, b"-")?;
    let day = number(&mut rest, 2, 1..=days_in_month(year, month))?;
    separator(&mut rest, b" T")?;
    let hour = number(&mut rest, 2, 0..=23)?;
    separator(&mut rest, b":")?;
    let minute = number(&mut rest, 2, 0..=59)?;
    separator(&mut rest, b":")?;
    let second = number(&mut rest, 2, 0..=59)?;
    let nanos = fraction(&mut rest)?;
    let (offset_min, zoned) = zone(rest)?;
    let minutes = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute - offset_min;
    let seconds = i128::from(minutes * 60 + second);
    Some(Moment { unix_ns: seconds * NANOS_PER_SEC + i128::from(nanos), zoned })
}

/// Days from 1970-01-01 to this date of the proleptic Gregorian calendar.
///
/// The year is taken to begin in March, so that the leap day is its last. Then the months before
/// one have `(153 m + 2) / 5` days, and 400 years have 146,097. Source: H. Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    /// Days from 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    era * 146_097 + day_of_era - EPOCH
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Takes exactly `digits` digits that make a number within `range`.
fn number(rest: &mut &[u8], digits: usize, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    let (head, tail) = rest.split_at_checked(digits)?;
    let value = head.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
    })?;
    *rest = tail;
    range.contains(&value).then_some(value)
}

/// Takes one byte, which must be one of these.
fn separator(rest: &mut &[u8], allowed: &[u8]) -> Option<()> {
    let (first, tail) = rest.split_first()?;
    *rest = tail;
    allowed.contains(first).then_some(())
}

/// Takes a fraction of a second, if there is one, in nanoseconds.
fn fraction(rest: &mut &[u8]) -> Option<i64> {
    let Some(tail) = rest.strip_prefix(b".") else {
        return Some(0);
    };
    let digits = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
    *rest = &tail[digits..];
    let padded = tail[..digits].iter().copied().chain(std::iter::repeat(b'0')).take(9);
    let nanos = padded.fold(0, |nanos, byte| nanos * 10 + i64::from(byte - b'0'));
    (digits > 0).then_some(nanos)
}

/// Minutes that the zone is ahead of UTC, and whether one is named.
fn zone(text: &[u8]) -> Option<(i64, bool)> {
    let (sign, mut rest) = match text.trim_ascii_start() {
        [] => return Some((0, false)),
        b"Z" | b"z" | b"UTC" => return Some((0, true)),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let hours = number(&mut rest, 2, 0..=23)?;
    let minutes = match rest {
        [] => 0,
        _ => {
            rest = rest.strip_prefix(b":").unwrap_or(rest);
            number(&mut rest, 2, 0..=59)?
        }
    };
    rest.is_empty().then_some((sign * (hours * 60 + minutes), true))
}

#[cfg(test)]
mod tests;
