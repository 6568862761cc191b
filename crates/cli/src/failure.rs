//! Why a command did not do what it was asked, and the exit status that says so.

use thiserror::Error;
use tokendrome::SimulateError;
use tokendrome_explore::{CompareError, SweepError, TrialsError};
use tokendrome_report::OutputError;
use tokendrome_report::journal::JournalError;
use tokendrome_scenario::Problems;

/// Status of a run that was interrupted: 128 and the number of SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The scenario is wrong.
    #[error("{0}")]
    Problems(Problems),
    /// The arguments or a file are wrong.
    #[error("{message}")]
    Usage { message: String, help: Option<String> },
    /// The run could not go on.
    #[error("{0}")]
    Run(String),
    /// A result could not be written.
    #[error("{0}")]
    Output(OutputError),
    /// The reader of standard output has gone.
    #[error("standard output was closed")]
    ClosedPipe,
    /// Ctrl-C: what there was has been written.
    #[error("interrupted: the report covers what had been simulated until then")]
    Interrupted,
    /// Ctrl-C: what is kept, and how to go on.
    #[error("interrupted: {0}")]
    Stopped(String),
    /// Ctrl-C: no file was written.
    #[error("interrupted: no file was written")]
    Abandoned,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), help: None }
    }

    pub(crate) fn help(self, text: impl Into<String>) -> Self {
        match self {
            Self::Usage { message, .. } => Self::Usage { message, help: Some(text.into()) },
            other => other,
        }
    }

    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Problems(_) | Self::Usage { .. } => 2,
            Self::Run(_) | Self::Output(_) => 1,
            Self::ClosedPipe => 0,
            Self::Interrupted | Self::Stopped(_) | Self::Abandoned => INTERRUPTED,
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

impl From<TrialsError> for Failure {
    fn from(error: TrialsError) -> Self {
        match &error {
            TrialsError::Trial { error: SimulateError::Stuck(_), .. } => {
                Self::Run(error.to_string())
            }
            TrialsError::Trial { .. } => Self::usage(error.to_string()),
            TrialsError::NothingRandom => Self::usage(error.to_string()).help(
                "leave out the trials, or give the requests other times: --rate replaces those of \
                 the trace by random ones",
            ),
        }
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        match &error.error {
            SimulateError::Stuck(_) => Self::Run(error.to_string()),
            _ => Self::usage(error.to_string()),
        }
    }
}

impl From<SweepError> for Failure {
    fn from(error: SweepError) -> Self {
        match &error.error {
            SimulateError::Stuck(_) => Self::Run(error.to_string()),
            _ => Self::usage(error.to_string()),
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match &error {
            JournalError::Foreign { .. } => Self::usage(error.to_string()).help(
                "move it away or remove it, or give the results another name: the journal stands \
                 beside them",
            ),
            JournalError::InUse { .. } => {
                Self::usage(error.to_string()).help("wait for it, or give the results another name")
            }
            JournalError::File(_) => Self::Run(error.to_string()),
        }
    }
}

impl From<SimulateError> for Failure {
    fn from(error: SimulateError) -> Self {
        match error {
            // A row of a trace that cannot be read is wrong input.
            SimulateError::Source(error) => Self::usage(error.to_string()),
            SimulateError::Scenario(error) => Self::usage(error.to_string()),
            SimulateError::Empty => Self::usage(error.to_string()),
            SimulateError::Stuck(_) => Self::Run(error.to_string()),
        }
    }
}
