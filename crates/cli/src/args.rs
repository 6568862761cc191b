//! The arguments.

mod accuracy;
mod bench;
mod calibrate;
mod capacity;
mod compare;
mod conformance;
mod explain;
mod fit;
mod runs;
mod scenario;
mod sweep;
mod validate;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tokendrome_report::foreign;

pub(crate) use accuracy::AccuracyArgs;
pub(crate) use bench::{BenchArgs, BenchCommand, BenchCompareArgs};
pub(crate) use calibrate::CalibrateArgs;
pub(crate) use capacity::{CapacityArgs, MethodChoice, SearchArgs};
pub(crate) use compare::CompareArgs;
pub(crate) use conformance::{ConformanceArgs, Engine, GoldenArgs, RecordedArgs};
pub(crate) use explain::{ExplainArgs, PoolChoice};
pub(crate) use fit::FitArgs;
pub(crate) use runs::RunsArgs;
pub(crate) use scenario::{ChangeArgs, ScenarioArgs, built_in, input};
pub(crate) use sweep::{SweepArgs, SweepOutputs};
pub(crate) use validate::{Against, QueueingArgs, ValidateArgs};

/// Simulates LLM inference serving.
///
/// Give it a model, accelerators, an engine's configuration and a workload; it tells the latency,
/// throughput, goodput, utilisation and cost that you would get, with no GPU.
#[derive(Debug, Parser)]
#[command(
    name = "tokendrome",
    version,
    max_term_width = 100,
    propagate_version = true,
    after_long_help = include_str!("args/help/tokendrome.txt"),
    after_help = "`tokendrome` alone runs the built-in scenario. `--help` shows examples."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) color: ColorArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to colour what is printed.
#[derive(Debug, Args)]
pub(crate) struct ColorArgs {
    /// When to use colours: auto (on a terminal, without NO_COLOR in the environment), always,
    /// never.
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, value_enum)]
    #[arg(help_heading = "Global options", hide_possible_values = true)]
    color: ColorChoice,
    /// The same as `--color never`.
    #[arg(long, global = true, conflicts_with = "color", help_heading = "Global options")]
    no_color: bool,
}

