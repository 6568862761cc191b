//! AIPerf's files: the summary `profile_export_aiperf.json`, whose shape is that of GenAI-Perf,
//! and the records `profile_export.jsonl` with a line for each request.
//!
//! Its `inter_token_latency` is our TPOT, its `inter_chunk_latency` the gaps between what came.

use super::node::Node;
use super::serve::in_order;
use super::{MeasuredRequest, Results, ResultsFormat, ResultsSummary, Statistics};
use crate::DatasetError;

pub(super) fn read(root: &Node<'_>) -> Result<Results, DatasetError> {
    let one = |tag: &str, unit: Unit| -> Result<Option<f64>, DatasetError> {
        let Some(metric) = root.object(tag)? else { return Ok(None) };
        let scale = unit.scale(&metric)?;
        Ok(metric.number("avg")?.map(|value| value * scale))
    };
    let count = |tag: &str| -> Result<Option<u64>, DatasetError> {
        let Some(metric) = root.object(tag)? else { return Ok(None) };
        metric.count("avg")
    };
    let sum = |total: &str, each: &str| -> Result<Option<u64>, DatasetError> {
        let total = count(total)?;
        match (total, root.object(each)?) {
            (None, Some(metric)) => metric.count("sum"),
            (total, _) => Ok(total),
        }
    };
    let summary = ResultsSummary {
        ttft_ms: distribution(root, "time_to_first_token")?,
        tpot_ms: distribution(root, "inter_token_latency")?,
        itl_ms: distribution(root, "inter_chunk_latency")?,
        e2e_ms: distribution(root, "request_latency")?,
        e2e_per_token_ms: None,
        requests_per_s: one("request_throughput", Unit::PerSecond)?,
        output_tokens_per_s: one("output_token_throughput", Unit::PerSecond)?,
        total_tokens_per_s: one("total_token_throughput", Unit::PerSecond)?,
        goodput_per_s: one("goodput", Unit::PerSecond)?,
        completed: count("request_count")?,
        failed: count("error_request_count")?,
        duration_s: one("benchmark_duration", Unit::Seconds)?,
        input_tokens: sum("total_isl", "input_sequence_length")?,
        output_tokens: sum("total_osl", "output_sequence_length")?,
    };
    let mut notices = Vec::new();
    if root.value.get("was_cancelled").and_then(serde_json::Value::as_bool) == Some(true) {
        notices.push("the run was cancelled: its figures cover what had come by then".to_owned());
    }
    Ok(Results { format: ResultsFormat::Aiperf, requests: Vec::new(), summary, notices })
}

/// What the value of a metric is to be.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Milliseconds,
    Seconds,
    PerSecond,
}

impl Unit {
    /// What turns the metric's own unit into this one.
    fn scale(self, metric: &Node<'_>) -> Result<f64, DatasetError> {
        let unit = metric.need("unit")?;
        let text = unit.value.as_str().ok_or_else(|| unit.unexpected("a text"))?;
        let nanos = match text {
            "ns" | "nanoseconds" => 1.0,
            "us" | "microseconds" => 1e3,
            "ms" | "milliseconds" => 1e6,
            "s" | "sec" | "seconds" => 1e9,
            _ => 0.0,
        };
        let is_rate = text.ends_with("/sec") || text.ends_with("/s") || text.contains("/sec/");
        match self {
            Self::Milliseconds if nanos > 0.0 => Ok(nanos / 1e6),
            Self::Seconds if nanos > 0.0 => Ok(nanos / 1e9),
            Self::PerSecond if is_rate => Ok(1.0),
            Self::PerSecond => Err(unit.unexpected("a unit per second, such as \"tokens/sec\"")),
            _ => Err(unit.unexpected("a unit of time, such as \"ms\"")),
        }
    }
}

fn distribution(root: &Node<'_>, tag: &str) -> Result<Option<Statistics>, DatasetError> {
    let Some(metric) = root.object(tag)? else { return Ok(None) };
    let scale = Unit::Milliseconds.scale(&metric)?;
    let scaled = |key: &str| Ok(metric.number(key)?.map(|value| value * scale));
    let mut found =
        Statistics { mean: scaled("avg")?, std: scaled("std")?, percentiles: Vec::new() };
    for percent in [1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0] {
        let value: Option<f64> = scaled(&format!("p{percent}"))?;
        found.percentiles.extend(value.map(|value| (percent, value)));
    }
    in_order(&metric, tag, &mut found.percentiles)?;
    Ok((!found.is_empty()).then_some(found))
}

/// Records, a line for each request.
pub(super) fn read_records(lines: &[Node<'_>]) -> Result<Results, DatasetError> {
    let mut requests = Vec::with_capacity(lines.len());
    let mut starts = Vec::with_capacity(lines.len());
    for line in lines {
        let metadata = line.need("metadata")?;
        // Requests of the warm-up are in the file too.
        if metadata.text("benchmark_phase")?.is_some_and(|phase| phase != "profiling") {
            continue;
        }
        starts.push(metadata.count("request_start_ns")?);
        requests.push(record(line)?);
    }
    if requests.is_empty() {
        let what = "no line is of the phase \"profiling\": all requests are of the warm-up";
        return Err(lines[0].fault(what));
    }
    if let Some(first) = starts.iter().flatten().min() {
        for (request, start) in requests.iter_mut().zip(&starts) {
            request.start_s = start.map(|start| (start - first) as f64 / 1e9);
        }
    }
    let summary = ResultsSummary::of_requests(&requests);
    let format = ResultsFormat::AiperfRecords;
    Ok(Results { format, requests, summary, notices: Vec::new() })
}

fn record(line: &Node<'_>) -> Result<MeasuredRequest, DatasetError> {
    let metadata = line.need("metadata")?;
    let metrics = line.need("metrics")?;
    let cancelled = metadata.get("was_cancelled").is_some_and(|of| of.value == true);
    let failed = cancelled || line.has("error");
    let time = |tag: &str| -> Result<Option<f64>, DatasetError> {
        let Some(metric) = metrics.object(tag)? else { return Ok(None) };
        let scale = Unit::Seconds.scale(&metric)?;
        Ok(Some(metric.need("value")?.as_number()? * scale))
    };
    let count = |tag: &str| -> Result<Option<u64>, DatasetError> {
        let Some(metric) = metrics.object(tag)? else { return Ok(None) };
        Ok(Some(metric.need("value")?.as_count()?))
    };
    let itls_s = match metrics.object("inter_chunk_latency")? {
        Some(metric) => {
            let scale = Unit::Seconds.scale(&metric)?;
            let gaps = metric.need("value")?.as_list()?;
            let gaps = gaps.iter().map(|gap| Ok(gap.as_number()? * scale));
            gaps.collect::<Result<Vec<f64>, DatasetError>>()?
        }
        None => Vec::new(),
    };
    let request = MeasuredRequest {
        start_s: None,
        prompt_tokens: count("input_sequence_length")?,
        output_tokens: count("output_sequence_length")?,
        ttft_s: time("time_to_first_token")?,
        e2e_s: time("request_latency")?,
        itls_s,
        failed,
    };
    if !failed && request.e2e_s.is_none() {
        return Err(metrics.fault("a request that did not fail has no `request_latency`"));
    }
    if let Some((ttft, e2e)) = request.ttft_s.zip(request.e2e_s).filter(|(ttft, e2e)| ttft > e2e) {
        let what = format!("the first token comes after {ttft} s, and the last after {e2e} s");
        return Err(metrics.fault(&what));
    }
    Ok(request)
}
