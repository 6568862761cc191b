//! A cursor over one line of JSON text (RFC 8259): as much as rows need, each fault at its byte.

use std::borrow::Cow;

use super::RowError;
use super::decimal::{self, Fault};
use super::text::shown;

mod grammar;
mod plain;

use grammar::{delimits, is_number, unicode};
use plain::{plain_decimal, plain_whole, plain_wholes};

/// Deepest nesting of a value that is passed over.
const DEPTH_MAX: u32 = 100;

const CUT_OFF: &str = "the line ends inside the object: the file is cut off, or the object spans \
                       several lines; write each request as one whole line";

/// A place in a line.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { line, at: 0 }
    }

    /// The byte that is read next.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn fault(&self, at: usize, what: impl Into<String>) -> RowError {
        RowError::new(self.line, at, what)
    }

    /// Goes back to a byte where it has been.
    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Passes over space; the byte after it.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        let next = self.line.as_bytes().get(self.at).copied();
        if next.is_some_and(|byte| byte <= b' ') { self.peek_over_space() } else { next }
    }

    fn peek_over_space(&mut self) -> Option<u8> {
        let bytes = self.line.as_bytes();
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Takes `byte` if it is next, space aside.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes one of the bytes, which must be next, space aside.
    #[inline]
    pub(super) fn expect(&mut self, bytes: &[u8]) -> Result<u8, RowError> {
        match self.peek() {
            Some(byte) if bytes.contains(&byte) => {
                self.at += 1;
                Ok(byte)
            }
            _ => Err(self.unexpected(bytes)),
        }
    }

    /// What to say if none of these bytes is next.
    #[cold]
    fn unexpected(&mut self, bytes: &[u8]) -> RowError {
        if self.peek().is_none() {
            return self.fault(self.at, CUT_OFF);
        }
        let names: Vec<String> =
            bytes.iter().map(|&byte| format!("`{}`", char::from(byte))).collect();
        let what = format!("expected {}; found {}", names.join(" or "), self.shown());
        self.fault(self.at, what + "; correct the JSON")
    }

    /// Something but space must follow.
    pub(super) fn expect_more(&mut self) -> Result<(), RowError> {
        match self.peek() {
            None => Err(self.fault(self.at, CUT_OFF)),
            Some(_) => Ok(()),
        }
    }

    /// Nothing but space may follow.
    pub(super) fn end(&mut self) -> Result<(), RowError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => {
                let what =
                    format!("found {} after the object; write one object a line", self.shown());
                Err(self.fault(self.at, what))
            }
        }
    }

    /// Takes a string.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, RowError> {
        self.expect(b"\"")?;
        let start = self.at;
        let mut text: Option<String> = None;
        let mut copied = start;
        loop {
            let rest = &self.line.as_bytes()[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            self.at += plain.unwrap_or(rest.len());
            match self.line.as_bytes().get(self.at) {
                None => return Err(self.fault(self.line.len(), CUT_OFF)),
                Some(b'"') => break,
                Some(b'\\') => {
                    let text = text.get_or_insert_default();
                    text.push_str(&self.line[copied..self.at]);
                    text.push(self.escape()?);
                    copied = self.at;
                }
                Some(_) => {
                    let what = "a control character in a string; write it as an escape";
                    return Err(self.fault(self.at, what));
                }
            }
        }
        let rest = &self.line[copied..self.at];
        self.at += 1;
        Ok(match text {
            None => Cow::Borrowed(rest),
            Some(text) => Cow::Owned(text + rest),
        })
    }

    /// Takes the string `text`, which has nothing to escape, if it comes without space before it
    /// and is written without escapes.
    #[inline]
    pub(super) fn take_string(&mut self, text: &str) -> bool {
        let found = match self.line.as_bytes().get(self.at..) {
            Some([b'"', rest @ ..]) => {
                rest.starts_with(text.as_bytes()) && rest.get(text.len()) == Some(&b'"')
            }
            _ => false,
        };
        self.at += if found { text.len() + 2 } else { 0 };
        found
    }

    /// Takes an escape, from its backslash on.
    fn escape(&mut self) -> Result<char, RowError> {
        let start = self.at;
        let wrong = || RowError::new(self.line, start, "no escape of JSON; correct the string");
        let kind = self.line.as_bytes().get(start + 1).ok_or_else(wrong)?;
        let (c, length) = match kind {
            b'"' | b'\\' | b'/' => (char::from(*kind), 2),
            b'b' => ('\u{8}', 2),
            b'f' => ('\u{c}', 2),
            b'n' => ('\n', 2),
            b'r' => ('\r', 2),
            b't' => ('\t', 2),
            b'u' => unicode(&self.line.as_bytes()[start..]).ok_or_else(wrong)?,
            _ => return Err(wrong()),
        };
        self.at = start + length;
        Ok(c)
    }

    /// Takes `null` if it is next.
    pub(super) fn null(&mut self) -> bool {
        let found = self.peek() == Some(b'n') && self.token() == "null";
        self.at += if found { 4 } else { 0 };
        found
    }

    /// Takes a whole number of at most 64 bits; its text may have an empty fraction or an exponent.
    #[inline]
    pub(super) fn whole(&mut self) -> Result<u64, Fault> {
        self.peek();
        let bytes = &self.line.as_bytes()[self.at..];
        if let Some((value, length)) = plain_whole(bytes)
            && bytes.get(length).is_none_or(|byte| delimits(*byte))
        {
            self.at += length;
            return Ok(value);
        }
        self.whole_of_token()
    }

    /// [`Self::whole`] for texts of any form.
    fn whole_of_token(&mut self) -> Result<u64, Fault> {
        let start = self.at;
        let count = decimal::count(self.number()?.as_bytes(), 0);
        let whole = match count {
            Ok(count) if !count.exact => Err(Fault::NotANumber),
            _ => count.map(|count| count.units),
        };
        if whole.is_err() {
            self.at = start;
        }
        whole
    }

    /// Takes those items of a list that are plain whole numbers, each with the comma after it, up
    /// to the first that is something else; what the list may hold besides is for others to read.
    #[inline]
    pub(super) fn wholes(&mut self, list: &mut Vec<u64>) {
        self.at += plain_wholes(&self.line.as_bytes()[self.at..], list);
    }

    /// Takes the text of a number that is not below 0.
    pub(super) fn number(&mut self) -> Result<&'a str, Fault> {
        self.peek();
        let rest = self.text_ahead();
        let length = plain_decimal(rest.as_bytes());
        if length > 0 && rest.as_bytes().get(length).is_none_or(|byte| delimits(*byte)) {
            self.at += length;
            return Ok(&rest[..length]);
        }
        let token = self.token();
        if !is_number(token.as_bytes()) {
            return Err(Fault::NotANumber);
        }
        if token.starts_with('-') && decimal::count(token.as_bytes(), 0) == Err(Fault::Negative) {
            return Err(Fault::Negative);
        }
        self.at += token.len();
        Ok(token)
    }

    /// The rest of the line.
    pub(super) fn text_ahead(&self) -> &'a str {
        &self.line[self.at..]
    }

    /// What is next, up to the byte that ends a number or a word.
    fn token(&self) -> &'a str {
        let rest = &self.line[self.at..];
        let end = rest.bytes().position(delimits);
        &rest[..end.unwrap_or(rest.len())]
    }

    /// What is next, as a message shows it.
    pub(super) fn shown(&mut self) -> String {
        match self.peek() {
            None => "nothing".to_owned(),
            Some(b'"') => {
                let rest = &self.line[self.at + 1..];
                let end = rest.find('"').map_or(rest.len(), |end| end + 1);
                shown(&self.line[self.at..][..=end.min(rest.len())])
            }
            Some(b'{') => "an object".to_owned(),
            Some(b'[') => "a list".to_owned(),
            Some(_) => match self.token() {
                "" => shown(&self.line[self.at..][..1]),
                token => shown(token),
            },
        }
    }

    /// Passes over a value of any kind.
    pub(super) fn skip(&mut self) -> Result<(), RowError> {
        self.skip_at(0)
    }

    fn skip_at(&mut self, depth: u32) -> Result<(), RowError> {
        let start = self.at;
        match self.peek() {
            Some(b'{' | b'[') if depth == DEPTH_MAX => {
                let what = format!("values nested more than {DEPTH_MAX} deep; flatten them");
                Err(self.fault(start, what))
            }
            Some(b'"') => self.string().map(drop),
            Some(b'[') => self.skip_items(b']', |cursor| cursor.skip_at(depth + 1)),
            Some(b'{') => self.skip_items(b'}', |cursor| {
                cursor.string()?;
                cursor.expect(b":")?;
                cursor.skip_at(depth + 1)
            }),
            None => Err(self.fault(self.at, CUT_OFF)),
            Some(_) => {
                let token = self.token();
                if matches!(token, "true" | "false" | "null") || is_number(token.as_bytes()) {
                    self.at += token.len();
                    return Ok(());
                }
                let what = format!("expected a value; found {}; correct the JSON", self.shown());
                Err(self.fault(self.at, what))
            }
        }
    }

    /// Passes over a list or object, whose opening byte is next, `item` by item.
    fn skip_items(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), RowError>,
    ) -> Result<(), RowError> {
        self.at += 1;
        if self.take(close) {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.expect(&[b',', close])? == close {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
