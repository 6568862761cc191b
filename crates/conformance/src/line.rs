//! One line of a trace: a JSON object, written by hand into a buffer that is used again.

use std::io::{self, Write};

/// A line that is being written.
#[derive(Debug, Default)]
pub(crate) struct Line {
    bytes: Vec<u8>,
}

/// A list or an object within a line that is being written.
#[derive(Debug)]
pub(crate) struct Items {
    close: u8,
    is_empty: bool,
}

impl Line {
    /// Begins the object with its first key.
    pub(crate) fn begin(&mut self, key: &str) -> &mut Self {
        self.bytes.clear();
        self.raw("{\"").raw(key).raw("\":")
    }

    /// Begins the next value.
    pub(crate) fn key(&mut self, key: &str) -> &mut Self {
        self.raw(",\"").raw(key).raw("\":")
    }

    /// Writes what is JSON already.
    #[inline]
    pub(crate) fn raw(&mut self, text: &str) -> &mut Self {
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    #[inline]
    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        // Most numbers are the one token of a decode.
        if number < 10 {
            self.bytes.push(b'0' + number as u8);
            return self;
        }
        self.raw(itoa::Buffer::new().format(number))
    }

    pub(crate) fn flag(&mut self, flag: bool) -> &mut Self {
        self.raw(if flag { "true" } else { "false" })
    }

    /// 16 hexadecimal digits in quotes.
    pub(crate) fn checksum(&mut self, sum: u64) -> &mut Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.bytes.push(b'"');
        let digits = (0..16).rev().map(|place| DIGITS[(sum >> (4 * place) & 15) as usize]);
        self.bytes.extend(digits);
        self.bytes.push(b'"');
        self
    }

    pub(crate) fn begin_list(&mut self) -> Items {
        self.bytes.push(b'[');
        Items { close: b']', is_empty: true }
    }

    pub(crate) fn begin_object(&mut self) -> Items {
        self.bytes.push(b'{');
        Items { close: b'}', is_empty: true }
    }

    /// Makes room for the next item.
    pub(crate) fn next(&mut self, items: &mut Items) -> &mut Self {
        if !std::mem::replace(&mut items.is_empty, false) {
            self.bytes.push(b',');
        }
        self
    }

    pub(crate) fn end(&mut self, items: &Items) {
        self.bytes.push(items.close);
    }

    /// Ends the object, and hands the line on.
    pub(crate) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.bytes.extend_from_slice(b"}\n");
        out.write_all(&self.bytes)
    }
}
