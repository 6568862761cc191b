//! The arguments of `calibrate`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// The folder of measurements: its `manifest.json` lists the runs.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["measured", "iterations"])]
    pub(crate) data: Option<PathBuf>,
    /// What a benchmark's client measured, a file for each run: vllm bench, SGLang, AIPerf,
    /// GuideLLM, or a table of requests (CSV, JSON lines).
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with_all = ["data", "only", "profiles"],
        requires = "scenario"
    )]
    pub(crate) measured: Vec<PathBuf>,
    /// Logs of what an engine computed in each iteration, and how long it took: TensorRT-LLM's or
    /// vLLM's lines, or CSV.
    #[arg(
        long,
        value_name = "LOG",
        num_args = 1..,
        conflicts_with_all = ["data", "only", "profiles", "measured"],
        requires = "scenario"
    )]
    pub(crate) iterations: Vec<PathBuf>,
    /// The engine that was measured, as a scenario. Requests are those of the files; of logs its
    /// workload tells how long contexts are.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pub(crate) scenario: Option<PathBuf>,
    /// The version of that engine, such as 0.19.0.
    #[arg(long, value_name = "VERSION", conflicts_with = "data")]
    pub(crate) engine_version: Option<String>,
    /// A page of plots of what is left over, as SVG, PNG or HTML.
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// The file that the profile goes to.
    #[arg(short, long, value_name = "FILE.toml")]
    pub(crate) output: PathBuf,
    /// What reports call the profile; without it, the file's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A folder with profiles to begin at.
    #[arg(long, value_name = "DIR")]
    pub(crate) profiles: Option<PathBuf>,
    /// Only runs whose name contains this; may be given several times.
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Vec<String>,
    /// The date that the profile says it is of, such as 2026-11-23.
    #[arg(long, value_name = "DATE", default_value = "")]
    pub(crate) date: String,
}
