//! The date that templates see.

use minijinja::{Error, ErrorKind};

/// What the directives of `strftime` give on Thursday, 1 January 2026, 12:00:00 UTC.
const DIRECTIVES: [(char, &str); 22] = [
    ('Y', "2026"),
    ('y', "26"),
    ('m', "01"),
    ('d', "01"),
    ('e', " 1"),
    ('B', "January"),
    ('b', "Jan"),
    ('h', "Jan"),
    ('A', "Thursday"),
    ('a', "Thu"),
    ('j', "001"),
    ('H', "12"),
    ('I', "12"),
    ('M', "00"),
    ('S', "00"),
    ('p', "PM"),
    ('F', "2026-01-01"),
    ('T', "12:00:00"),
    ('D', "01/01/26"),
    ('z', ""),
    ('Z', ""),
    ('%', "%"),
];

/// The date in a format of `strftime`; `%-d` is `%d` without zeros in front.
pub(super) fn strftime_now(format: &str) -> Result<String, Error> {
    let mut text = String::with_capacity(format.len());
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let next = letters.next();
        let (is_short, directive) = match next {
            Some('-') => (true, letters.next()),
            other => (false, other),
        };
        let known = DIRECTIVES.iter().find(|(known, _)| Some(*known) == directive);
        let Some((_, value)) = known else {
            let found: String = directive.into_iter().collect();
            let what = format!("strftime_now does not know `%{found}` of {format:?}");
            return Err(Error::new(ErrorKind::InvalidOperation, what));
        };
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        match value.trim_start_matches('0') {
            short if is_short && is_number && !short.is_empty() => text.push_str(short),
            _ if is_short && is_number => text.push('0'),
            _ => text.push_str(value),
        }
    }
    Ok(text)
}
