//! The arguments of `compare`.

use std::path::PathBuf;

use clap::Args;

use super::{ChangeArgs, RunsArgs};

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The scenarios (TOML, JSON, YAML, or earlier reports), two or more; `-`: standard input.
    #[arg(value_name = "SCENARIO", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Compare one scenario with itself, cut at these simulated times, in seconds or in the ticks
    /// that its clock counts: does its queue grow?
    #[arg(long, value_name = "SHORT,LONG", value_parser = lengths, allow_hyphen_values = true)]
    pub(crate) lengths: Option<(f64, f64)>,
    #[command(flatten)]
    pub(crate) changes: ChangeArgs,
    #[command(flatten)]
    pub(crate) outputs: CompareOutputs,
    #[command(flatten)]
    pub(crate) runs: RunsArgs,
}

/// What a comparison writes beside the table.
#[derive(Debug, Args)]
#[command(next_help_heading = "Outputs")]
pub(crate) struct CompareOutputs {
    /// All figures and differences as JSON; `-`: to standard output, instead of the table.
    #[arg(short, long, value_name = "FILE.json")]
    pub(crate) output: Option<PathBuf>,
    /// Queues and batch slots over time, as a picture or a page.
    #[arg(long, value_name = "FILE.svg|png|html")]
    pub(crate) plot: Option<PathBuf>,
}

fn lengths(text: &str) -> Result<(f64, f64), String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    let pair = text.split_once(',').and_then(|(a, b)| Some((number(a)?, number(b)?)));
    match pair {
        Some((short, long)) if 0.0 < short && short < long => Ok((short, long)),
        _ => Err("two times are wanted, the shorter first, such as 100,10000".to_owned()),
    }
}
