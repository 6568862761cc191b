//! The result of `vllm bench serve`, with `--percentile-metrics ttft,tpot,itl,e2el` and
//! `--metric-percentiles 90,95,99`.

use serde_json::{Map, Value, json};

use super::measured::{Measured, Offered};
use super::values::Values;

/// Who answers: `endpoint_type` and `backend` of the client.
const BACKEND: &str = "tokendrome";

/// Percentiles that are told.
const PERCENTS: [u32; 3] = [90, 95, 99];

pub(super) fn view(of: &Measured<'_>) -> Value {
    let (rate, burstiness, users) = match of.offered() {
        Offered::Rate(rate, burstiness) => (json!(rate), json!(burstiness), None),
        Offered::AtOnce(users) => (json!("inf"), json!(1.0), users),
        Offered::Ramp(_, to) => (json!(to), json!(1.0), None),
        Offered::Recorded => (Value::Null, Value::Null, None),
    };
    let summary = &of.report.summary;
    let mut keys = Map::new();
    let mut put = |key: &str, value: Value| {
        keys.insert(key.to_owned(), value);
    };
    put("date", Value::Null);
    put("endpoint_type", json!(BACKEND));
    put("backend", json!(BACKEND));
    put("label", Value::Null);
    put("model_id", json!(of.model()));
    put("tokenizer_id", json!(of.model()));
    put("num_prompts", json!(of.requests()));
    put("request_rate", rate);
    put("burstiness", burstiness);
    put("max_concurrency", json!(users));
    if let Offered::Ramp(from, to) = of.offered() {
        put("ramp_up_strategy", json!("linear"));
        put("ramp_up_start_rps", json!(from));
        put("ramp_up_end_rps", json!(to));
    }
    put("duration", json!(of.span_s()));
    put("completed", json!(of.completed.len()));
    put("failed", json!(of.failed()));
    put("total_input_tokens", json!(of.input_tokens.sum() as u64));
    put("total_output_tokens", json!(of.output_tokens.sum() as u64));
    put("request_throughput", json!(summary.throughput.requests_per_s));
    put("request_goodput", json!(summary.slo.as_ref().map(|slo| slo.goodput_per_s)));
    put("output_throughput", json!(summary.throughput.output_tokens_per_s));
    put("total_token_throughput", json!(summary.throughput.total_tokens_per_s));
    // It takes the time of every single token.
    put("max_output_tokens_per_s", Value::Null);
    put("max_concurrent_requests", json!(of.concurrency.max() as u64));
    put("rtfx", json!(0.0));
    for (name, values) in [("ttft", &of.ttft_ms), ("tpot", &of.tpot_ms)] {
        metric(name, values, &mut put);
    }
    let itl = of.itl_ms();
    let of_itl = |value: Option<f64>| json!(value.unwrap_or(0.0));
    put("mean_itl_ms", of_itl(itl.map(|itl| itl.mean)));
    put("median_itl_ms", of_itl(itl.map(|itl| itl.p50)));
    put("std_itl_ms", of_itl(itl.map(|itl| itl.std)));
    for percent in PERCENTS {
        put(&format!("p{percent}_itl_ms"), of_itl(of.itl_percentile(f64::from(percent))));
    }
    metric("e2el", &of.e2e_ms, &mut put);
    Value::Object(keys)
}

fn metric(name: &str, values: &Values, put: &mut impl FnMut(&str, Value)) {
    put(&format!("mean_{name}_ms"), json!(values.mean()));
    put(&format!("median_{name}_ms"), json!(values.percentile(50.0)));
    put(&format!("std_{name}_ms"), json!(values.std()));
    for percent in PERCENTS {
        put(&format!("p{percent}_{name}_ms"), json!(values.percentile(f64::from(percent))));
    }
}
