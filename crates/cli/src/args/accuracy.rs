//! The arguments of `accuracy`.

use std::path::PathBuf;

use clap::Args;

use super::RunsArgs;

#[derive(Debug, Args)]
pub(crate) struct AccuracyArgs {
    /// The folder of measurements: its `manifest.json` lists the runs.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Where the files of results go, under the names that the manifest gives; made if need be.
    #[arg(long, value_name = "DIR")]
    pub(crate) results: PathBuf,
    /// A folder with further profiles and operator tables.
    #[arg(long, value_name = "DIR")]
    pub(crate) profiles: Option<PathBuf>,
    /// Only runs whose name contains this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// Only runs of tracks whose name contains this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) track: Option<String>,
    /// A page of plots of the errors by model, accelerator and load, as SVG, PNG or HTML.
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) runs: RunsArgs,
}
