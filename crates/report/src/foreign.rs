//! A run in the layouts of benchmark clients, for scripts that read those.
//!
//! Views: keys, units and definitions are the client's, figures those of the measured requests of
//! the run. Percentiles are interpolated linearly as numpy does; rates are those of our report.
//! What a client takes from the wall clock or from texts does not exist here, and is null or left
//! out, so that equal runs give equal bytes. What each key stands for: `docs/results-formats.md`.

mod aiperf;
mod guidellm;
mod measured;
mod mlperf;
mod trtllm_bench;
mod values;
mod vllm_bench;

use std::io::{self, Write};

use serde_json::Value;
use tokendrome::{Curves, Report, Scenario, TimeUnit};
use tokendrome_metrics::RequestRecord;

use crate::json;
use measured::Measured;

/// Whose layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// The result of `vllm bench serve`.
    VllmBench,
    /// AIPerf's `profile_export_aiperf.json`.
    Aiperf,
    /// GuideLLM's report with one benchmark.
    Guidellm,
    /// The report of `trtllm-bench`.
    TrtllmBench,
    /// The detail log of MLPerf's LoadGen: a line for each key.
    Mlperf,
}

/// What a run leaves behind.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Its report.
    pub report: &'a Report,
    /// Its distributions, of which that of the gaps between tokens is needed.
    pub curves: &'a Curves,
    /// All its requests, in any order.
    pub records: &'a [RequestRecord],
}

impl Layout {
    /// Says why runs of a scenario have no view of this layout, if so, and what to do.
    #[must_use]
    pub fn objection(self, scenario: &Scenario) -> Option<(&'static str, &'static str)> {
        if scenario.simulation.time_unit == TimeUnit::Tick {
            let what = "the layouts of benchmark clients have times in seconds, and this clock \
                        counts ticks";
            return Some((what, "leave out --output-format"));
        }
        let limits = scenario.slo.common();
        let has_limits = limits.ttft_ms.is_some() && limits.tpot_ms.is_some();
        if self == Self::Mlperf && !mlperf::is_offline(scenario) && !has_limits {
            let what = "the layout `mlperf` says whether the limits of TTFT and TPOT are kept, and \
                        the scenario has none";
            return Some((what, "give both: `--set slo.ttft_ms=2000 --set slo.tpot_ms=100`"));
        }
        None
    }
}

/// Writes the view of a run: indented JSON, or the lines of a log, with a line feed at its end.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If there is an [objection](Layout::objection) to the layout.
pub fn write(layout: Layout, run: &Run<'_>, out: &mut impl Write) -> io::Result<()> {
    let scenario = &run.report.scenario;
    let objection = layout.objection(scenario);
    assert!(objection.is_none(), "a layout that does not fit the run: {objection:?}");
    let measured = Measured::of(run);
    let view: Value = match layout {
        Layout::VllmBench => vllm_bench::view(&measured),
        Layout::Aiperf => aiperf::view(&measured),
        Layout::Guidellm => guidellm::view(&measured),
        Layout::TrtllmBench => trtllm_bench::view(&measured),
        Layout::Mlperf => return mlperf::write(&measured, out),
    };
    json::write_value(&view, scenario, out)
}

#[cfg(test)]
mod tests;
