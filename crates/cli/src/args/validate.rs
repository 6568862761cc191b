//! The arguments of `validate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::RunsArgs;

/// Trials of each system where nobody asks for another number.
const TRIALS: u64 = 20;

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    #[command(subcommand)]
    pub(crate) against: Against,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Against {
    /// Queueing theory: M/M/1, M/M/k, M/D/1, M/G/1, Little's law, and that arrivals see time
    /// averages.
    #[command(after_long_help = include_str!("help/validate.txt"))]
    Queueing(QueueingArgs),
}

#[derive(Debug, Args)]
pub(crate) struct QueueingArgs {
    /// All comparisons and their scenarios as JSON; `-`: to standard output, instead of the table.
    #[arg(short, long, value_name = "FILE.json")]
    pub(crate) output: Option<PathBuf>,
    /// Seed of all random numbers.
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    /// Independent runs of each system, from 5 to 10,000.
    #[arg(long, value_name = "N", default_value_t = TRIALS)]
    #[arg(value_parser = clap::value_parser!(u64).range(5..=10_000))]
    pub(crate) trials: u64,
    /// A quarter of the requests.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Print one of the scenarios as TOML, for `tokendrome run`, instead of comparing.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["output", "trials"])]
    pub(crate) scenario: Option<String>,
    #[command(flatten)]
    pub(crate) runs: RunsArgs,
}
