//! The project's own checks, started as `cargo xtask`.
//!
//! `cargo xtask test` is what a change must pass: it sets up the toolchain, then formatting, lints,
//! tests, `tidy`, the wasm32 build of the engine and the documentation. `cargo xtask tidy` checks
//! the rules of the repository that a program can check; it also runs as a test of this crate.
//! `cargo xtask oracle vllm` records an installed vLLM and compares the simulator with it.
//! `cargo xtask conformance` puts recordings of other systems through the simulator.
//! `cargo xtask accuracy` puts measured runs of real engines through it.
//! `cargo xtask bench` tells how fast the simulator is, alone and beside others.
//!
//! *Architecture Invariant:* this crate links no engine crate. It starts programs and reads text,
//! so it still builds when the engine does not.

mod accuracy;
mod bench;
mod checks;
mod conformance;
mod console;
mod error;
mod layers;
mod oracle;
mod python;
mod runner;
mod setup;
mod simulator;
mod tidy;
mod workspace;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use checks::Check;
use error::Error;

const EXAMPLES: &str = "\
Examples:
  cargo xtask test                            everything that a change must pass
  cargo xtask test --only clippy              one check
  cargo xtask test --only fmt --only tidy     two, the quick ones
  cargo xtask tidy                            only the rules of the repository
  cargo xtask oracle vllm                     record vLLM's own decisions, and compare ours
  cargo xtask bench                           count instructions, measure the engine's loops
  cargo xtask bench peers                     measure the simulator beside another

Exit status: 0 passed, 1 failed, 2 wrong usage.";

/// The project's own checks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Install what the checks need, run them in order, stop at the first that fails
    #[command(after_help = EXAMPLES)]
    Test {
        /// Run this check alone; may be given again
        #[arg(long, value_name = "CHECK")]
        only: Vec<Check>,
    },
    /// Check the rules of the repository: layers, file length, links, ...
    #[command(after_help = EXAMPLES)]
    Tidy,
    /// Tell how fast the simulator is
    Bench(bench::Options),
    /// Put recordings of other systems through the simulator, and tell how far it is off
    #[command(after_help = conformance::EXAMPLES)]
    Conformance(conformance::Options),
    /// Put measured runs of real engines through the simulator, and tell how far it is off
    #[command(after_help = accuracy::EXAMPLES)]
    Accuracy(accuracy::Options),
    /// Record what a real engine decides, and compare the simulator with it
    #[command(subcommand)]
    Oracle(Engine),
}

#[derive(Subcommand)]
enum Engine {
    /// Install vLLM without a GPU (340 MB), record its scheduler, compare, tell the speed of both
    #[command(after_help = oracle::EXAMPLES)]
    Vllm(oracle::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if standard error is closed.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(error.status())
        }
    }
}

fn run(command: &Subcommands) -> Result<(), Error> {
    let root = workspace::root()?;
    match command {
        Subcommands::Test { only } => runner::run(&root, only),
        Subcommands::Tidy => tidy::run(&root, &mut io::stdout()),
        Subcommands::Bench(options) => bench::run(&root, options),
        Subcommands::Conformance(options) => conformance::run(&root, options),
        Subcommands::Accuracy(options) => accuracy::run(&root, options),
        Subcommands::Oracle(Engine::Vllm(options)) => oracle::run(&root, options),
    }
}
