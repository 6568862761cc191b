//! Cutting a line of CSV into its fields.

use std::borrow::Cow;

use crate::parse::RowError;

/// Where a field stands in its line, without its quotes and the space around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    end: usize,
    /// Holds doubled quotes.
    doubled: bool,
}

impl Span {
    /// The field's text.
    pub(super) fn text<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let text = &line[self.start..self.end];
        if self.doubled { Cow::Owned(text.replace("\"\"", "\"")) } else { Cow::Borrowed(text) }
    }
}

/// Puts the fields of `line` into `spans`, in place of what is there. Space around a field is no
/// part of it.
///
/// # Errors
/// More than `columns_max` fields, or quotes that do not match.
pub(super) fn split(line: &str, columns_max: usize, spans: &mut Vec<Span>) -> Result<(), RowError> {
    spans.clear();
    let bytes = line.as_bytes();
    let mut start = 0;
    loop {
        if spans.len() == columns_max {
            let what = format!("the row has more than {columns_max} columns; leave out the others");
            return Err(RowError::new(line, start, what));
        }
        while matches!(bytes.get(start), Some(b' ' | b'\t')) {
            start += 1;
        }
        let (span, end) = match bytes.get(start) {
            Some(b'"') => quoted(line, start)?,
            _ => plain(bytes, start),
        };
        spans.push(span);
        if end == bytes.len() {
            return Ok(());
        }
        start = end + 1;
    }
}

/// The field from `start` up to the next comma or the line's end, and where that is.
#[inline]
fn plain(bytes: &[u8], start: usize) -> (Span, usize) {
    let rest = &bytes[start..];
    let end = start + rest.iter().position(|&byte| byte == b',').unwrap_or(rest.len());
    let trimmed = start + bytes[start..end].trim_ascii_end().len();
    (Span { start, end: trimmed, doubled: false }, end)
}

/// The field whose opening quote is at `open`, and where its comma or the line's end is.
fn quoted(line: &str, open: usize) -> Result<(Span, usize), RowError> {
    let bytes = line.as_bytes();
    let mut doubled = false;
    let mut at = open + 1;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (None, _) => {
                let what =
                    "the quote is not closed on its line; close it, or take the line break out";
                return Err(RowError::new(line, open, what));
            }
            (Some(b'"'), Some(b'"')) => {
                doubled = true;
                at += 2;
            }
            (Some(b'"'), _) => break,
            _ => at += 1,
        }
    }
    let span = Span { start: open + 1, end: at, doubled };
    let rest = &bytes[at + 1..];
    let end = at + 1 + rest.iter().position(|&byte| byte == b',').unwrap_or(rest.len());
    if !bytes[at + 1..end].trim_ascii().is_empty() {
        let what = "text after the closing quote; quote the whole field, and double quotes in it";
        return Err(RowError::new(line, at + 1, what));
    }
    Ok((span, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: &[&str]) {
        let mut spans = Vec::new();
        split(line, 4, &mut spans).unwrap();
        let fields: Vec<_> = spans.iter().map(|span| span.text(line)).collect();
        assert_eq!(fields, expect, "{line}");
    }

    #[track_caller]
    fn check_error(line: &str, column: usize, part: &str) {
        let error = split(line, 4, &mut Vec::new()).unwrap_err();
        assert_eq!(error.column, column, "{error:?}");
        assert!(error.what.contains(part), "{error:?}");
    }

    #[test]
    fn fields_are_cut_at_commas() {
        check("", &[""]);
        check(",", &["", ""]);
        check("a,b,c", &["a", "b", "c"]);
        check(" a , b\t,c ", &["a", "b", "c"]);
        check("a b,\u{e9}", &["a b", "\u{e9}"]);
    }

    #[test]
    fn quotes_hold_commas_and_doubled_quotes() {
        check("\"a,b\",c", &["a,b", "c"]);
        check("\"\",\"\"\"\"", &["", "\""]);
        check(" \" a\" ,b", &[" a", "b"]);
        check("\"say \"\"hi\"\"\",x", &["say \"hi\"", "x"]);
        check("a\"b\",c", &["a\"b\"", "c"]);
    }

    #[test]
    fn quotes_that_do_not_match_are_refused() {
        check_error("a,\"b", 3, "not closed on its line");
        check_error("a,\"b\"\"", 3, "not closed");
        check_error("\u{e9},\"b\"c,d", 6, "after the closing quote");
    }

    #[test]
    fn too_many_columns_are_refused() {
        check_error("a,b,c,d,e,f", 9, "more than 4 columns");
    }
}
