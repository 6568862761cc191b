//! The entries of a dataset as slices of bytes: the lines of JSON lines, or the elements of an
//! array, however either is laid out. Nothing is parsed here beyond where an entry ends, and
//! nothing is kept but the chunk that is being filled.

use std::io::{self, BufRead};
use std::ops::Range;

use crate::DatasetError;
use crate::file::Input;
use crate::lines::{LINE_BYTES_MAX, read_fault};

/// Entries are handed on in chunks of about so many bytes: enough that handing on costs nothing,
/// few enough that all threads have some of a small dataset.
const CHUNK_BYTES: usize = 64 << 10;

/// Where an entry begins, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: usize,
}

/// Some entries in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    entries: Vec<(Range<usize>, Place)>,
}

impl Chunk {
    pub(super) fn entries(&self) -> impl Iterator<Item = (&[u8], Place)> {
        self.entries.iter().map(|(range, place)| (&self.bytes[range.clone()], *place))
    }
}

/// How a file holds its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Nothing has been read.
    Unknown,
    Lines,
    /// In an array; whether an element has been read.
    Array(bool),
    /// Behind the last entry.
    Ended,
}

pub(super) struct Records {
    name: String,
    input: Input,
    layout: Layout,
    /// Of the next byte.
    at: Place,
}

impl Records {
    /// The entries of `input`, which errors call `name`.
    pub(super) fn new(name: String, input: Input) -> Self {
        Self { name, input, layout: Layout::Unknown, at: Place { line: 1, column: 1 } }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether there was anything but space in the file, as far as it has been read.
    pub(super) fn is_blank(&self) -> bool {
        self.layout == Layout::Unknown
    }

    /// The next entries; none: the end of the file.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Chunk>, DatasetError> {
        let mut chunk = Chunk::default();
        while chunk.bytes.len() < CHUNK_BYTES && self.next_entry(&mut chunk)? {}
        Ok((!chunk.entries.is_empty()).then_some(chunk))
    }

    /// Appends the next entry to the chunk; false: there is none.
    fn next_entry(&mut self, chunk: &mut Chunk) -> Result<bool, DatasetError> {
        if self.layout == Layout::Unknown {
            self.skip_mark()?;
            match self.skip_space()? {
                None => return Ok(false),
                Some(b'[') => {
                    self.consume(1)?;
                    self.layout = Layout::Array(false);
                }
                Some(_) => self.layout = Layout::Lines,
            }
        }
        match self.layout {
            Layout::Array(has_elements) => self.next_element(chunk, has_elements),
            Layout::Lines => self.next_line(chunk),
            Layout::Unknown | Layout::Ended => Ok(false),
        }
    }

    fn next_line(&mut self, chunk: &mut Chunk) -> Result<bool, DatasetError> {
        if self.skip_space()?.is_none() {
            return Ok(false);
        }
        let (start, place) = (chunk.bytes.len(), self.at);
        self.take(chunk, place, |ahead| match memchr::memchr(b'\n', ahead) {
            Some(end) => (end, true),
            None => (ahead.len(), false),
        })?;
        chunk.entries.push((start..chunk.bytes.len(), place));
        Ok(true)
    }

    fn next_element(
        &mut self,
        chunk: &mut Chunk,
        has_elements: bool,
    ) -> Result<bool, DatasetError> {
        match (self.skip_space()?, has_elements) {
            (Some(b']'), _) => {
                self.consume(1)?;
                self.layout = Layout::Ended;
                return match self.skip_space()? {
                    None => Ok(false),
                    Some(_) => Err(self.fault("something follows the array; remove it")),
                };
            }
            (Some(b','), true) => {
                self.consume(1)?;
                self.skip_space()?;
            }
            (Some(_), true) => {
                return Err(self.fault("a comma is missing between two entries of the array"));
            }
            (_, _) => {}
        }
        let (start, place) = (chunk.bytes.len(), self.at);
        match self.peek()? {
            Some(b'{') => {}
            None => return Err(self.fault("the file ends inside the array; is it complete?")),
            Some(_) => return Err(self.fault("an entry of the array must be an object, `{...}`")),
        }
        let mut scan = Scan::default();
        if !self.take(chunk, place, |ahead| scan.object(ahead))? {
            let what = "the file ends inside the entry that begins here; is it complete?";
            return Err(self.fault_at(place, what));
        }
        chunk.entries.push((start..chunk.bytes.len(), place));
        self.layout = Layout::Array(true);
        Ok(true)
    }

