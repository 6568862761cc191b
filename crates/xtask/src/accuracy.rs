//! `cargo xtask accuracy`: measured runs through the simulator, built for speed.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::Error;
use crate::simulator;

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask accuracy --data measurements --results out
  cargo xtask accuracy --data measurements --results out --profiles tables --track track_s

What the arguments mean: `tokendrome accuracy --help`.";

#[derive(Args)]
pub(crate) struct Options {
    /// The folder of measurements
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where the results go
    #[arg(long, value_name = "DIR")]
    results: PathBuf,
    /// Further arguments of `tokendrome accuracy`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the simulator and lets it play the runs. Its exit status is ours.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), Error> {
    let program = simulator::build(root)?;
    let mut command = std::process::Command::new(program);
    command.arg("accuracy").arg("--data").arg(&options.data);
    command.arg("--results").arg(&options.results).args(&options.arguments);
    simulator::run(command, "tokendrome accuracy")
}
