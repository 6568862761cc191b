//! The command `tokendrome`.
//!
//! Everything here is glue: arguments become changes of a scenario, a run's output goes to the
//! terminal and to files. Results go to standard output, everything else to standard error.
//!
//! Exit status: 0 done, 1 the run failed, 2 wrong usage or input, 130 interrupted.

mod args;
mod built_in;
mod commands;
mod console;
mod failure;
mod outputs;
mod outside;
mod progress;
mod rows;
mod workload_files;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use console::Console;
use failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words = with_command(std::env::args_os().collect());
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            let status = if error.use_stderr() { 2 } else { 0 };
            // A closed pipe is nobody's fault.
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    let console = Console::new(cli.color.choice());
    match execute(&cli.command, &console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => console.fail(&failure),
    }
}

fn execute(command: &Command, console: &Console) -> Result<(), Failure> {
    match command {
        Command::Run(args) => commands::run::execute(args, console),
        Command::Compare(args) => commands::compare::execute(args, console),
        Command::Sweep(args) => commands::sweep::execute(args, console),
        Command::Capacity(args) => commands::capacity::execute(args, console),
        Command::Explain(args) => commands::explain::execute(args, console),
        Command::Fit(args) => commands::fit::execute(args, console),
        Command::Resolve(args) => commands::resolve::execute(args, console),
        Command::Models(args) => commands::catalog::models(args, console),
        Command::Accelerators(args) => commands::catalog::accelerators(args, console),
        Command::Conformance(args) => commands::conformance::execute(args, console),
        Command::Accuracy(args) => commands::accuracy::execute(args, console),
        Command::Calibrate(args) => commands::calibrate::execute(args, console),
        Command::Bench(args) => commands::bench::execute(args, console),
        Command::Validate(args) => commands::validate::execute(args, console),
        Command::Schema => commands::schema::execute(console),
        Command::Completions { shell } => commands::completions::execute(*shell, console),
    }
}

/// `run` is the command that need not be named: nothing, a flag of it, or a scenario file does.
fn with_command(mut words: Vec<OsString>) -> Vec<OsString> {
    const OF_ALL: [&str; 5] = ["-h", "--help", "-V", "--version", "--no-color"];
    let is_run = match words.get(1).map(|word| word.to_string_lossy()) {
        None => true,
        Some(word) if OF_ALL.contains(&&*word) || word.starts_with("--color") => false,
        Some(word) => {
            let ends = [".toml", ".json", ".yaml", ".yml"];
            word.starts_with('-') || ends.iter().any(|end| word.ends_with(end))
        }
    };
    if is_run {
        words.insert(words.len().min(1), "run".into());
    }
    words
}
