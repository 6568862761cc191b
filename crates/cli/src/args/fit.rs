//! The arguments of `fit`.

use clap::Args;

use super::ChangeArgs;

#[derive(Debug, Args)]
pub(crate) struct FitArgs {
    /// The model: a name of the catalog, or the path of a Hugging Face `config.json`.
    #[arg(value_name = "MODEL", conflicts_with = "model")]
    pub(crate) named: Option<String>,
    /// Length of the sequences that are counted; default: the longest that there may be.
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) context: Option<u32>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) changes: ChangeArgs,
}