    /// Appends bytes to the chunk as long as `until` wants: it says how many of those ahead belong
    /// to the entry and whether that is its end. False: the file ended before.
    fn take(
        &mut self,
        chunk: &mut Chunk,
        place: Place,
        mut until: impl FnMut(&[u8]) -> (usize, bool),
    ) -> Result<bool, DatasetError> {
        let start = chunk.bytes.len();
        loop {
            let ahead = self.fill()?;
            if ahead.is_empty() {
                return Ok(false);
            }
            let (bytes, is_end) = until(ahead);
            chunk.bytes.extend_from_slice(&ahead[..bytes]);
            self.consume(bytes)?;
            if (chunk.bytes.len() - start) as u64 > LINE_BYTES_MAX {
                let what = format!("the entry is longer than {} MiB", LINE_BYTES_MAX >> 20);
                return Err(self.fault_at(place, what));
            }
            if is_end {
                return Ok(true);
            }
        }
    }

    /// Passes over space; the byte behind it, if there is one.
    fn skip_space(&mut self) -> Result<Option<u8>, DatasetError> {
        loop {
            let ahead = self.fill()?;
            let space = ahead.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let (next, is_all) = (ahead.get(space).copied(), ahead.is_empty());
            self.consume(space)?;
            if next.is_some() || is_all {
                return Ok(next);
            }
        }
    }

    /// Passes over the mark that some editors put at the start of UTF-8 text.
    fn skip_mark(&mut self) -> Result<(), DatasetError> {
        if self.fill()?.starts_with(b"\xef\xbb\xbf") {
            self.input.consume(3);
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u8>, DatasetError> {
        Ok(self.fill()?.first().copied())
    }

    fn fill(&mut self) -> Result<&[u8], DatasetError> {
        loop {
            match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(read_fault(&self.name, self.at.line - 1, error)),
                Ok(_) => break,
            }
        }
        // What was filled is still there: this does not read again.
        self.input.fill_buf().map_err(|error| read_fault(&self.name, self.at.line - 1, error))
    }

    /// Moves on over bytes that are ahead.
    fn consume(&mut self, bytes: usize) -> Result<(), DatasetError> {
        let passed = &self.fill()?[..bytes];
        let lines = memchr::memchr_iter(b'\n', passed).count() as u64;
        let last = memchr::memrchr(b'\n', passed).map_or(passed, |end| &passed[end + 1..]);
        // Bytes that continue a character are not columns.
        let columns = last.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        self.at.column = if lines > 0 { 1 } else { self.at.column } + columns;
        self.at.line += lines;
        self.input.consume(bytes);
        Ok(())
    }

    fn fault(&self, what: impl Into<String>) -> DatasetError {
        self.fault_at(self.at, what)
    }

    fn fault_at(&self, at: Place, what: impl Into<String>) -> DatasetError {
        let Place { line, column } = at;
        DatasetError::Line { name: self.name.clone(), line, column, what: what.into() }
    }
}

/// Looks for the end of a JSON object, piece by piece. Whether it is one is seen when it is parsed.
#[derive(Debug, Default)]
struct Scan {
    depth: u64,
    in_string: bool,
    /// The next byte is meant literally.
    escaped: bool,
}

impl Scan {
    /// How many bytes belong to the object, and whether the last of them is its end.
    fn object(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < bytes.len() {
            if self.escaped {
                (self.escaped, at) = (false, at + 1);
                continue;
            }
            if self.in_string {
                let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at..]) else { break };
                at += found + 1;
                match bytes[at - 1] {
                    b'"' => self.in_string = false,
                    _ => self.escaped = true,
                }
                continue;
            }
            at += 1;
            match bytes[at - 1] {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => continue,
            }
            if self.depth == 0 && !self.in_string {
                return (at, true);
            }
        }
        (bytes.len(), false)
    }
}

#[cfg(test)]
mod tests;
