//! The arguments of `fit`.

use clap::{Arg, Args};

use super::ChangeArgs;

/// What several placements and formats make a list of.
const LISTS: [(&str, &str, &str); 4] = [
    ("tp", "N,...", "Tensor-parallel sizes; default: 1, 2, 4 and 8, as far as they are possible"),
    ("pp", "N,...", "Pipeline-parallel sizes; default: 1, and more where nothing fits otherwise"),
    ("dtype", "FORMAT,...", "Formats of the weights; default: the model's, bf16, fp8 and int4"),
    ("kv_dtype", "FORMAT,...", "Formats of the KV cache; default: the model's"),
];

/// Help for what `fit` has a use for alone.
fn told(arg: Arg) -> Arg {
    let id = arg.get_id().as_str();
    if let Some((_, name, help)) = LISTS.iter().find(|(of, ..)| *of == id) {
        return arg.clone().value_name(*name).help(*help).long_help(*help);
    }
    let runs = ["seed", "trials", "precision", "max_trials", "replicas"];
    let is_of_a_run = runs.contains(&id) || arg.get_help_heading() == Some("Workload");
    if is_of_a_run { arg.hide(true) } else { arg }
}

#[derive(Debug, Args)]
#[command(mut_args(told))]
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
