//! What of a sweep is finished: so that one that was cut short goes on where it stopped.
//!
//! A journal is a text of JSON lines. The first says what it is; each other is a point, under a key
//! that is a hash of all that its figures depend on: the resolved scenario with its seed and
//! trials, the version of this program, and the bytes of the trace. A line is appended when a point
//! is finished, in one go. Lines are never changed; those of points that nobody asks for any more
//! do no harm. A last line without its end, as a power cut leaves it, is cut off.

mod line;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use tokendrome::Scenario;
use tokendrome_explore::Trials;
use twox_hash::XxHash3_128;

use crate::OutputError;

/// The first line.
const HEADER: &str = "{\"journal\":\"tokendrome sweep\",\"layout\":1}";

/// How often a journal that is in use is tried, and how long it is waited between.
const LOCK_TRIES: u32 = 5;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// What the figures of a point depend on, as 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(String);

/// Fingerprint of the bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content(u128);

impl Content {
    /// Reads all there is.
    ///
    /// # Errors
    /// `file` fails.
    pub fn of(mut file: impl Read) -> io::Result<Self> {
        let mut hash = XxHash3_128::new();
        let mut bytes = vec![0; 1 << 16];
        loop {
            match file.read(&mut bytes)? {
                0 => return Ok(Self(hash.finish_128())),
                count => hash.write(&bytes[..count]),
            }
        }
    }
}

impl Key {
    /// The key of a point: its resolved scenario, and the content of its trace if it has one.
    ///
    /// # Panics
    /// Never: a scenario is plain data.
    #[must_use]
    pub fn of(scenario: &Scenario, trace: Option<Content>) -> Self {
        let json = serde_json::to_string(scenario).expect("a scenario is plain data");
        let mut hash = XxHash3_128::new();
        hash.write(concat!("tokendrome ", env!("CARGO_PKG_VERSION"), "\n").as_bytes());
        hash.write(json.as_bytes());
        hash.write(format!("\n{:?}", trace.map(|content| content.0)).as_bytes());
        Self(format!("{:032x}", hash.finish_128()))
    }
}

/// Why a journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// It is something else.
    #[error(
        "`{}` is not the journal of a sweep (line {line}): {why}",
        .path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The first line that does not belong there, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Another program writes to it.
    #[error("another sweep is writing to `{}`", .path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error(transparent)]
    File(OutputError),
}

/// The journal beside the results of a sweep.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    known: BTreeMap<String, Trials>,
}

impl Journal {
    /// Where the journal of the results at `output` stands: `points.csv.journal`.
    #[must_use]
    pub fn path_beside(output: &Path) -> PathBuf {
        let mut path = OsString::from(output);
        path.push(".journal");
        PathBuf::from(path)
    }

    /// Opens the journal, and reads what is finished; `fresh`: begins it anew. One that is not
    /// there is made, empty, so that no other sweep takes it for its own.
    ///
    /// # Errors
    /// The file is something else (even if it should begin anew: it would be lost), another sweep
    /// writes to it, or it cannot be read or written.
    pub fn open(path: &Path, fresh: bool) -> Result<Self, JournalError> {
        let fail = |cause| JournalError::File(OutputError::new(path, cause));
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(false).open(path).map_err(fail)?;
        lock(&file, path)?;
        let mut journal = Self { path: path.to_owned(), file, known: BTreeMap::new() };
        let mut bytes = Vec::new();
        journal.file.read_to_end(&mut bytes).map_err(fail)?;
        let used = if fresh { journal.check_header(&bytes)? } else { journal.read(&bytes)? };
        journal.file.set_len(used as u64).map_err(fail)?;
        journal.file.seek(SeekFrom::End(0)).map_err(fail)?;
        Ok(journal)
    }

    /// What is known of a point.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<&Trials> {
        self.known.get(&key.0)
    }

    /// Where it stands.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a finished point.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, key: &Key, trials: &Trials) -> Result<(), JournalError> {
        let line = line::text(&key.0, trials);
        let path = &self.path;
        let fail = |cause| JournalError::File(OutputError::new(path, cause));
        let file = &mut self.file;
        let is_new = file.stream_position().map_err(fail)? == 0;
        let header = if is_new { format!("{HEADER}\n") } else { String::new() };
        file.write_all(format!("{header}{line}\n").as_bytes()).map_err(fail)
    }

    /// Takes over all lines that have an end; returns how many bytes these are.
    fn read(&mut self, bytes: &[u8]) -> Result<usize, JournalError> {
        self.check_header(bytes)?;
        let mut used = 0;
        for (number, line) in (1..).zip(bytes.split_inclusive(|&byte| byte == b'\n')) {
            let Some(line) = line.strip_suffix(b"\n") else { break };
            used += line.len() + 1;
            if number > 1 {
                let read = line::read(line).map_err(|why| self.foreign(number, &why))?;
                self.known.insert(read.0, read.1);
            }
        }
        Ok(used)
    }

    /// Whether this is a journal at all; returns where one begins anew.
    fn check_header(&self, bytes: &[u8]) -> Result<usize, JournalError> {
        let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let has_end = first.len() < bytes.len();
        let is_header = first == HEADER.as_bytes();
        if is_header || (!has_end && HEADER.as_bytes().starts_with(first)) {
            return Ok(0);
        }
        Err(self.foreign(1, "it does not begin as one"))
    }

    fn foreign(&self, line: usize, why: &str) -> JournalError {
        JournalError::Foreign { path: self.path.clone(), line, why: why.to_owned() }
    }
}

impl Drop for Journal {
    /// One without a point is not left behind.
    fn drop(&mut self) {
        if self.file.metadata().is_ok_and(|found| found.len() == 0) {
            // If it stays, the next sweep takes it as it is.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Keeps others away. A program that has just been started by this one holds the locks that this
/// one held, for a moment: so it is tried more than once.
fn lock(file: &File, path: &Path) -> Result<(), JournalError> {
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            // Where files cannot be locked, nobody else is kept away.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
        }
    }
    Err(JournalError::InUse { path: path.to_owned() })
}

#[cfg(test)]
mod tests;
