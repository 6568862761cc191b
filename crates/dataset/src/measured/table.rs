//! Tables with a row for each request: CSV, or objects of JSON.

use serde_json::Value;

use super::records::Record;
use super::{Client, MeasuredRequest, MeasuredRequests, Rows};
use crate::DatasetError;

/// Names of a column, and what its values are multiplied with.
type Column = &'static [(&'static str, f64)];

const START: Column = &[("arrival_s", 1.0), ("start_s", 1.0), ("arrival_ms", 1e-3)];
const TTFT: Column = &[("ttft_s", 1.0), ("ttft_ms", 1e-3)];
const E2E: Column = &[
    ("e2e_s", 1.0),
    ("e2e_ms", 1e-3),
    ("latency_s", 1.0),
    ("latency_ms", 1e-3),
    ("e2el_ms", 1e-3),
];
const PROMPT: Column =
    &[("input_tokens", 1.0), ("prompt_tokens", 1.0), ("input_length", 1.0), ("input_len", 1.0)];
const OUTPUT: Column = &[("output_tokens", 1.0), ("output_length", 1.0), ("output_len", 1.0)];

/// Whether a row is of a request that was answered: `status`, `valid` or `success` say so.
fn is_answered(text: impl Fn(&str) -> Option<String>) -> bool {
    let status = text("status").is_none_or(|of| of == "completed" || of == "ok");
    let flag = |name| text(name).is_none_or(|of| matches!(of.as_str(), "1" | "true" | "True"));
    status && flag("valid") && flag("success")
}

fn request(
    rows: Rows<'_>,
    place: &str,
    number: impl Fn(&str) -> Option<f64>,
) -> Result<MeasuredRequest, DatasetError> {
    let value = |column: Column| {
        let found = column.iter().find_map(|(name, size)| Some(number(name)? * size));
        found.ok_or_else(|| {
            let names: Vec<String> = column.iter().map(|(name, _)| format!("`{name}`")).collect();
            rows.fault(format!("{place}: there is no number in {}", names.join(" or ")))
        })
    };
    Ok(MeasuredRequest {
        start_s: value(START)?,
        prompt_tokens: value(PROMPT)? as u32,
        output_tokens: value(OUTPUT)? as u32,
        ttft_s: value(TTFT)?,
        e2e_s: value(E2E)?,
    })
}

/// A CSV file with a line of names.
pub(super) fn csv(rows: Rows<'_>, text: &str) -> Result<MeasuredRequests, DatasetError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let wrong = |error: csv::Error| rows.fault(format!("not valid CSV: {error}"));
    let names = reader.headers().map_err(wrong)?.clone();
    let mut found = MeasuredRequests { client: Client::Table, requests: Vec::new(), failed: 0 };
    for (line, record) in (2u64..).zip(reader.records()) {
        let record = record.map_err(wrong)?;
        let text = |name: &str| {
            let at = names.iter().position(|known| known.trim() == name)?;
            record.get(at).map(|of| of.trim().to_owned()).filter(|of| !of.is_empty())
        };
        if !is_answered(text) {
            found.failed += 1;
            continue;
        }
        let number = |name: &str| text(name)?.parse().ok();
        found.requests.push(request(rows, &format!("line {line}"), number)?);
    }
    Ok(found)
}

/// Objects, one for each request.
pub(super) fn objects(
    rows: Rows<'_>,
    records: impl Iterator<Item = Record>,
) -> Result<MeasuredRequests, DatasetError> {
    let mut found = MeasuredRequests { client: Client::Table, requests: Vec::new(), failed: 0 };
    for (index, record) in records.enumerate() {
        let (line, record) = record?;
        let text = |name: &str| match record.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        if !is_answered(text) {
            found.failed += 1;
            continue;
        }
        let number = |name: &str| record.get(name)?.as_f64();
        let place = line.map_or(format!("row {index}"), |line| format!("line {line}"));
        found.requests.push(request(rows, &place, number)?);
    }
    Ok(found)
}