impl ColorArgs {
    pub(crate) fn choice(&self) -> ColorChoice {
        if self.no_color { ColorChoice::Never } else { self.color }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Simulate a scenario and report what came out.
    #[command(after_long_help = include_str!("args/help/run.txt"))]
    Run(Box<RunArgs>),
    /// Run several scenarios on the same requests and show how they differ.
    #[command(after_long_help = include_str!("args/help/compare.txt"))]
    Compare(Box<CompareArgs>),
    /// Simulate a scenario at many points: fields that take several values.
    #[command(after_long_help = include_str!("args/help/sweep.txt"))]
    Sweep(Box<SweepArgs>),
    /// Find the largest rate of arrivals that scenarios can take.
    #[command(after_long_help = include_str!("args/help/capacity.txt"))]
    Capacity(Box<CapacityArgs>),
    /// Show what one iteration takes, operator by operator.
    #[command(after_long_help = include_str!("args/help/explain.txt"))]
    Explain(Box<ExplainArgs>),
    /// Show whether a model fits an accelerator, and what is left for KV.
    #[command(after_long_help = include_str!("args/help/fit.txt"))]
    Fit(Box<FitArgs>),
    /// Print a scenario with every default filled in.
    #[command(after_long_help = include_str!("args/help/resolve.txt"))]
    Resolve(Box<ResolveArgs>),
    /// List the models of the catalog.
    #[command(after_long_help = include_str!("args/help/models.txt"))]
    Models(CatalogArgs),
    /// List the accelerators of the catalog.
    #[command(after_long_help = include_str!("args/help/accelerators.txt"))]
    Accelerators(CatalogArgs),
    /// Compare the engine with recordings of the real one, or of other simulators.
    #[command(after_long_help = include_str!("args/help/conformance.txt"))]
    Conformance(ConformanceArgs),
    /// Simulate measured runs of real engines, and say how far off the simulator is.
    #[command(after_long_help = include_str!("args/help/accuracy.txt"))]
    Accuracy(AccuracyArgs),
    /// Find the constants with which simulations come nearest to measured runs.
    #[command(after_long_help = include_str!("args/help/calibrate.txt"))]
    Calibrate(CalibrateArgs),
    /// Work with the results of benchmark clients.
    Bench(BenchArgs),
    /// Compare the engine with what theory says of systems that it knows.
    Validate(ValidateArgs),
    /// Print the JSON schema of scenario files.
    #[command(after_long_help = include_str!("args/help/schema.txt"))]
    Schema,
    /// Print a script that completes the arguments in a shell.
    #[command(after_long_help = include_str!("args/help/completions.txt"))]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(crate) outputs: OutputArgs,
    #[command(flatten)]
    pub(crate) runs: RunsArgs,
}

/// What a run writes beside the table.
#[derive(Debug, Args)]
#[command(next_help_heading = "Outputs")]
pub(crate) struct OutputArgs {
    /// The report as JSON; `-`: to standard output, instead of the table.
    #[arg(short, long, value_name = "FILE.json")]
    pub(crate) output: Option<PathBuf>,
    /// The layout of that file: ours, or that of another program (docs/outputs.md,
    /// docs/results-formats.md).
    #[arg(long, value_name = "LAYOUT", value_enum, default_value = "tokendrome")]
    #[arg(requires = "output")]
    pub(crate) output_format: OutputFormat,
    /// One row for every request, as CSV or Parquet.
    #[arg(long, value_name = "FILE.csv|parquet")]
    pub(crate) requests_out: Option<PathBuf>,
    /// Every iteration on a timeline that <https://ui.perfetto.dev> opens.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) timeline: Option<PathBuf>,
    /// Latency distributions, throughput and queue over time, as a picture or a page.
    #[arg(long, value_name = "FILE.svg|png|html")]
    pub(crate) plot: Option<PathBuf>,
    /// The run in motion: requests, batches and figures as time passes, as a page to play.
    #[arg(long, value_name = "FILE.html")]
    pub(crate) animation: Option<PathBuf>,
    /// When the animation begins, in seconds, or in ticks where the clock counts those.
    #[arg(long, value_name = "TIME", requires = "animation", allow_negative_numbers = true)]
    pub(crate) animation_from: Option<f64>,
    /// When the animation ends; without it, as late as fits in the page.
    #[arg(long, value_name = "TIME", requires = "animation", allow_negative_numbers = true)]
    pub(crate) animation_until: Option<f64>,
}

/// The layout of a report as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Everything, with the scenario.
    Tokendrome,
    /// The summary under the keys of an event-driven cluster simulator.
    Seed001,
    /// The result of `vllm bench serve`.
    VllmBench,
    /// AIPerf's `profile_export_aiperf.json`.
    Aiperf,
    /// GuideLLM's report with one benchmark.
    Guidellm,
    /// The report of `trtllm-bench`.
    TrtllmBench,
    /// The detail log of MLPerf's LoadGen (`-o FILE.txt`).
    Mlperf,
}

impl OutputFormat {
    /// The layout of a benchmark client, if it is one.
    pub(crate) fn foreign(self) -> Option<foreign::Layout> {
        match self {
            Self::Tokendrome | Self::Seed001 => None,
            Self::VllmBench => Some(foreign::Layout::VllmBench),
            Self::Aiperf => Some(foreign::Layout::Aiperf),
            Self::Guidellm => Some(foreign::Layout::Guidellm),
            Self::TrtllmBench => Some(foreign::Layout::TrtllmBench),
            Self::Mlperf => Some(foreign::Layout::Mlperf),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ResolveArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// Print JSON instead of TOML.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    /// Only entries whose name, family or vendor contains this.
    pub(crate) filter: Option<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
