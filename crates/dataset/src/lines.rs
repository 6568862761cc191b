//! One line after the other, in a buffer that is used again.

use std::io::{self, BufRead, Read as _};

use crate::DatasetError;

/// Longest line that is read, in bytes: what a prompt of ten million tokens needs for its blocks,
/// many times over.
pub const LINE_BYTES_MAX: u64 = 64 << 20;

/// The lines of one file.
pub(crate) struct Lines {
    name: String,
    input: Box<dyn BufRead + Send>,
    buffer: Vec<u8>,
    /// Lines read, the one in the buffer among them.
    number: u64,
}

impl Lines {
    pub(crate) fn new(name: String, input: Box<dyn BufRead + Send>) -> Self {
        Self { name, input, buffer: Vec::new(), number: 0 }
    }

    /// What errors call the file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The next line, with its line end if it has one.
    pub(crate) fn next_line(&mut self) -> Result<Option<&[u8]>, DatasetError> {
        self.buffer.clear();
        self.fill().map_err(|source| read_fault(&self.name, self.number, source))?;
        if self.buffer.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if self.buffer.len() as u64 > LINE_BYTES_MAX {
            let what = format!(
                "the line is longer than {} MiB; write each row as a line of its own",
                LINE_BYTES_MAX >> 20
            );
            return Err(self.fault(1, what));
        }
        Ok(Some(&self.buffer))
    }

    /// The name, and all that has not been read, which is at most `bytes_max` bytes of text.
    pub(crate) fn rest(self, bytes_max: u64) -> Result<(String, String), DatasetError> {
        let Self { name, input, number, .. } = self;
        let mut bytes = Vec::new();
        let read = input.take(bytes_max + 1).read_to_end(&mut bytes);
        read.map_err(|source| read_fault(&name, number, source))?;
        if bytes.len() as u64 > bytes_max {
            let what = format!(
                "the file has more than {} MiB; leave out the texts that were generated",
                bytes_max >> 20
            );
            return Err(DatasetError::Content { name, what });
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok((name, text)),
            Err(error) => {
                let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count() as u64;
                let what = "this is no UTF-8 text".to_owned();
                Err(DatasetError::Line { name, line, column: 1, what })
            }
        }
    }

    /// Reads on to the end of the line, or one byte more than a line may have.
    fn fill(&mut self) -> io::Result<()> {
        let mut room = LINE_BYTES_MAX as usize + 1;
        while room > 0 {
            let ahead = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                ahead => ahead?,
            };
            let ahead = &ahead[..ahead.len().min(room)];
            let end = memchr::memchr(b'\n', ahead);
            let bytes = end.map_or(ahead.len(), |end| end + 1);
            self.buffer.extend_from_slice(&ahead[..bytes]);
            self.input.consume(bytes);
            if end.is_some() || bytes == 0 {
                break;
            }
            room -= bytes;
        }
        Ok(())
    }

    /// Trouble in the line that was read last.
    pub(crate) fn fault(&self, column: usize, what: String) -> DatasetError {
        DatasetError::Line { name: self.name.clone(), line: self.number, column, what }
    }

    /// Trouble with the file as a whole.
    pub(crate) fn content_fault(&self, what: impl Into<String>) -> DatasetError {
        let what = if self.number == 0 { "the file is empty".to_owned() } else { what.into() };
        DatasetError::Content { name: self.name.clone(), what }
    }
}

/// Reading failed after `line` lines. The decompressor has kinds of errors of its own.
pub(crate) fn read_fault(name: &str, line: u64, source: io::Error) -> DatasetError {
    let name = name.to_owned();
    let state = match source.kind() {
        io::ErrorKind::UnexpectedEof => "cut off",
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => "damaged",
        _ => return DatasetError::Unreadable { name, line, source },
    };
    DatasetError::BrokenGzip { name, line, state, source }
}
