//! Scenarios of any engine: run, and compared with recorded traces.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::ScenarioError;
use crate::compare::{Difference, first_difference};
use crate::file::{self, FileError};
use crate::folder::Folder;

/// Steps with preemptions, with no token in or between them and nobody to come, after which there
/// is no hope of one.
pub(crate) const FRUITLESS_MAX: u32 = 100_000;

/// A scenario of some engine, for which a trace may have been recorded.
pub trait Recording: Sized {
    /// Reads a scenario from JSON.
    ///
    /// # Errors
    /// What is wrong, and where. So is a scenario that the engine itself would refuse, or that asks
    /// for what the simulator does not model.
    fn parse(text: &str) -> Result<Self, ScenarioError>;

    /// Its name.
    fn name(&self) -> &str;

    /// Runs the scenario and writes its trace, line by line.
    ///
    /// # Errors
    /// `out` does, the clock overflows, or the engine comes to no end.
    fn run(&self, out: &mut dyn Write) -> Result<Summary, RunError>;
}

/// What came of a scenario, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Turns of the engine's loop.
    pub steps: u64,
    /// Whether the run ended because nothing could be scheduled any more.
    pub is_stuck: bool,
}

/// Why a scenario was not run to its end.
#[derive(Debug, Error)]
pub enum RunError {
    /// The trace could not be written.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// Requests preempt each other for ever. So they would in the engine, and its trace has no end.
    #[error(
        "requests preempt each other for ever, as they would in the engine: {FRUITLESS_MAX} steps \
         before step {step} did so, and none of them yielded a token"
    )]
    Livelock {
        /// Counted from 0.
        step: u64,
    },
    /// The engine hands out more KV blocks than there are.
    #[error(
        "in iteration {step} the engine counts on KV blocks that are not there, and fails: prompts \
         of whole blocks that are all cached need one more each than it thinks"
    )]
    OverCommit {
        /// Counted from 0.
        step: u64,
    },
    /// The scenario takes longer than the clock goes.
    #[error("the clock overflows in step {step}: 2^64 ns are 584 years; make its costs smaller")]
    Clock {
        /// Counted from 0.
        step: u64,
    },
}

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
pub fn read<S: Recording>(path: &Path) -> Result<S, CheckError> {
    let text = file::read_text(path)?;
    let scenario = S::parse(&text);
    scenario.map_err(|error| CheckError::Scenario { path: path.to_owned(), error })
}

/// Runs a scenario of a folder, and compares its trace with the recorded one: that which is named
/// as the scenario's file, or else as the scenario.
#[must_use]
pub fn check<S: Recording>(folder: &Folder, scenario: &Path) -> Checked {
    let mut steps = None;
    let verdict = match compare::<S>(folder, scenario, &mut steps) {
        Ok(None) => Verdict::Identical,
        Ok(Some(difference)) => Verdict::Different(difference),
        Err(error) => Verdict::Failed(error),
    };
    Checked { name: Folder::name(scenario), steps, verdict }
}

fn compare<S: Recording>(
    folder: &Folder,
    path: &Path,
    steps: &mut Option<u64>,
) -> Result<Option<Difference>, CheckError> {
    let scenario: S = read(path)?;
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
