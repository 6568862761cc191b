//! Logs of engines with a line for each iteration: what ran in it, and how long it took.
//!
//! Read are TensorRT-LLM's printed lines and its statistics as Python or JSON writes them, vLLM's
//! lines of `--enable-logging-iteration-details`, and CSV. Other lines of a log are passed over.
//! vLLM's periodic lines tell rates over some seconds and no iteration: they are kept apart, as
//! [`Interval`]s. Forms and units: `docs/results-formats.md`.

mod columns;
mod python_repr;
mod trtllm;
mod vllm;

use std::path::Path;

use crate::lines::Lines;
use crate::{DatasetError, file};

/// What an engine computed in one iteration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Iteration {
    /// Its number as the log has it.
    pub number: Option<u64>,
    /// How long it took on the host's clock, in milliseconds.
    pub elapsed_ms: f64,
    /// How long the accelerator took for it, in milliseconds, where the log tells both.
    pub device_ms: Option<f64>,
    /// Requests of which it computed a part of the prompt; none where the log tells tokens alone.
    pub context_requests: Option<u64>,
    /// Tokens of those prompts.
    pub context_tokens: u64,
    /// Requests for which it generated.
    pub generation_requests: u64,
    /// Tokens that it generated for them.
    pub generation_tokens: u64,
}

/// What vLLM tells every few seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Interval {
    /// Tokens of prompts per second since the line before.
    pub prompt_tokens_per_s: f64,
    /// Tokens generated per second since the line before.
    pub generation_tokens_per_s: f64,
    /// Requests that run at that moment.
    pub running: u64,
    /// Requests that wait at that moment.
    pub waiting: u64,
    /// Share of the KV cache in use at that moment, 0 to 1.
    pub kv_usage: Option<f64>,
}

/// What a log tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IterationLog {
    /// The iterations, in the order of the log.
    pub iterations: Vec<Iteration>,
    /// vLLM's periodic lines, in the order of the log.
    pub intervals: Vec<Interval>,
    /// What a person should know of the log.
    pub notices: Vec<String>,
}

/// Reads a log of iterations, plain or gzipped; its form is told from its lines.
///
/// # Errors
/// The file cannot be read, a line that is one of iterations is damaged, or no line tells of any.
pub fn read_iteration_log(path: &Path) -> Result<IterationLog, DatasetError> {
    read(file::lines(path)?)
}

fn read(mut lines: Lines) -> Result<IterationLog, DatasetError> {
    let mut log = IterationLog::default();
    let mut ranks = trtllm::Ranks::default();
    let mut engines = vllm::Engines::default();
    let mut columns = None;
    let mut is_first = true;
    while let Some(bytes) = lines.next_line()? {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if std::mem::take(&mut is_first) {
            columns = columns::Columns::of(text);
            if columns.is_some() {
                continue;
            }
        }
        let read = match &columns {
            Some(columns) => columns.row(text).map(|row| log.iterations.push(row)),
            None => line(text, &mut log, &mut ranks, &mut engines),
        };
        read.map_err(|what| lines.fault(1, what))?;
    }
    log.notices.extend(engines.notice());
    ranks.finish(&mut log);
    if log.iterations.is_empty() && log.intervals.is_empty() {
        let what = "no line tells of an iteration; known are TensorRT-LLM's lines \
                    (`print_iter_log`, or the iteration log of trtllm-bench), vLLM's (with \
                    `--enable-logging-iteration-details`), and CSV with a line of names";
        return Err(lines.content_fault(what));
    }
    Ok(log)
}

/// A line of a log, which may be none of iterations.
fn line(
    text: &str,
    log: &mut IterationLog,
    ranks: &mut trtllm::Ranks,
    engines: &mut vllm::Engines,
) -> Result<(), String> {
    if let Some(printed) = trtllm::printed(text)? {
        ranks.add(printed);
    } else if let Some(iteration) = trtllm::statistics(text)? {
        log.iterations.push(iteration);
    } else if let Some(iteration) = vllm::iteration(text)? {
        engines.see(text);
        log.iterations.push(iteration);
    } else if let Some(interval) = vllm::interval(text)? {
        log.intervals.push(interval);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
