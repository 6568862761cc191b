//! Why an output was not written.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why an output was not written. Every variant names the path.
#[derive(Debug, Error)]
pub enum OutputError {
    /// The name does not say what to write.
    #[error(
        "cannot tell what to write to `{}`: the name of {what} must end in {known}",
        .path.display()
    )]
    UnknownFormat {
        /// The path as given.
        path: PathBuf,
        /// What was to be written, such as `a plot`.
        what: &'static str,
        /// The endings that are known.
        known: &'static str,
    },
    /// The directory that the file should be in is not there.
    #[error(
        "cannot write `{}`: there is no directory `{}`; create it first",
        .path.display(),
        .directory.display()
    )]
    MissingDirectory {
        /// The path as given.
        path: PathBuf,
        /// What is missing.
        directory: PathBuf,
    },
    /// What should be the directory is a file.
    #[error("cannot write `{}`: `{}` is not a directory", .path.display(), .directory.display())]
    NotADirectory {
        /// The path as given.
        path: PathBuf,
        /// What is not a directory.
        directory: PathBuf,
    },
    /// The path is a directory.
    #[error("cannot write `{}`: it is a directory; name a file in it", .path.display())]
    IsADirectory {
        /// The path as given.
        path: PathBuf,
    },
    /// Writing there is not allowed.
    #[error("cannot write `{}`: permission denied", .path.display())]
    NotWritable {
        /// The path as given.
        path: PathBuf,
    },
    /// Anything else: the disk is full, the pipe is closed, ...
    #[error("cannot write `{}`: {cause}", .path.display())]
    Failed {
        /// The path as given.
        path: PathBuf,
        /// What the system, or the writer of the format, said.
        cause: io::Error,
    },
}

impl OutputError {
    /// The error for `path` behind what the system said.
    #[must_use]
    pub fn new(path: &Path, cause: io::Error) -> Self {
        let path = path.to_path_buf();
        match cause.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path }
            }
            io::ErrorKind::IsADirectory => Self::IsADirectory { path },
            _ => Self::Failed { path, cause },
        }
    }
}

/// The ending of a path's name, in small letters.
pub(crate) fn extension(path: &Path) -> String {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.unwrap_or_default().to_ascii_lowercase()
}
