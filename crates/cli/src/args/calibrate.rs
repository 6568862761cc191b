//! The arguments of `calibrate`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// The folder of measurements: its `manifest.json` lists the runs.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
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
