//! Instructions of whole runs, counted by callgrind: the same on a busy machine as on a quiet one.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::console::say;
use crate::error::Error;

/// Counts to compare with, a line for each job: its name and the number.
const BASELINE: &str = "crates/xtask/src/bench/instructions.txt";

/// Jobs: a name, and the arguments of `tokendrome run`.
const JOBS: &[(&str, &[&str])] = &[
    ("start-up", &["--requests", "1"]),
    ("chat-2000", &["--requests", "2000"]),
    (
        "chat-2000-no-prefix-caching-sync",
        &[
            "--requests",
            "2000",
            "--set",
            "scheduler.enable_prefix_caching=false",
            "--set",
            "scheduler.async_scheduling=false",
        ],
    ),
    ("kv-pressure-1000", &["--requests", "1000", "--set", "scheduler.num_gpu_blocks=1500"]),
    (
        "decode-batch-8",
        &["--users", "8", "--requests", "32", "--input-tokens", "16", "--output-tokens", "1000"],
    ),
    (
        "decode-batch-256",
        &["--users", "256", "--requests", "256", "--input-tokens", "16", "--output-tokens", "1000"],
    ),
    ("trials-10-of-100", &["--requests", "100", "--trials", "10", "--threads", "1"]),
];

/// Counts every job and prints the counts beside the baseline; with `write` they become it.
pub(super) fn run(root: &Path, simulator: &Path, write: bool) -> Result<(), Error> {
    let path = root.join(BASELINE);
    let baseline = fs::read_to_string(&path)
        .map_err(|source| Error::Read { path: BASELINE.to_owned(), source })?;
    let mut now = String::new();
    say("\njob                                million instructions     baseline   ratio")?;
    for (name, args) in JOBS {
        let count = count(simulator, args)?;
        let before = recorded(&baseline, name);
        let (shown, ratio) = before.map_or(("-".to_owned(), "-".to_owned()), |before| {
            (million(before), format!("{:.3}", count as f64 / before as f64))
        });
        say(&format!("{name:<34} {:>20} {shown:>12} {ratio:>7}", million(count)))?;
        // Text in memory takes whatever is written.
        let _ = writeln!(now, "{name} {count}");
    }
    if write {
        fs::write(&path, now)
            .map_err(|source| Error::Write { path: BASELINE.to_owned(), source })?;
        say(&format!("written to {BASELINE}"))?;
    }
    Ok(())
}

fn million(count: u64) -> String {
    format!("{:.1}", count as f64 / 1e6)
}

fn count(simulator: &Path, args: &[&str]) -> Result<u64, Error> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(simulator);
    valgrind.args(["run", "--quiet", "--output", "-"]).args(args);
    let output = valgrind.output().map_err(|error| {
        Error::Bench(format!("cannot start valgrind: {error}; your system's packages have it"))
    })?;
    let text = String::from_utf8_lossy(&output.stderr);
    match collected(&text) {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(Error::Bench(format!("valgrind with {args:?} failed:\n{}", text.trim()))),
    }
}

/// The number in the line `==123== Collected : 456`.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

/// The count of a job in the baseline.
fn recorded(baseline: &str, name: &str) -> Option<u64> {
    let mut lines = baseline.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(known, _)| *known == name)?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read() {
        let text = "==8== Events    : Ir\n==8== Collected : 139755456\n==8== \n";
        assert_eq!(collected(text), Some(139_755_456));
        assert_eq!(collected("==8== Events    : Ir"), None);
        let baseline = "chat-2000 17\nstart-up 5\n";
        assert_eq!((recorded(baseline, "start-up"), recorded(baseline, "chat")), (Some(5), None));
    }

    #[test]
    fn every_job_has_a_baseline_and_no_other() {
        let known: Vec<&str> = include_str!("instructions.txt")
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(known, JOBS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
