//! What can go wrong in a check, as opposed to what a check finds.

use std::io;

/// A check that could not run, or ran and failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The program is not there, or may not be started.
    #[error("cannot start `{command}`: {source}")]
    Start { command: String, source: io::Error },
    /// The toolchain cannot be looked at or added to.
    #[error("cannot start rustup: {source}; install it from https://rustup.rs")]
    Rustup { source: io::Error },
    /// A helper command whose output is needed.
    #[error("`{command}` failed:\n{stderr}")]
    Command { command: String, stderr: String },
    /// A step of a check; its own output stands above.
    #[error("`{command}` failed ({status})")]
    Step { command: String, status: String },
    /// `cargo metadata` printed something unexpected.
    #[error("cargo metadata: {what}")]
    Metadata { what: String },
    /// `tidy` found something; the findings stand above.
    #[error("tidy: {count} finding{}", if *count == 1 { "" } else { "s" })]
    Findings { count: usize },
    /// A file of the repository.
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: io::Error },
    /// Our own output, for example a closed pipe.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}
