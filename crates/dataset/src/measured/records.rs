//! Clients that keep a record of each request: AIPerf and GuideLLM.

use serde_json::Value;

use super::{Client, MeasuredRequest, MeasuredRequests, Rows};
use crate::DatasetError;

/// A record, with its line where it has one.
pub(super) type Record = Result<(Option<u64>, Value), DatasetError>;

/// AIPerf's `profile_export.jsonl`: metrics as `{value, unit}`, times in the unit that they name.
pub(super) fn aiperf(
    rows: Rows<'_>,
    records: impl Iterator<Item = Record>,
) -> Result<MeasuredRequests, DatasetError> {
    let mut found = MeasuredRequests { client: Client::AiPerf, requests: Vec::new(), failed: 0 };
    for record in records {
        let (line, record) = record?;
        let place = line.map_or(String::new(), |line| format!("line {line}: "));
        if record.get("error").is_some_and(|error| !error.is_null()) {
            found.failed += 1;
            continue;
        }
        let metric = |name: &str| {
            let of = record.pointer(&format!("/metrics/{name}"));
            let value = of.and_then(|of| of.get("value")).and_then(Value::as_f64);
            let lacks = || rows.fault(format!("{place}`metrics.{name}.value` must be a number"));
            let unit = of.and_then(|of| of.get("unit")).and_then(Value::as_str).unwrap_or("");
            value.ok_or_else(lacks).map(|value| (value, unit.to_owned()))
        };
        let seconds = |name: &str| {
            let (value, unit) = metric(name)?;
            let size = match unit.as_str() {
                "ns" => 1e-9,
                "us" => 1e-6,
                "ms" => 1e-3,
                "s" | "sec" => 1.0,
                other => {
                    let what = format!("{place}`metrics.{name}` has the unit `{other}`, no time");
                    return Err(rows.fault(what));
                }
            };
            Ok(value * size)
        };
        let start = record.pointer("/metadata/request_start_ns").and_then(Value::as_i64);
        let start = start.ok_or_else(|| {
            rows.fault(format!("{place}`metadata.request_start_ns` must be a count of ns"))
        })?;
        found.requests.push(MeasuredRequest {
            start_s: start as f64 / 1e9,
            prompt_tokens: metric("input_sequence_length")?.0 as u32,
            output_tokens: metric("output_sequence_length")?.0 as u32,
            ttft_s: seconds("time_to_first_token")?,
            e2e_s: seconds("request_latency")?,
        });
    }
    Ok(found)
}

/// GuideLLM's report: the requests of its only benchmark. Latencies in seconds, but for those whose
/// names end in `_ms`.
pub(super) fn guidellm(rows: Rows<'_>, whole: &Value) -> Result<MeasuredRequests, DatasetError> {
    let all = whole.get("benchmarks").and_then(Value::as_array);
    let benchmark = match all.map_or(&[][..], Vec::as_slice) {
        [one] => one,
        [] => return Err(rows.fault("`benchmarks` has no benchmark")),
        several => {
            return Err(rows.fault(format!(
                "it has {} benchmarks, each with a load of its own; keep one",
                several.len()
            )));
        }
    };
    let list = |kind: &str| {
        let path = format!("/requests/{kind}");
        benchmark.pointer(&path).and_then(Value::as_array)
    };
    let answered = list("successful").ok_or_else(|| {
        rows.fault("`benchmarks[0].requests.successful` is not there: save the whole report")
    })?;
    let failed = ["incomplete", "errored"].map(|kind| list(kind).map_or(0, Vec::len) as u64);
    let request = |(index, of): (usize, &Value)| {
        let number = |names: &[&str]| {
            let found = names.iter().find_map(|name| of.get(*name)?.as_f64());
            found.ok_or_else(|| rows.fault(format!("request {index}: `{}` is not there", names[0])))
        };
        Ok(MeasuredRequest {
            start_s: number(&["request_start_time", "start_time"])?,
            prompt_tokens: number(&["prompt_tokens"])? as u32,
            output_tokens: number(&["output_tokens"])? as u32,
            ttft_s: number(&["time_to_first_token_ms"])? / 1e3,
            e2e_s: number(&["request_latency"])?,
        })
    };
    let requests = answered.iter().enumerate().map(request).collect::<Result<_, _>>()?;
    Ok(MeasuredRequests { client: Client::GuideLlm, requests, failed: failed.iter().sum() })
}
