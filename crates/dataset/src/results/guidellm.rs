//! GuideLLM's report as JSON, with one benchmark or several.
//!
//! Its request latency is in seconds. Its `inter_token_latency_ms` of a request is our TPOT, and
//! its `time_per_output_token_ms` is `E2E / output tokens`; but in its statistics of these two each
//! request weighs as much as it has tokens. Where the file lists the requests, our statistics of
//! the two are worked out from them.

use super::detect::only_run;
use super::node::Node;
use super::serve::in_order;
use super::{MeasuredRequest, Results, ResultsFormat, ResultsSummary, Statistics};
use crate::DatasetError;

/// Percentiles of its distributions.
const PERCENTS: [(&str, f64); 11] = [
    ("p001", 0.1),
    ("p01", 1.0),
    ("p05", 5.0),
    ("p10", 10.0),
    ("p25", 25.0),
    ("p50", 50.0),
    ("p75", 75.0),
    ("p90", 90.0),
    ("p95", 95.0),
    ("p99", 99.0),
    ("p999", 99.9),
];

const WEIGHTED: &str = "GuideLLM weighs each request by its tokens in its statistics of TPOT and \
                        E2E per token: they differ from those of others where outputs differ in \
                        length";

pub(super) fn read(
    name: &str,
    root: &Node<'_>,
    run: Option<usize>,
) -> Result<Results, DatasetError> {
    let list = root.need("benchmarks")?;
    let benchmarks = list.as_list()?;
    if benchmarks.is_empty() {
        return Err(list.fault("the report has no benchmark"));
    }
    let index = only_run(name, run, benchmarks.len())?;
    let benchmark = &benchmarks[index];
    let metrics = benchmark.need("metrics")?;
    let requests = requests(benchmark)?;
    let totals = metrics.object("request_totals")?;
    let total = |key: &str| totals.as_ref().map_or(Ok(None), |totals| totals.count(key));
    let failed = match (total("errored")?, total("incomplete")?) {
        (None, None) => None,
        (errored, incomplete) => Some(errored.unwrap_or(0) + incomplete.unwrap_or(0)),
    };
    let mut summary = ResultsSummary {
        ttft_ms: distribution(&metrics, "time_to_first_token_ms", 1.0)?,
        tpot_ms: distribution(&metrics, "inter_token_latency_ms", 1.0)?,
        itl_ms: None,
        e2e_ms: distribution(&metrics, "request_latency", 1e3)?,
        e2e_per_token_ms: distribution(&metrics, "time_per_output_token_ms", 1.0)?,
        requests_per_s: mean(&metrics, "requests_per_second")?,
        output_tokens_per_s: mean(&metrics, "output_tokens_per_second")?,
        total_tokens_per_s: mean(&metrics, "tokens_per_second")?,
        goodput_per_s: mean(&metrics, "request_goodput")?,
        completed: total("successful")?,
        failed,
        duration_s: benchmark.number("duration")?,
        input_tokens: sum(&metrics, "prompt_token_count")?,
        output_tokens: sum(&metrics, "output_token_count")?,
    };
    let mut notices = Vec::new();
    if requests.is_empty() {
        notices.push(WEIGHTED.to_owned());
    } else {
        // A report may hold a sample of its requests: the counts are those of the metrics.
        let listed = ResultsSummary::of_requests(&requests);
        (summary.tpot_ms, summary.e2e_per_token_ms) = (listed.tpot_ms, listed.e2e_per_token_ms);
    }
    Ok(Results { format: ResultsFormat::Guidellm, requests, summary, notices })
}

/// What is said of the requests that succeeded.
fn successful<'a>(metrics: &Node<'a>, key: &str) -> Result<Option<Node<'a>>, DatasetError> {
    let Some(metric) = metrics.object(key)? else { return Ok(None) };
    metric.object("successful")
}

fn distribution(
    metrics: &Node<'_>,
    key: &str,
    scale: f64,
) -> Result<Option<Statistics>, DatasetError> {
    let Some(of) = successful(metrics, key)? else { return Ok(None) };
    // Where there is nothing, all is 0.
    if of.count("count")? == Some(0) {
        return Ok(None);
    }
    let mut found = Statistics {
        mean: of.number("mean")?.map(|value| value * scale),
        std: of.number("std_dev")?.map(|value| value * scale),
        percentiles: Vec::new(),
    };
    if let Some(percentiles) = of.object("percentiles")? {
        for (name, percent) in PERCENTS {
            let value = percentiles.number(name)?;
            found.percentiles.extend(value.map(|value| (percent, value * scale)));
        }
    } else if let Some(median) = of.number("median")? {
        found.percentiles.push((50.0, median * scale));
    }
    in_order(&of, key, &mut found.percentiles)?;
    Ok((!found.is_empty()).then_some(found))
}

fn mean(metrics: &Node<'_>, key: &str) -> Result<Option<f64>, DatasetError> {
    successful(metrics, key)?.map_or(Ok(None), |of| of.number("mean"))
}

fn sum(metrics: &Node<'_>, key: &str) -> Result<Option<u64>, DatasetError> {
    successful(metrics, key)?.map_or(Ok(None), |of| of.count("total_sum"))
}

/// The requests of a benchmark: those that succeeded, then those that did not.
fn requests(benchmark: &Node<'_>) -> Result<Vec<MeasuredRequest>, DatasetError> {
    let Some(lists) = benchmark.object("requests")? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    let mut starts = Vec::new();
    for (status, failed) in [("successful", false), ("errored", true), ("incomplete", true)] {
        for row in lists.list(status)?.unwrap_or_default() {
            let start = row.get("request_start_time").map(|node| node.as_time()).transpose()?;
            let ms = |key: &str| Ok(row.number(key)?.map(|ms: f64| ms / 1e3));
            let request = MeasuredRequest {
                start_s: None,
                prompt_tokens: row.count("prompt_tokens")?,
                output_tokens: row.count("output_tokens")?,
                ttft_s: ms("time_to_first_token_ms")?,
                e2e_s: row.number("request_latency")?,
                itls_s: Vec::new(),
                failed,
            };
            if !failed && request.e2e_s.is_none() {
                row.need("request_latency")?;
            }
            starts.push(start);
            all.push(request);
        }
    }
    let first = starts.iter().flatten().copied().reduce(f64::min).unwrap_or(0.0);
    for (request, start) in all.iter_mut().zip(starts) {
        request.start_s = start.map(|start| start - first);
    }
    Ok(all)
}
