//! GuideLLM's report with one benchmark, version 2. Request latency is in seconds. As there, a
//! request weighs as much as it has tokens in `inter_token_latency_ms` and
//! `time_per_output_token_ms`. Of rates only the mean is known.

use serde_json::{Map, Value, json};
use tokendrome_metrics::RequestRecord;

use super::measured::{Measured, e2e_ms};
use super::values::Values;

/// Percentiles of each distribution, with their keys.
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

pub(super) fn view(of: &Measured<'_>) -> Value {
    let summary = &of.report.summary;
    let rates = &summary.throughput;
    let total_tokens = of.each(|one| Some(f64::from(one.prompt_tokens + one.output_tokens)));
    let latency_s = of.each(|record| Some(e2e_ms(record) / 1e3));
    let per_token = of.weighted(|record| {
        let tokens = record.output_tokens;
        (tokens > 0).then(|| (e2e_ms(record) / f64::from(tokens), u64::from(tokens)))
    });
    let gap = |record: &RequestRecord| {
        let gaps = u64::from(record.output_tokens.saturating_sub(1));
        Some((record.tpot_ns()? / 1e6, gaps))
    };
    let goodput = summary.slo.as_ref().map(|slo| rate(slo.goodput_per_s, slo.counts.met));
    let (requests, input) = (of.completed.len() as u64, of.input_tokens.sum() as u64);
    let output = of.output_tokens.sum() as u64;
    let metrics = json!({
        "request_totals": {
            "successful": requests,
            "incomplete": of.unfinished,
            "errored": of.rejected,
            "total": of.requests(),
        },
        "requests_per_second": rate(rates.requests_per_s, requests),
        "request_concurrency": by_status(&of.concurrency),
        "request_latency": by_status(&latency_s),
        "prompt_token_count": by_status(&of.input_tokens),
        "output_token_count": by_status(&of.output_tokens),
        "total_token_count": by_status(&total_tokens),
        "time_to_first_token_ms": by_status(&of.ttft_ms),
        // There are no tokens of reasoning: the first token is the first of the output.
        "time_to_first_output_token_ms": by_status(&of.ttft_ms),
        "time_per_output_token_ms": by_status(&per_token),
        "inter_token_latency_ms": by_status(&of.weighted(gap)),
        "prompt_tokens_per_second": rate(rates.input_tokens_per_s, input),
        "output_tokens_per_second": rate(rates.output_tokens_per_s, output),
        "tokens_per_second": rate(rates.total_tokens_per_s, input + output),
        "turns": [],
        "slo_attainment": summary.slo.as_ref().map(|slo| slo.attainment),
        "request_goodput": goodput,
    });
    json!({
        "metadata": { "version": 2, "guidellm_version": null },
        "config": { "model": of.model() },
        "benchmarks": [{
            "start_time": null,
            "end_time": null,
            "duration": of.span_s(),
            "metrics": metrics,
        }],
        "conclusions": [],
    })
}

/// Requests that did not complete have no figures.
fn by_status(values: &Values) -> Value {
    let none = distribution(&Values::default());
    let all = distribution(values);
    json!({ "successful": all, "incomplete": none, "errored": none, "total": all })
}

fn distribution(values: &Values) -> Value {
    let percentiles: Map<String, Value> = PERCENTS
        .iter()
        .map(|&(key, percent)| (key.to_owned(), json!(values.percentile(percent))))
        .collect();
    json!({
        "mean": values.mean(),
        "median": values.percentile(50.0),
        "mode": values.mode(),
        "variance": values.variance(),
        "std_dev": values.std(),
        "min": values.min(),
        "max": values.max(),
        "count": values.count(),
        "total_sum": values.sum(),
        "percentiles": percentiles,
        "pdf": null,
        "mean_ci": null,
    })
}

/// A rate of which the mean is known, and what was counted.
fn rate(mean: f64, total: u64) -> Value {
    let mut all = Map::new();
    all.insert("mean".to_owned(), json!(mean));
    for key in ["median", "mode", "variance", "std_dev", "min", "max"] {
        all.insert(key.to_owned(), Value::Null);
    }
    all.insert("count".to_owned(), json!(total));
    all.insert("total_sum".to_owned(), json!(total));
    for key in ["percentiles", "pdf", "mean_ci"] {
        all.insert(key.to_owned(), Value::Null);
    }
    let none = distribution(&Values::default());
    json!({ "successful": all, "incomplete": none, "errored": none, "total": all })
}
