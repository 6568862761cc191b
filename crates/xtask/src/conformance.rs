//! `cargo xtask conformance`: recordings of other systems through the simulator, built for speed.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::error::Error;
use crate::simulator;

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask conformance seed000 golden.json.gz -o ours.json
  cargo xtask conformance vllm --check recordings

What the arguments mean: `tokendrome conformance --help`.";

#[derive(Args)]
pub(crate) struct Options {
    /// Arguments of `tokendrome conformance`: what to compare, and with which recordings
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    arguments: Vec<String>,
}

/// Builds the simulator and lets it compare. Its exit status is ours.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), Error> {
    let program = simulator::build(root)?;
    let mut command = Command::new(program);
    command.arg("conformance").args(&options.arguments);
    let shown = format!("tokendrome conformance {}", options.arguments.join(" "));
    simulator::run(command, &shown)
}
