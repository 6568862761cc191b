//! Files that clients of benchmarks write about a run: one plain type for all of them.
//!
//! [`read_results`] tells the format from the content. Names and units are ours, whatever the
//! file calls them: TPOT is `(E2E - TTFT) / (output tokens - 1)` of a request, ITL every gap
//! between two tokens, latencies of a summary are milliseconds, times of single requests seconds.
//! Which key of which client stands for what: `docs/results-formats.md`.

mod aiperf;
mod detect;
mod guidellm;
mod mlperf;
mod node;
mod our_report;
mod python_json;
mod requests_csv;
mod serve;
mod sglang;
mod summary;
mod trtllm_bench;
mod values;
mod vllm_bench;

use std::fmt;
use std::path::Path;

pub use summary::{Figure, ResultsSummary, Statistics};

use crate::{DatasetError, file};

/// Most bytes of a file of results, unpacked.
pub const RESULTS_BYTES_MAX: u64 = 1 << 30;

/// Who wrote a file of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultsFormat {
    /// `vllm bench serve`, a JSON object, or with `--append-result` a line for each run.
    VllmBench,
    /// SGLang's `bench_serving`, a JSON object a line for each run.
    Sglang,
    /// AIPerf's or GenAI-Perf's summary, one JSON object.
    Aiperf,
    /// AIPerf's records, a JSON object a line for each request.
    AiperfRecords,
    /// GuideLLM's report, one JSON object with a benchmark or several.
    Guidellm,
    /// `trtllm-bench --report_json`, one JSON object.
    TrtllmBench,
    /// The detail log of MLPerf's LoadGen.
    Mlperf,
    /// Our report as JSON.
    Tokendrome,
    /// A row for each request, as CSV.
    RequestsCsv,
    /// A row for each request, as JSON lines.
    RequestsJsonl,
}

impl ResultsFormat {
    /// The format in a few words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VllmBench => "vllm bench serve",
            Self::Sglang => "SGLang bench_serving",
            Self::Aiperf => "AIPerf summary",
            Self::AiperfRecords => "AIPerf records",
            Self::Guidellm => "GuideLLM report",
            Self::TrtllmBench => "trtllm-bench report",
            Self::Mlperf => "MLPerf log",
            Self::Tokendrome => "tokendrome report",
            Self::RequestsCsv => "requests as CSV",
            Self::RequestsJsonl => "requests as JSON lines",
        }
    }
}

impl fmt::Display for ResultsFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a client measured of one request. What its file does not tell is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MeasuredRequest {
    /// When it was sent, in seconds; the first request of the file is sent at 0.
    pub start_s: Option<f64>,
    /// Tokens of the prompt.
    pub prompt_tokens: Option<u64>,
    /// Tokens that came.
    pub output_tokens: Option<u64>,
    /// From sending it to its first token, in seconds.
    pub ttft_s: Option<f64>,
    /// From sending it to its last token, in seconds.
    pub e2e_s: Option<f64>,
    /// Gaps between what came of it, in seconds; empty where the file does not list them.
    pub itls_s: Vec<f64>,
    /// Whether it failed, was cancelled or did not end. Such requests count in no latency.
    pub failed: bool,
}

impl MeasuredRequest {
    /// `(E2E - TTFT) / (output tokens - 1)` in seconds; none with fewer than two tokens.
    #[must_use]
    pub fn tpot_s(&self) -> Option<f64> {
        let gaps = self.output_tokens?.checked_sub(1).filter(|gaps| *gaps > 0)?;
        Some((self.e2e_s? - self.ttft_s?) / gaps as f64)
    }
}

/// What a client measured of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// Who wrote it.
    pub format: ResultsFormat,
    /// The requests in the order of the file; empty where it has only statistics.
    pub requests: Vec<MeasuredRequest>,
    /// The statistics: those of the file, and those that follow from its requests.
    pub summary: ResultsSummary,
    /// What a person should know before comparing the figures with others.
    pub notices: Vec<String>,
}

/// Reads a file of results, plain or gzipped. `run` picks one, from 1, where the file holds
/// several; without it the file must hold one.
///
/// # Errors
/// The file cannot be read, is of no known format, is cut off, contradicts itself, or lacks what
/// its format always has. The text names the file, the place and what was expected.
pub fn read_results(path: &Path, run: Option<usize>) -> Result<Results, DatasetError> {
    let (name, text) = file::lines(path)?.rest(RESULTS_BYTES_MAX)?;
    detect::read(&name, &text, run)
}

#[cfg(test)]
mod tests;
