//! The arguments of `bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) command: BenchCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Show a measured run beside a simulated one, with the error of each figure.
    #[command(after_long_help = include_str!("help/bench_compare.txt"))]
    Compare(BenchCompareArgs),
}

#[derive(Debug, Args)]
pub(crate) struct BenchCompareArgs {
    /// Results of the measured run, plain or gzipped; the format is told from the content.
    #[arg(value_name = "REAL")]
    pub(crate) real: PathBuf,
    /// Results of the simulated run, likewise.
    #[arg(value_name = "SIM")]
    pub(crate) simulated: PathBuf,
    /// Which run of REAL, from 1, where it holds several.
    #[arg(long, value_name = "N", value_parser = number)]
    pub(crate) real_run: Option<usize>,
    /// Which run of SIM, likewise.
    #[arg(long, value_name = "N", value_parser = number)]
    pub(crate) sim_run: Option<usize>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

fn number(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "runs are numbered from 1".to_owned())
}
