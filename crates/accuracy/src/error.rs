//! What can be wrong with a folder of measurements, or with one of its runs.

use std::path::PathBuf;

use thiserror::Error;

/// Why a folder or a run cannot be used.
#[derive(Debug, Error)]
pub enum AccuracyError {
    /// There is no such folder.
    #[error("there is no folder {0}: give one with a `manifest.json` that lists measured runs")]
    NoFolder(PathBuf),
    /// A file is missing or cannot be read.
    #[error("{path} cannot be read: {what}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// A file is not what it should be.
    #[error("{path}: {what}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        what: String,
    },
    /// A run's configuration lacks something, or says what is not understood.
    #[error("{0}")]
    Config(String),
    /// The run cannot be simulated.
    #[error("{0}")]
    Run(String),
}

impl AccuracyError {
    pub(crate) fn content(path: &std::path::Path, what: impl Into<String>) -> Self {
        Self::Content { path: path.to_owned(), what: what.into() }
    }

    pub(crate) fn config(what: impl Into<String>) -> Self {
        Self::Config(what.into())
    }
}
