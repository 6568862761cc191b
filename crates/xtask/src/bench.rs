//! `cargo xtask bench`: how fast the simulator is. What is measured and why: `docs/benchmarks.md`.

mod instructions;
mod peers;

use std::path::Path;
use std::process::Command;

use clap::{Args, Subcommand, ValueEnum};

use crate::console::{say, succeed};
use crate::error::Error;
use crate::simulator;
use crate::workspace::cargo;

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench                         instructions and wall time, on this machine
  cargo xtask bench --only instructions     what does not depend on what else the machine does
  cargo xtask bench --only instructions --write
                                            take today's counts as those to compare with
  cargo xtask bench peers                   the whole program, beside inference-lab

Counting needs valgrind. Exit status: 0 measured, 1 something failed, 2 wrong usage.";

/// What to measure.
#[derive(Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    /// Measure this alone
    #[arg(long, value_name = "WHAT")]
    only: Option<What>,
    /// Keep the counts of instructions as those to compare with
    #[arg(long)]
    write: bool,
    #[command(subcommand)]
    command: Option<Beside>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Instructions of whole runs, by callgrind
    Instructions,
    /// Wall time of the engine's loops, by criterion
    Wall,
}

#[derive(Subcommand)]
enum Beside {
    /// Measure the program on whole jobs, in turn with other simulators
    #[command(after_help = peers::EXAMPLES)]
    Peers(peers::Options),
}

/// Measures and prints.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), Error> {
    if let Some(Beside::Peers(options)) = &options.command {
        return peers::run(root, options);
    }
    if options.only != Some(What::Wall) {
        instructions::run(root, &simulator::build(root)?, options.write)?;
    } else if options.write {
        return Err(Error::Usage(
            "--write keeps counts of instructions; --only wall has none".into(),
        ));
    }
    if options.only != Some(What::Instructions) {
        say("")?;
        let mut bench = Command::new(cargo());
        bench.args(["bench", "--locked", "--package", "tokendrome", "--bench", "engine"]);
        bench.current_dir(root);
        succeed(bench, "cargo bench --package tokendrome --bench engine")?;
    }
    Ok(())
}
