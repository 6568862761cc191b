//! The detail log of MLPerf's LoadGen: a line for each key, times in nanoseconds.

use serde_json::{Map, Value};

use super::node::Node;
use super::serve::in_order;
use super::{Results, ResultsFormat, ResultsSummary, Statistics, python_json};
use crate::DatasetError;

/// How each line begins.
pub(super) const PREFIX: &str = ":::MLLOG";

/// Percentiles as their keys write them.
const PERCENTS: [(&str, f64); 6] = [
    ("50.00", 50.0),
    ("90.00", 90.0),
    ("95.00", 95.0),
    ("97.00", 97.0),
    ("99.00", 99.0),
    ("99.90", 99.9),
];

pub(super) fn read(name: &str, text: &str) -> Result<Results, DatasetError> {
    let mut keys = Map::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some(rest) = line.trim().strip_prefix(PREFIX) else { continue };
        let value = python_json::parse(rest.trim()).map_err(|error| {
            let column = PREFIX.len() + 1 + error.column();
            let what = format!("expected a JSON object after `{PREFIX}`: {error}");
            DatasetError::Line { name: name.to_owned(), line: number, column, what }
        })?;
        let node = Node::root(name, Some(number), &value);
        let key = node.text("key")?.map_or_else(|| node.need("key").map(|_| ""), Ok)?;
        // What is not an event has a value; the last one counts, as for MLPerf's own checks.
        keys.insert(key.to_owned(), value.get("value").cloned().unwrap_or(Value::Null));
    }
    let document = Value::Object(keys);
    let root = Node::root(name, None, &document);
    if !root.value.as_object().is_some_and(|keys| keys.keys().any(|k| k.starts_with("result_"))) {
        let what = "the log has no result: the run did not end, or this is the log of another test";
        return Err(root.fault(what));
    }
    // The first of each pair is of the scenario Server, the second of Offline.
    let either = |server: &str, offline: &str| match root.number(server)? {
        None => root.number(offline),
        found => Ok(found),
    };
    let summary = ResultsSummary {
        ttft_ms: latency(&root, "result_first_token_mean_latency_ns", |percent| {
            format!("result_first_token_{percent}_percentile_latency_ns")
        })?,
        tpot_ms: latency(&root, "result_time_to_output_token_mean", |percent| {
            format!("result_time_per_output_token_{percent}_percentile_ns")
        })?,
        e2e_ms: latency(&root, "result_mean_latency_ns", |percent| {
            format!("result_{percent}_percentile_latency_ns")
        })?,
        requests_per_s: either("result_completed_samples_per_sec", "result_samples_per_second")?,
        output_tokens_per_s: either(
            "result_completed_tokens_per_second",
            "result_tokens_per_second",
        )?,
        completed: root.count("result_query_count")?,
        ..ResultsSummary::default()
    };
    let mut notices = Vec::new();
    if root.text("result_validity")? == Some("INVALID") {
        notices.push("MLPerf calls this result invalid: it kept not all limits".to_owned());
    }
    Ok(Results { format: ResultsFormat::Mlperf, requests: Vec::new(), summary, notices })
}

fn latency(
    root: &Node<'_>,
    mean: &str,
    key: impl Fn(&str) -> String,
) -> Result<Option<Statistics>, DatasetError> {
    let ms = |key: &str| Ok(root.number(key)?.map(|nanos: f64| nanos / 1e6));
    let mut found = Statistics { mean: ms(mean)?, std: None, percentiles: Vec::new() };
    for (text, percent) in PERCENTS {
        let value: Option<f64> = ms(&key(text))?;
        found.percentiles.extend(value.map(|value| (percent, value)));
    }
    in_order(root, mean, &mut found.percentiles)?;
    Ok((!found.is_empty()).then_some(found))
}
