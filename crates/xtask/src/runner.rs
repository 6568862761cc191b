//! Runs checks one after another, says how long each took, stops at the first that fails.

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::checks::{Check, Need, Step};
use crate::error::Error;
use crate::setup::{self, Installed};
use crate::tidy;
use crate::workspace::{Workspace, cargo};

/// Runs the checks named in `only`, or all if it is empty, in their own order.
pub(crate) fn run(root: &Path, only: &[Check]) -> Result<(), Error> {
    let start = Instant::now();
    let all = Check::value_variants().iter().copied();
    let chosen: Vec<Check> = all.filter(|c| only.is_empty() || only.contains(c)).collect();
    set_up(root, &chosen)?;
    let workspace = Workspace::load(root)?;
    for (index, &check) in chosen.iter().enumerate() {
        let step = check.step(&workspace);
        say(&format!("\n[{}/{}] {check}: {step}", index + 1, chosen.len()))?;
        let began = Instant::now();
        let result = perform(root, check, &step);
        let took = took(began.elapsed());
        match result {
            Ok(()) => say(&format!("{check} passed in {took}"))?,
            Err(error) => {
                say(&format!("\n{check} failed after {took}; to run it again:\n\n    {step}\n"))?;
                return Err(error);
            }
        }
    }
    let count = match chosen.as_slice() {
        [check] => format!("check {check}"),
        checks if only.is_empty() => format!("all {} checks", checks.len()),
        checks => format!("{} checks", checks.len()),
    };
    say(&format!("\n{count} passed in {}", took(start.elapsed())))
}

/// Installs what the checks need and the toolchain lacks.
fn set_up(root: &Path, checks: &[Check]) -> Result<(), Error> {
    let needs: Vec<Need> = checks.iter().filter_map(|check| check.need()).collect();
    if needs.is_empty() {
        return Ok(());
    }
    let installed = Installed::list(root)?;
    for need in needs.into_iter().filter(|&need| !installed.has(need)) {
        let args = setup::install(need);
        let shown = format!("rustup {}", args.join(" "));
        say(&format!("set-up: {shown}"))?;
        let began = Instant::now();
        let mut rustup = Command::new("rustup");
        rustup.args(args).current_dir(root);
        succeed(rustup, &shown)?;
        say(&format!("installed in {}", took(began.elapsed())))?;
    }
    Ok(())
}

fn perform(root: &Path, check: Check, step: &Step) -> Result<(), Error> {
    if check == Check::Tidy {
        return tidy::run(root, &mut io::stdout());
    }
    let mut command = Command::new(cargo());
    command.args(&step.args).envs(step.env.iter().copied()).current_dir(root);
    succeed(command, &step.to_string())
}

/// Runs a command whose output goes where ours goes.
fn succeed(mut command: Command, shown: &str) -> Result<(), Error> {
    let status =
        command.status().map_err(|source| Error::Start { command: shown.to_owned(), source })?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Step { command: shown.to_owned(), status: status.to_string() })
    }
}

/// Prints a line at once, so that it stands before what a command prints after it.
fn say(line: &str) -> Result<(), Error> {
    let mut out = io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// A duration as people say it: `0.4 s`, `12 s`, `4 min 12 s`.
fn took(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let whole = seconds.round();
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if whole < 60.0 {
        format!("{whole} s")
    } else {
        format!("{} min {} s", (whole / 60.0).floor(), whole % 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_say_them() {
        for (seconds, shown) in [
            (0.42, "0.4 s"),
            (12.3, "12 s"),
            (59.7, "1 min 0 s"),
            (252.0, "4 min 12 s"),
            (3723.0, "62 min 3 s"),
        ] {
            assert_eq!(took(Duration::from_secs_f64(seconds)), shown);
        }
    }

    #[test]
    fn a_failed_command_is_an_error_that_names_it() {
        let mut broken = Command::new(cargo());
        broken.arg("--no-such-flag").stderr(std::process::Stdio::null());
        let error = succeed(broken, "cargo --no-such-flag").unwrap_err();
        assert!(error.to_string().starts_with("`cargo --no-such-flag` failed (exit status"));
    }
}
