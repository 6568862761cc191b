//! Lists of lengths: one number a line.

use super::text::{self, shown};
use super::{RowError, decimal};

/// Reads a line of a list of lengths, in tokens. None: the line is empty or a comment, which begins
/// with `#`.
///
/// # Errors
/// The line is something else than a whole number from 1 to 4,294,967,295.
pub fn length(line: &[u8]) -> Result<Option<u32>, RowError> {
    let line = text::utf8(text::without_line_end(line))?;
    let number = line.trim_start_matches('\u{feff}').trim_ascii();
    if number.is_empty() || number.starts_with('#') {
        return Ok(None);
    }
    tokens(number).map(Some).ok_or_else(|| {
        let at = line.len() - line.trim_ascii_start().len();
        let found = shown(number);
        let what = format!("a length must be {TOKENS}; found \"{found}\"; write one length a line");
        RowError::new(line, at, what)
    })
}

/// What a number of tokens must be.
pub(super) const TOKENS: &str = "a whole number from 1 to 4,294,967,295";

/// A number of tokens, at least 1. A fraction of zero is none.
pub(super) fn tokens(text: &str) -> Option<u32> {
    let count = decimal::count(text.as_bytes(), 0).ok()?;
    let tokens = u32::try_from(count.units).ok()?;
    (count.exact && tokens > 0).then_some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_length_or_nothing() {
        for (line, expect) in [
            ("17", Some(17)),
            (" 17\r\n", Some(17)),
            ("17.0", Some(17)),
            ("4294967295", Some(u32::MAX)),
            ("\u{feff}3", Some(3)),
            ("", None),
            ("  \n", None),
            ("# measured on Monday", None),
        ] {
            assert_eq!(length(line.as_bytes()), Ok(expect), "{line:?}");
        }
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for line in ["0", "-1", "1.5", "4294967296", "NaN", "1 2", "1,2", "12 # a note"] {
            let error = length(line.as_bytes()).unwrap_err();
            let expect = format!(
                "a length must be a whole number from 1 to 4,294,967,295; found \"{line}\"; write \
                 one length a line"
            );
            assert_eq!((error.column, error.what), (1, expect));
        }
        assert_eq!(length(b"   x").unwrap_err().column, 4);
        assert!(length(b"\xff").is_err());
    }
}
