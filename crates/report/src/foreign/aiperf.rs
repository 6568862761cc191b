//! AIPerf's summary, `profile_export_aiperf.json`, schema version 1.4. What a metric has no value
//! for is left out, as AIPerf does.

use serde_json::{Map, Value, json};
use tokendrome_metrics::RequestRecord;

use super::measured::{Measured, e2e_ms};
use super::values::Values;

const SCHEMA_VERSION: &str = "1.4";

/// Percentiles of each distribution.
const PERCENTS: [u32; 9] = [1, 5, 10, 25, 50, 75, 90, 95, 99];

/// Most requests of one kind of refusal, told by its first.
fn errors(of: &Measured<'_>) -> Value {
    let refused = of.report.summary.requests.rejections.iter().map(|of| {
        let details = json!({ "code": null, "type": of.kind, "message": of.example });
        json!({ "error_details": details, "count": of.count })
    });
    let cut = (of.unfinished > 0).then(|| {
        let message = "the run ended before the request did";
        let details = json!({ "code": null, "type": "unfinished", "message": message });
        json!({ "error_details": details, "count": of.unfinished })
    });
    refused.chain(cut).collect()
}

pub(super) fn view(of: &Measured<'_>) -> Value {
    let (report, summary) = (of.report, &of.report.summary);
    let mut keys = Map::new();
    let mut put = |key: &str, value: Value| {
        keys.insert(key.to_owned(), value);
    };
    put("schema_version", json!(SCHEMA_VERSION));
    put("aiperf_version", Value::Null);
    put("benchmark_id", json!(report.digest));
    put("input_config", json!({ "endpoint": { "model_names": [of.model()] } }));
    put("run_info", Value::Null);
    put("was_cancelled", json!(!report.is_complete));
    put("is_complete", json!(report.is_complete));
    put("incomplete_reason", Value::Null);
    put("error_summary", errors(of));
    put("start_time", Value::Null);
    put("end_time", Value::Null);
    put("telemetry_data", Value::Null);

    let rates = &summary.throughput;
    put("request_throughput", one("requests/sec", rates.requests_per_s));
    put("request_count", one("requests", of.completed.len() as f64));
    put("error_request_count", one("requests", of.failed() as f64));
    put("benchmark_duration", one("sec", of.span_s()));
    put("output_token_throughput", one("tokens/sec", rates.output_tokens_per_s));
    put("input_token_throughput", one("tokens/sec", rates.input_tokens_per_s));
    put("total_token_throughput", one("tokens/sec", rates.total_tokens_per_s));
    put("total_isl", one("tokens", of.input_tokens.sum()));
    put("total_osl", one("tokens", of.output_tokens.sum()));
    if let Some(slo) = &summary.slo {
        put("goodput", one("requests/sec", slo.goodput_per_s));
        put("good_request_count", one("requests", slo.counts.met as f64));
    }
    let ttft_s = |record: &RequestRecord| Some(record.ttft()?.as_secs_f64()).filter(|s| *s > 0.0);
    let per_user = of.each(|record| record.tpot_ns().filter(|ns| *ns > 0.0).map(|ns| 1e9 / ns));
    let e2e_rate = of.each(|record| {
        let ms = e2e_ms(record);
        (ms > 0.0).then(|| f64::from(record.output_tokens) / (ms / 1e3))
    });
    let prefill = of.each(|record| Some(f64::from(record.prompt_tokens) / ttft_s(record)?));
    for (tag, unit, values) in [
        ("request_latency", "ms", &of.e2e_ms),
        ("time_to_first_token", "ms", &of.ttft_ms),
        ("inter_token_latency", "ms", &of.tpot_ms),
        ("output_token_throughput_per_user", "tokens/sec/user", &per_user),
        ("e2e_output_token_throughput", "tokens/sec/user", &e2e_rate),
        ("prefill_throughput_per_user", "tokens/sec/user", &prefill),
        ("output_sequence_length", "tokens", &of.output_tokens),
        ("output_token_count", "tokens", &of.output_tokens),
        ("input_sequence_length", "tokens", &of.input_tokens),
    ] {
        if !values.is_empty() {
            put(tag, distribution(unit, values));
        }
    }
    if let Some(gaps) = gaps(of) {
        put("inter_chunk_latency", gaps);
    }
    Value::Object(keys)
}

/// A metric of a single value.
fn one(unit: &str, value: f64) -> Value {
    json!({ "unit": unit, "avg": value })
}

fn distribution(unit: &str, values: &Values) -> Value {
    let percentile = |percent| Some(values.percentile(f64::from(percent)));
    let ends = [values.mean(), values.min(), values.max(), values.std()];
    metric(unit, ends, values.count(), values.sum(), percentile)
}

/// Gaps between tokens, of which the report keeps the distribution and not each.
fn gaps(of: &Measured<'_>) -> Option<Value> {
    let itl = of.itl_ms()?;
    let ends = [itl.mean, itl.min, itl.max, itl.std];
    let sum = itl.mean * itl.count as f64;
    Some(metric("ms", ends, itl.count, sum, |percent| of.itl_percentile(f64::from(percent))))
}

fn metric(
    unit: &str,
    [mean, min, max, std]: [f64; 4],
    count: u64,
    sum: f64,
    percentile: impl Fn(u32) -> Option<f64>,
) -> Value {
    let mut keys = Map::new();
    keys.insert("unit".to_owned(), json!(unit));
    keys.insert("avg".to_owned(), json!(mean));
    for percent in PERCENTS {
        keys.insert(format!("p{percent}"), json!(percentile(percent)));
    }
    for (key, value) in [("min", min), ("max", max), ("std", std)] {
        keys.insert(key.to_owned(), json!(value));
    }
    keys.insert("count".to_owned(), json!(count));
    keys.insert("sum".to_owned(), json!(sum));
    Value::Object(keys)
}
