//! Small things about text that all layouts share.

use super::RowError;

/// Longest piece of the input that a message shows, in characters.
const SHOWN_MAX: usize = 40;

/// The line as text.
pub(super) fn utf8(line: &[u8]) -> Result<&str, RowError> {
    std::str::from_utf8(line).map_err(|error| {
        let at = error.valid_up_to();
        let valid = std::str::from_utf8(&line[..at]).unwrap_or_default();
        let what = format!("byte {:#04x} is not UTF-8; save the file as UTF-8", line[at]);
        RowError::new(valid, at, what)
    })
}

/// The line without `\n` or `\r\n`.
pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A piece of the input as a message shows it: short, and without control characters.
pub(super) fn shown(piece: &str) -> String {
    let mut chars = piece.chars();
    let mut shown: String = chars.by_ref().take(SHOWN_MAX).flat_map(visible).collect();
    if chars.next().is_some() {
        shown.push_str("...");
    }
    shown
}

/// The character, or its escape if it would not show.
fn visible(c: char) -> impl Iterator<Item = char> {
    let plain = (!c.is_control()).then_some(c);
    let escaped = c.is_control().then(|| c.escape_default());
    plain.into_iter().chain(escaped.into_iter().flatten())
}

/// A whole number with a comma between its thousands.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The candidate that is spelled most like `wanted`, case aside, if one is at all: at most a third
/// of its letters (and always two) differ. The first of equals.
#[must_use]
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Names longer than this are no misspelling.
    const COMPARED_MAX: usize = 100;
    if wanted.len() > COMPARED_MAX {
        return None;
    }
    let wanted = wanted.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(2);
    let distance = |candidate: &str| strsim::osa_distance(&wanted, &candidate.to_lowercase());
    candidates
        .into_iter()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|&(distance, candidate)| distance <= limit && distance < candidate.len())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_shown_short_and_visible() {
        assert_eq!(shown("abc"), "abc");
        assert_eq!(shown("a\tb\u{0}"), "a\\tb\\u{0}");
        assert_eq!(shown(&"é".repeat(40)), "é".repeat(40));
        assert_eq!(shown(&"é".repeat(41)), format!("{}...", "é".repeat(40)));
    }

    #[test]
    fn thousands_are_grouped() {
        for (n, expect) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(n), expect);
        }
    }

    #[test]
    fn the_nearest_name_is_a_misspelling_and_nothing_else() {
        let names = ["timestamp", "input_length", "output_length", "turn"];
        let check = |wanted: &str, expect: Option<&str>| {
            assert_eq!(nearest(wanted, names), expect, "{wanted}");
        };
        check("input_lenght", Some("input_length"));
        check("Timestamp", Some("timestamp"));
        check("tunr", Some("turn"));
        check("temperature", None);
        check("x", None);
        check(&"timestamp".repeat(20), None);
    }

    #[test]
    fn what_is_not_utf8_is_found_at_its_column() {
        let error = utf8(b"\xc3\xa9a\xff").unwrap_err();
        assert_eq!(error.column, 3);
        assert_eq!(error.what, "byte 0xff is not UTF-8; save the file as UTF-8");
        assert_eq!(utf8(b"\xc3").unwrap_err().column, 1);
    }
}
