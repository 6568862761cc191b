//! Why a file cannot be used.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a file of a trace or of lengths cannot be used. The text names the file, says what is wrong,
/// and what to do.
#[derive(Debug, Error)]
pub enum DatasetError {
    /// There is no such file.
    #[error("{}: no such file; {hint}", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
        /// What to do; names the nearest file if there is one.
        hint: String,
    },
    /// The path is that of a folder.
    #[error("{}: a folder; name a file in it", path.display())]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The system refuses to read.
    #[error("{name}: cannot be read{}: {source}", After(*line))]
    Unreadable {
        /// The file.
        name: String,
        /// Lines read before; 0 if none.
        line: u64,
        /// What the system says.
        source: io::Error,
    },
    /// The gzip stream is damaged or incomplete.
    #[error(
        "{name}: the gzip data are {state}{} ({source}); download or compress the file again",
        After(*line)
    )]
    BrokenGzip {
        /// The file.
        name: String,
        /// Lines read before; 0 if none.
        line: u64,
        /// Damaged or cut off.
        state: &'static str,
        /// What the decompressor says.
        source: io::Error,
    },
    /// The file as a whole is not what it should be.
    #[error("{name}: {what}")]
    Content {
        /// The file.
        name: String,
        /// What is wrong, and what to do.
        what: String,
    },
    /// The file holds several runs and none was chosen, or it has no such run.
    #[error("{name}: {what}")]
    Runs {
        /// The file.
        name: String,
        /// How many there are.
        what: String,
    },
    /// A line is not what it should be.
    #[error("{name}:{line}:{column}: {what}")]
    Line {
        /// The file.
        name: String,
        /// Counted from 1.
        line: u64,
        /// Character of the line, counted from 1.
        column: usize,
        /// What is wrong, with the value, and what to do.
        what: String,
    },
}

/// How far reading came, in lines; nothing to say of none.
struct After(u64);

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            line => write!(f, " after line {line}"),
        }
    }
}
