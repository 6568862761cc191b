//! One run of a program.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use wait4::Wait4;

use crate::error::Error;

/// What one run took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    /// From start to end of the process, in seconds.
    pub(super) wall_s: f64,
    /// Most memory that it held, in MB (10^6 bytes). The system counts at least what this process
    /// held when it started the other, about 10 MB.
    pub(super) peak_mb: f64,
    /// Iterations of all trials, where the program tells.
    pub(super) iterations: Option<f64>,
}

/// Runs a command to its end; it leaves its figures in `output`.
pub(super) fn measure(words: &[String], output: &Path) -> Result<Measured, Error> {
    let shown = words.join(" ");
    let Some((program, args)) = words.split_first() else {
        return Err(Error::Bench("an empty command".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null());
    let began = Instant::now();
    let start = |source| Error::Start { command: shown.clone(), source };
    let mut child = command.spawn().map_err(start)?;
    let ended = child.wait4().map_err(start)?;
    let wall_s = began.elapsed().as_secs_f64();
    if !ended.status.success() {
        return Err(Error::Step { command: shown, status: ended.status.to_string() });
    }
    let text = fs::read_to_string(output)
        .map_err(|source| Error::Read { path: output.display().to_string(), source })?;
    Ok(Measured {
        wall_s,
        peak_mb: ended.rusage.maxrss as f64 / 1e6,
        iterations: iterations(&text),
    })
}

/// Iterations in the JSON of a run of ours, or of trials.
fn iterations(text: &str) -> Option<f64> {
    let value: Value = serde_json::from_str(text).ok()?;
    let of_run = value.pointer("/summary/iterations/count").and_then(Value::as_f64);
    let figure = value.get("figures").and_then(|figures| figures.get("iterations.count"));
    let mean = figure.and_then(|figure| figure.get("mean")).and_then(Value::as_f64);
    let trials = value.get("trials").and_then(Value::as_f64);
    of_run.or_else(|| Some(mean? * trials?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterations_are_found_where_they_are_told() {
        let run = r#"{"summary": {"iterations": {"count": 12}}}"#;
        let trials = r#"{"trials": 4, "figures": {"iterations.count": {"mean": 2.5}}}"#;
        assert_eq!((iterations(run), iterations(trials)), (Some(12.0), Some(10.0)));
        assert_eq!((iterations("{}"), iterations("")), (None, None));
    }

    #[test]
    fn a_process_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.json");
        fs::write(&output, "{}").unwrap();
        let words = [crate::workspace::cargo(), "--version".to_owned()];
        let measured = measure(&words, &output).unwrap();
        assert!(measured.wall_s > 0.0 && measured.iterations.is_none());
        assert!(cfg!(windows) || measured.peak_mb > 1.0, "{measured:?}");
        let error = measure(&[words[0].clone(), "--nothing".to_owned()], &output).unwrap_err();
        assert!(matches!(error, Error::Step { .. }), "{error}");
    }
}
