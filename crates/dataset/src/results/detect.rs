//! Which format a file has, from its content.

use serde_json::Value;

use super::node::Node;
use super::requests_csv::{self, Layout};
use super::{Results, ResultsFormat, python_json};
use super::{aiperf, guidellm, mlperf, our_report, sglang, trtllm_bench, vllm_bench};
use crate::DatasetError;

/// What there is to read, for messages.
const KNOWN: &str = "known are the results of vllm bench serve, SGLang's bench_serving, AIPerf, \
                     GuideLLM and trtllm-bench, MLPerf's detail log, reports of tokendrome, and \
                     CSV or JSON lines with a row for each request";

/// Reads what `text` holds.
pub(super) fn read(name: &str, text: &str, run: Option<usize>) -> Result<Results, DatasetError> {
    let text = text.trim_start_matches('\u{feff}');
    let content = |what: String| DatasetError::Content { name: name.to_owned(), what };
    let first = text.trim_start();
    if first.is_empty() {
        return Err(content(format!("the file is empty; {KNOWN}")));
    }
    if first.starts_with(mlperf::PREFIX) {
        only_run(name, run, 1)?;
        return mlperf::read(name, text);
    }
    if !first.starts_with(['{', '[']) {
        only_run(name, run, 1)?;
        return requests_csv::read_csv(name, text);
    }
    let lines: Vec<(u64, &str)> = numbered(text).collect();
    // Several lines, the first of which is whole: each is a document of its own.
    let is_lines = lines.len() > 1 && python_json::parse(lines[0].1).is_ok();
    if !is_lines {
        let value = python_json::parse(text).map_err(|error| broken(name, 0, &error))?;
        return document(name, &value, run);
    }
    let mut values = Vec::with_capacity(lines.len());
    for (number, line) in lines {
        let value = python_json::parse(line).map_err(|error| broken(name, number, &error))?;
        values.push((number, value));
    }
    all_lines(name, &values, run)
}

/// The lines that are not empty, with their numbers from 1.
fn numbered(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let lines = (1..).zip(text.lines());
    lines.filter(|(_, line)| !line.trim().is_empty())
}

/// What is no JSON. `line` is that of a file of lines, or 0 for a document of its own.
fn broken(name: &str, line: u64, error: &serde_json::Error) -> DatasetError {
    let what = if error.is_eof() {
        "the JSON is cut off here; copy or download the file again".to_owned()
    } else {
        let text = error.to_string();
        let text = text.split(" at line ").next().unwrap_or(&text);
        format!("this is no JSON: {text}")
    };
    let line = if line == 0 { error.line() as u64 } else { line };
    DatasetError::Line { name: name.to_owned(), line, column: error.column().max(1), what }
}

/// A file that is one document.
fn document(name: &str, value: &Value, run: Option<usize>) -> Result<Results, DatasetError> {
    let root = Node::root(name, None, value);
    if !value.is_object() {
        return Err(root.fault(&format!("expected an object or lines of objects; {KNOWN}")));
    }
    let found = kind(&root);
    if found == Some(ResultsFormat::Guidellm) {
        return guidellm::read(name, &root, run);
    }
    only_run(name, run, 1)?;
    match found {
        Some(ResultsFormat::VllmBench) => vllm_bench::read(&root),
        Some(ResultsFormat::Sglang) => sglang::read(&root),
        Some(ResultsFormat::Aiperf) => aiperf::read(&root),
        Some(ResultsFormat::TrtllmBench) => trtllm_bench::read(&root),
        Some(ResultsFormat::Tokendrome) => our_report::read(&root),
        Some(ResultsFormat::AiperfRecords) => aiperf::read_records(&[root]),
        Some(ResultsFormat::RequestsJsonl) => requests_csv::read_rows(&[root]),
        _ => Err(unknown(&root)),
    }
}

/// A file whose lines are documents.
fn all_lines(
    name: &str,
    values: &[(u64, Value)],
    run: Option<usize>,
) -> Result<Results, DatasetError> {
    if let Some((line, _)) = values.iter().find(|(_, value)| !value.is_object()) {
        let what = "expected an object, as on the lines before".to_owned();
        return Err(DatasetError::Line { name: name.to_owned(), line: *line, column: 1, what });
    }
    let roots: Vec<Node<'_>> =
        values.iter().map(|(line, value)| Node::root(name, Some(*line), value)).collect();
    // The first requests may have failed, and tell little.
    let found = roots.iter().find_map(kind);
    // SGLang's client appends a line for each run, and vLLM's with `--append-result`.
    let is_runs = matches!(found, Some(ResultsFormat::Sglang | ResultsFormat::VllmBench));
    let runs = if is_runs { roots.len() } else { 1 };
    let index = only_run(name, run, runs)?;
    match found {
        Some(ResultsFormat::Sglang) => sglang::read(&roots[index]),
        Some(ResultsFormat::VllmBench) => vllm_bench::read(&roots[index]),
        Some(ResultsFormat::AiperfRecords) => aiperf::read_records(&roots),
        Some(ResultsFormat::RequestsJsonl) => requests_csv::read_rows(&roots),
        Some(format) => {
            let what = format!("a file of {format} is one JSON document, and more follows it");
            Err(roots[1].fault(&what))
        }
        None => Err(unknown(&roots[0])),
    }
}

/// Which of several runs is meant, from 0.
pub(super) fn only_run(name: &str, run: Option<usize>, runs: usize) -> Result<usize, DatasetError> {
    let what = match run {
        None if runs == 1 => return Ok(0),
        None => format!("the file holds {runs} runs; say which by its number, from 1"),
        Some(number) if (1..=runs).contains(&number) => return Ok(number - 1),
        Some(number) if runs == 1 => {
            format!("the file holds one run, and number {number} was asked for")
        }
        Some(number) => {
            format!("the file holds runs 1 to {runs}, and number {number} was asked for")
        }
    };
    Err(DatasetError::Runs { name: name.to_owned(), what })
}

/// The format of an object, by the keys that no other format has.
fn kind(root: &Node<'_>) -> Option<ResultsFormat> {
    let is_object = |key: &str| root.value.get(key).is_some_and(Value::is_object);
    let is_metric = |key: &str| root.value.get(key).is_some_and(|of| of.get("unit").is_some());
    let format = if root.value.get("benchmarks").is_some_and(Value::is_array) {
        ResultsFormat::Guidellm
    } else if root.has("tokendrome_version") && is_object("summary") {
        ResultsFormat::Tokendrome
    } else if is_object("performance") && is_object("request_info") {
        ResultsFormat::TrtllmBench
    } else if is_object("metadata") && is_object("metrics") {
        ResultsFormat::AiperfRecords
    } else if is_metric("request_latency") || is_metric("request_throughput") {
        ResultsFormat::Aiperf
    } else if root.has("total_throughput") || root.has("mean_e2e_latency_ms") {
        ResultsFormat::Sglang
    } else if root.has("request_throughput") && root.has("total_input_tokens") {
        ResultsFormat::VllmBench
    } else if Layout::of(root.value.as_object()?.keys().map(String::as_str)).is_ok() {
        ResultsFormat::RequestsJsonl
    } else {
        return None;
    };
    Some(format)
}

fn unknown(root: &Node<'_>) -> DatasetError {
    let keys = root.value.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    let keys: Vec<&str> = keys.take(8).collect();
    let found = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
    root.fault(&format!("the keys are those of no known format (found {found}); {KNOWN}"))
}
