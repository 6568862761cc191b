//! The arguments of `conformance`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct ConformanceArgs {
    #[command(subcommand)]
    pub(crate) engine: Engine,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Engine {
    /// The V1 scheduler of vLLM 0.33.0, synchronous or asynchronous.
    #[command(after_long_help = include_str!("help/conformance.txt"))]
    Vllm(VllmArgs),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["scenario", "check"])))]
pub(crate) struct VllmArgs {
    /// A scenario, plain or gzipped; `-`: standard input.
    #[arg(value_name = "SCENARIO.json[.gz]")]
    pub(crate) scenario: Option<PathBuf>,
    /// Where the trace goes, gzipped if the name ends in `.gz`; `-` or none: to standard output.
    #[arg(short, long, value_name = "TRACE.jsonl[.gz]", conflicts_with = "check")]
    pub(crate) output: Option<PathBuf>,
    /// Run every scenario in DIR/scenarios and compare its trace with that in DIR/traces.
    #[arg(long, value_name = "DIR")]
    pub(crate) check: Option<PathBuf>,
}
