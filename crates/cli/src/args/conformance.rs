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
    Vllm(RecordedArgs),
    /// The Python scheduler of TensorRT-LLM, in its synchronous loop or its overlap loop.
    #[command(after_long_help = include_str!("help/conformance-trtllm.txt"))]
    Trtllm(RecordedArgs),
    /// Runs of a tick simulator of batching strategies, with slots or disaggregated workers.
    #[command(after_long_help = include_str!("help/golden.txt"))]
    Seed000(GoldenArgs),
    /// Runs and points of a simulator of clusters with a layer-wise roofline.
    #[command(after_long_help = include_str!("help/golden.txt"))]
    Seed001(GoldenArgs),
    /// Runs of a queueing study of scheduling policies: decodes first, prompts first, or both.
    #[command(after_long_help = include_str!("help/golden.txt"))]
    Seed002(GoldenArgs),
}

/// Recorded runs of another simulator.
#[derive(Debug, Args)]
pub(crate) struct GoldenArgs {
    /// The recorded runs, plain or gzipped; `-`: standard input.
    #[arg(value_name = "GOLDEN.json[.gz]")]
    pub(crate) golden: PathBuf,
    /// Where the runs go as they are computed here, gzipped if the name ends in `.gz`; `-`: to
    /// standard output. None: they are only compared.
    #[arg(short, long, value_name = "OUT.json[.gz]")]
    pub(crate) output: Option<PathBuf>,
}

/// Recorded decisions of a real engine's scheduler.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["scenario", "check"])))]
pub(crate) struct RecordedArgs {
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
