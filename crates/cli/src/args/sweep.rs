//! The arguments of `sweep`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use tokendrome_scenario::SweepMode;

use super::{RunsArgs, ScenarioArgs};

#[derive(Debug, Args)]
#[command(mut_arg("precision", |arg| arg.hide(true)), mut_arg("max_trials", |arg| arg.hide(true)))]
pub(crate) struct SweepArgs {
    /// A field and the values that it takes: a list `a,b,c`, `linspace(a,b,n)` or a range
    /// `a:b:step` with its end; may be repeated. Replaces or adds to those of the scenario's
    /// section `[sweep]`.
    #[arg(long, value_name = "KEY=VALUES")]
    pub(crate) vary: Vec<String>,
    /// How several fields go together: grid (every combination, the first changes slowest) or zip
    /// (side by side); default: what the scenario says, or grid.
    #[arg(long, value_name = "MODE", hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(SweepMode::NAMES.map(|(name, _)| name)))]
    mode: Option<String>,
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(crate) outputs: SweepOutputs,
    #[command(flatten)]
    pub(crate) runs: RunsArgs,
}

/// What a sweep writes beside the table.
#[derive(Debug, Args)]
#[command(next_help_heading = "Outputs")]
pub(crate) struct SweepOutputs {
    /// All figures of all points; `-`: as CSV to standard output, instead of the table. Beside it
    /// stands FILE.journal with the points that are finished, from which a sweep that was
    /// interrupted goes on.
    #[arg(short, long, value_name = "FILE.csv|parquet|json")]
    pub(crate) output: Option<PathBuf>,
    /// Simulate all points, whatever the journal has.
    #[arg(long, requires = "output")]
    pub(crate) fresh: bool,
    /// Figures against the field that varies, as a picture or a page.
    #[arg(long, value_name = "FILE.svg|png|html")]
    pub(crate) plot: Option<PathBuf>,
    /// Draw this figure, such as `latency.ttft_ms.p99`, in place of the usual four; may be
    /// repeated.
    #[arg(long, value_name = "NAME", requires = "plot")]
    pub(crate) plot_figure: Vec<String>,
}

impl SweepArgs {
    pub(crate) fn mode(&self) -> Option<SweepMode> {
        let named = |name: &String| SweepMode::NAMES.into_iter().find(|(known, _)| known == name);
        self.mode.as_ref().and_then(named).map(|(_, mode)| mode)
    }
}
