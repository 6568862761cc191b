//! What a benchmark's client measured of single requests: files of vLLM's and SGLang's clients, of
//! AIPerf and GuideLLM, and tables with a row for each request. The format follows from the content.
//!
//! Sources of the names: `vllm/benchmarks/serve.py` (detailed results), `sglang/benchmark/serving.py`
//! (details), AIPerf's `profile_export.jsonl`, GuideLLM's `benchmarks[].requests.successful`.

mod arrays;
mod records;
mod table;

use std::path::Path;

use serde_json::Value;

use crate::DatasetError;
use crate::file::lines;

/// One request as a client saw it. Times in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredRequest {
    /// When it was sent, from the first of all.
    pub start_s: f64,
    /// Tokens of its prompt.
    pub prompt_tokens: u32,
    /// Tokens that came.
    pub output_tokens: u32,
    /// From sending to the first token.
    pub ttft_s: f64,
    /// From sending to the last token.
    pub e2e_s: f64,
}

/// Who wrote the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// `vllm bench serve --save-result --save-detailed`.
    VllmBench,
    /// `sglang.bench_serving --output-details`.
    Sglang,
    /// AIPerf's `profile_export.jsonl`.
    AiPerf,
    /// GuideLLM's JSON report.
    GuideLlm,
    /// A table: CSV, or JSON lines of objects.
    Table,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredRequests {
    /// Who wrote it.
    pub client: Client,
    /// Requests that were answered, by when they were sent.
    pub requests: Vec<MeasuredRequest>,
    /// Requests that failed: they are in no figure.
    pub failed: u64,
}

/// Largest file that is read: these are read as a whole.
const BYTES_MAX: u64 = 2 << 30;

/// Reads what a client measured, plain or gzipped.
///
/// # Errors
/// The file cannot be read, its format is not known, or it lacks what a request needs.
pub fn measured_requests(path: &Path) -> Result<MeasuredRequests, DatasetError> {
    let file = lines(path)?;
    let name = file.name().to_owned();
    let text = file.into_text(BYTES_MAX)?;
    read(&name, &text)
}

/// The same of a text, which errors call `name`.
pub(crate) fn read(name: &str, text: &str) -> Result<MeasuredRequests, DatasetError> {
    let fault = |what: String| DatasetError::Content { name: name.to_owned(), what };
    let rows = Rows { name };
    let found = match text.trim_start().chars().next() {
        None => return Err(fault("the file is empty".to_owned())),
        Some('{' | '[') => match serde_json::from_str::<Value>(text) {
            Ok(whole) => rows.document(&whole)?,
            Err(_) if is_lines(text) => rows.lines(text)?,
            Err(error) => return Err(fault(format!("not valid JSON: {error}"))),
        },
        Some(_) => table::csv(rows, text)?,
    };
    found.in_order(name)
}

/// Whether the first line is a document of its own, and not the last.
fn is_lines(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().is_some_and(|line| serde_json::from_str::<Value>(line).is_ok());
    first && lines.next().is_some()
}

/// Reads the kinds of content, with the name of the file for errors.
#[derive(Clone, Copy)]
struct Rows<'a> {
    name: &'a str,
}

impl Rows<'_> {
    fn fault(self, what: impl Into<String>) -> DatasetError {
        DatasetError::Content { name: self.name.to_owned(), what: what.into() }
    }

    /// One JSON document.
    fn document(self, whole: &Value) -> Result<MeasuredRequests, DatasetError> {
        if let Some(all) = whole.as_array() {
            return table::objects(self, all.iter().map(|row| Ok((None, row.clone()))));
        }
        let has = |key: &str| whole.get(key).is_some();
        if has("benchmarks") {
            return records::guidellm(self, whole);
        }
        if has("ttfts") || has("input_lens") {
            return arrays::read(self, whole);
        }
        if has("metadata") && has("metrics") {
            return records::aiperf(self, std::iter::once(Ok((Some(1), whole.clone()))));
        }
        let summary = |who: &str, instead: &str| {
            Err(self.fault(format!("{who} has means alone, and no single requests; {instead}")))
        };
        if has("mean_ttft_ms") {
            return summary(
                "a result of `bench serve` without details",
                "save it with `--save-detailed` (SGLang: `--output-details`)",
            );
        }
        if whole.pointer("/request_latency/avg").is_some() {
            return summary("AIPerf's summary", "give the `profile_export.jsonl` beside it");
        }
        if has("performance") && has("request_info") {
            return summary("trtllm-bench's report", "give a table of requests");
        }
        table::objects(self, std::iter::once(Ok((Some(1), whole.clone()))))
    }

    /// JSON documents, one on each line.
    fn lines(self, text: &str) -> Result<MeasuredRequests, DatasetError> {
        let lines = (1u64..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let row = |(number, line): (u64, &str)| match serde_json::from_str::<Value>(line) {
            Ok(row) => Ok((Some(number), row)),
            Err(error) => Err(DatasetError::Line {
                name: self.name.to_owned(),
                line: number,
                column: error.column().max(1),
                what: format!("not valid JSON: {error}"),
            }),
        };
        let mut rows = lines.map(row).peekable();
        let Some(Ok((_, first))) = rows.peek() else {
            return Err(self.fault("the first line is not valid JSON"));
        };
        if first.get("ttfts").is_some() || first.get("mean_ttft_ms").is_some() {
            let what = "several runs of a benchmark, one on each line; keep the line of one";
            return Err(self.fault(what));
        }
        match first.get("metadata").is_some() && first.get("metrics").is_some() {
            true => records::aiperf(self, rows),
            false => table::objects(self, rows),
        }
    }
}

impl MeasuredRequests {
    /// By when they were sent, the first at 0. Checks what no client could have seen.
    fn in_order(mut self, name: &str) -> Result<Self, DatasetError> {
        let fault = |what: String| DatasetError::Content { name: name.to_owned(), what };
        if self.requests.is_empty() {
            let failed = match self.failed {
                0 => "no request stands in it".to_owned(),
                failed => format!("all of its {failed} requests failed"),
            };
            return Err(fault(failed));
        }
        for (index, of) in self.requests.iter().enumerate() {
            let times = [of.start_s, of.ttft_s, of.e2e_s];
            let is_sane = times.iter().all(|time| time.is_finite())
                && of.ttft_s >= 0.0
                && of.e2e_s >= of.ttft_s
                && of.prompt_tokens > 0
                && of.output_tokens > 0;
            if !is_sane {
                return Err(fault(format!(
                    "request {index} has {} prompt and {} output tokens, its first token after \
                     {} s and its last after {} s: that cannot be",
                    of.prompt_tokens, of.output_tokens, of.ttft_s, of.e2e_s
                )));
            }
        }
        self.requests.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        let first = self.requests[0].start_s;
        self.requests.iter_mut().for_each(|of| of.start_s -= first);
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
