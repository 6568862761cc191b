//! Runs checks one after another, says how long each took, stops at the first that fails.

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use clap::ValueEnum;

use crate::checks::{Check, Need, Step};
use crate::console::{say, succeed, took};
use crate::error::Error;
use crate::python;
use crate::setup::{self, Installed};
use crate::tidy;
use crate::workspace::Workspace;

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

/// Installs what the checks need and the toolchain lacks. Python is not ours to install.
fn set_up(root: &Path, checks: &[Check]) -> Result<(), Error> {
    if checks.contains(&Check::Python) {
        python::check_version()?;
    }
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
    let mut command = Command::new(step.program.path());
    command.args(&step.args).envs(step.env.iter().copied()).current_dir(root);
    succeed(command, &step.to_string())
}
