//! What can go wrong in a command, as opposed to what a check finds.

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
    /// No Python that the tools could run on.
    #[error("{0}; the tools need Python 3.11 or newer: install it, or name it in PYTHON")]
    Python(String),
    /// Something on the command line cannot be meant.
    #[error("{0}")]
    Usage(String),
    /// The Python environment cannot be made; what its own commands said stands above.
    #[error("{what}\n{hint}")]
    Environment { what: String, hint: &'static str },
    /// The comparison with vLLM; what differs stands above.
    #[error("oracle: {0}")]
    Oracle(String),
    /// A benchmark that could not be run.
    #[error("bench: {0}")]
    Bench(String),
    /// A file of the repository.
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: io::Error },
    /// A file or folder that a command makes.
    #[error("cannot write {path}: {source}")]
    Write { path: String, source: io::Error },
    /// Our own output, for example a closed pipe.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Error {
    /// The exit status: 1 for what failed, 2 for wrong usage.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            _ => 1,
        }
    }
}
