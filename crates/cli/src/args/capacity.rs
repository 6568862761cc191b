//! The arguments of `capacity`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tokendrome_explore::Condition;

use super::{ChangeArgs, RunsArgs};

#[derive(Debug, Args)]
pub(crate) struct CapacityArgs {
    /// The scenarios (TOML, JSON, YAML, or earlier reports), one or more; `-`: standard input.
    #[arg(value_name = "SCENARIO", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) changes: ChangeArgs,
    #[command(flatten)]
    pub(crate) outputs: CapacityOutputs,
    #[command(flatten)]
    pub(crate) runs: RunsArgs,
    /// Show every rate that was tried.
    #[arg(short, long, help_heading = "Options")]
    pub(crate) verbose: bool,
}

/// How the largest rate is searched for. Rates are per second, or per 1,000 of the ticks that the
/// scenario's clock counts.
#[derive(Debug, Args)]
#[command(next_help_heading = "Search")]
pub(crate) struct SearchArgs {
    /// What to search by: `drift` of the backlog (the largest stable rate), the test of
    /// `mann-kendall` on response times (likewise, on a grid), or `slo` (objectives hold).
    #[arg(long, value_name = "NAME", value_enum)]
    pub(crate) method: Option<MethodChoice>,
    /// Search by objectives: a figure and its limit, such as `ttft_ms.p99<=500`; may be repeated.
    /// Without a value: the `[slo]` of the scenario is attained.
    #[arg(long, value_name = "FIGURE<=LIMIT", num_args = 0..=1, default_missing_value = "")]
    pub(crate) slo: Vec<String>,
    /// Search by objectives: the share of requests that must meet the `[slo]`; default: 0.9.
    #[arg(long, value_name = "SHARE")]
    pub(crate) attainment: Option<f64>,
    /// Rate to begin with (lowest rate of a grid); default: that of the scenario.
    #[arg(long, value_name = "RATE")]
    pub(crate) from: Option<f64>,
    /// No rate beyond this is tried (mann-kendall: required).
    #[arg(long, value_name = "RATE")]
    pub(crate) to: Option<f64>,
    /// From one rate of a grid to the next (mann-kendall); default: 0.5.
    #[arg(long, value_name = "RATE")]
    pub(crate) step: Option<f64>,
    /// Longest window of arrivals (mann-kendall), in seconds or ticks; default: 200 seconds, or
    /// 200,000 ticks.
    #[arg(long, value_name = "TIME")]
    pub(crate) window: Option<f64>,
    /// Windows, of equal steps up to the longest (mann-kendall); default: 40.
    #[arg(long, value_name = "N")]
    pub(crate) points: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodChoice {
    /// The largest stable rate: the backlog drifts beyond it.
    Drift,
    /// The largest stable rate of a grid: response times have a trend beyond it.
    MannKendall,
    /// The largest rate at which objectives hold.
    Slo,
}

/// What a search writes beside the table.
#[derive(Debug, Args)]
#[command(next_help_heading = "Outputs")]
pub(crate) struct CapacityOutputs {
    /// Everything as JSON, or the rates that were tried as CSV; `-`: JSON to standard output,
    /// instead of the table.
    #[arg(short, long, value_name = "FILE.json|csv")]
    pub(crate) output: Option<PathBuf>,
    /// What was measured against the rate, as a picture or a page.
    #[arg(long, value_name = "FILE.svg|png|html")]
    pub(crate) plot: Option<PathBuf>,
}

impl SearchArgs {
    /// What to search by. The error says that flags ask for objectives and for another way.
    pub(crate) fn method(&self) -> Result<MethodChoice, String> {
        let by_limits = !self.slo.is_empty() || self.attainment.is_some();
        match (self.method, by_limits) {
            (None | Some(MethodChoice::Slo), true) => Ok(MethodChoice::Slo),
            (None, false) => Ok(MethodChoice::Drift),
            (Some(method), false) => Ok(method),
            (Some(_), true) => {
                Err("--slo and --attainment search by objectives, and --method asks for another \
                     way"
                .to_owned())
            }
        }
    }

    /// The conditions that are given, and whether the attainment of `[slo]` is one.
    pub(crate) fn conditions(&self) -> Result<(Vec<Condition>, bool), String> {
        let given: Vec<&String> = self.slo.iter().filter(|text| !text.is_empty()).collect();
        let read: Result<Vec<_>, _> = given.iter().map(|text| Condition::read(text)).collect();
        let takes_attainment = self.attainment.is_some() || given.len() < self.slo.len();
        let read = read.map_err(|error| error.to_string())?;
        Ok((read, takes_attainment || given.is_empty()))
    }
}
