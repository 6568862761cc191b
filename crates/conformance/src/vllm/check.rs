//! Scenarios compared with recorded traces.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{RunError, Scenario};
use crate::ScenarioError;
use crate::compare::{Difference, first_difference};
use crate::file::{self, FileError};
use crate::folder::Folder;

/// What a comparison found.
#[derive(Debug)]
pub struct Checked {
    /// The scenario, by its file's name.
    pub name: String,
    /// Steps or iterations that ours took; none if it did not run.
    pub steps: Option<u64>,
    /// How it compares.
    pub verdict: Verdict,
}

/// How a scenario's trace compares with the recorded one.
#[derive(Debug)]
pub enum Verdict {
    /// Byte for byte the same.
    Identical,
    /// They differ.
    Different(Difference),
    /// Nothing to compare with, or nothing to run.
    Failed(CheckError),
}

/// Why there was nothing to compare.
#[derive(Debug, Error)]
pub enum CheckError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The scenario is wrong.
    #[error("{}:{error}", .path.display())]
    Scenario {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        error: ScenarioError,
    },
    /// The scenario could not be run to its end.
    #[error("{}: {error}", .path.display())]
    Run {
        /// Its file.
        path: PathBuf,
        /// Why.
        error: RunError,
    },
    /// Nothing was recorded.
    #[error("the trace is missing: there is no {}", .path.display())]
    NoTrace {
        /// Where it should be.
        path: PathBuf,
    },
}

/// Reads a scenario from a file.
///
/// # Errors
/// The file cannot be read, or the scenario is wrong.
pub fn read(path: &Path) -> Result<Scenario, CheckError> {
    let text = file::read_text(path)?;
    let scenario = Scenario::parse(&text);
    scenario.map_err(|error| CheckError::Scenario { path: path.to_owned(), error })
}

/// Runs a scenario of a folder, and compares its trace with the recorded one: that which is named
/// as the scenario's file, or else as the scenario.
#[must_use]
pub fn check(folder: &Folder, scenario: &Path) -> Checked {
    let mut steps = None;
    let verdict = match compare(folder, scenario, &mut steps) {
        Ok(None) => Verdict::Identical,
        Ok(Some(difference)) => Verdict::Different(difference),
        Err(error) => Verdict::Failed(error),
    };
    Checked { name: Folder::name(scenario), steps, verdict }
}

fn compare(
    folder: &Folder,
    path: &Path,
    steps: &mut Option<u64>,
) -> Result<Option<Difference>, CheckError> {
    let scenario = read(path)?;
    let mut ours = Vec::new();
    let summary = scenario.run(&mut ours);
    let summary = summary.map_err(|error| CheckError::Run { path: path.to_owned(), error })?;
    *steps = Some(summary.steps);
    let name = Folder::name(path);
    let trace = folder.trace(&name).or_else(|| folder.trace(scenario.name()));
    let trace = trace.ok_or_else(|| CheckError::NoTrace {
        path: folder.traces().join(format!("{name}.jsonl.gz")),
    })?;
    Ok(first_difference(&file::read(&trace)?, &ours))
}
