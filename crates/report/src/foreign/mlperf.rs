//! The detail log of MLPerf's LoadGen with the results of LLMs: a line for each key, times in
//! nanoseconds. The scenario is Offline where all requests come at once, and Server otherwise.
//!
//! `result_validity` says whether all requests completed and, of Server, whether the 99th
//! percentiles of TTFT and TPOT keep the objectives; LoadGen's least duration and number of queries
//! are not checked.

use std::io::{self, Write};

use serde_json::{Value, json};
use tokendrome::Scenario;
use tokendrome::workload::ArrivalsSpec;

use super::measured::Measured;
use super::values::Values;

/// How each line begins.
const PREFIX: &str = ":::MLLOG";

/// Percentiles as the keys write them.
const PERCENTS: [(&str, f64); 6] = [
    ("50.00", 50.0),
    ("90.00", 90.0),
    ("95.00", 95.0),
    ("97.00", 97.0),
    ("99.00", 99.0),
    ("99.90", 99.9),
];

/// Whether all requests come at once.
pub(super) fn is_offline(scenario: &Scenario) -> bool {
    matches!(scenario.workload.arrivals, Some(ArrivalsSpec::Batched { interval_s: 0.0, .. }))
}

pub(super) fn write(of: &Measured<'_>, out: &mut impl Write) -> io::Result<()> {
    let time_ms = of.report.summary.duration_s * 1e3;
    for (key, value) in keys(of) {
        let line = json!({
            "key": key,
            "value": value,
            "time_ms": time_ms,
            "namespace": "mlperf::logging",
            "event_type": "POINT_IN_TIME",
            "metadata": { "is_error": false, "is_warning": false },
        });
        writeln!(out, "{PREFIX} {line}")?;
    }
    Ok(())
}

fn keys(of: &Measured<'_>) -> Vec<(String, Value)> {
    let offline = is_offline(of.scenario());
    let limits = of.scenario().slo.common();
    let rates = &of.report.summary.throughput;
    let mut keys = Vec::new();
    let mut put = |key: &str, value: Value| keys.push((key.to_owned(), value));
    put("requested_scenario", json!(if offline { "Offline" } else { "Server" }));
    put("effective_scenario", json!(if offline { "Offline" } else { "Server" }));
    put("requested_use_token_latencies", json!(true));
    if !offline {
        let limit = |ms: Option<f64>| json!(ms.map(|ms| (ms * 1e6).round() as u64));
        put("requested_server_ttft_latency", limit(limits.ttft_ms));
        put("requested_server_tpot_latency", limit(limits.tpot_ms));
    }
    put("result_validity", json!(if is_valid(of, offline) { "VALID" } else { "INVALID" }));
    put("result_query_count", json!(of.completed.len()));
    if offline {
        put("result_samples_per_second", json!(rates.requests_per_s));
        put("result_tokens_per_second", json!(rates.output_tokens_per_s));
    } else {
        put("result_completed_samples_per_sec", json!(rates.requests_per_s));
        put("result_completed_tokens_per_second", json!(rates.output_tokens_per_s));
    }
    for (values, names) in [
        (&of.e2e_ms, ["result_{}_latency_ns", "result_{}_percentile_latency_ns"]),
        (
            &of.ttft_ms,
            ["result_first_token_{}_latency_ns", "result_first_token_{}_percentile_latency_ns"],
        ),
        (
            &of.tpot_ms,
            ["result_time_to_output_token_{}", "result_time_per_output_token_{}_percentile_ns"],
        ),
    ] {
        metric(values, names, &mut put);
    }
    keys
}

fn metric(values: &Values, [end, percentile]: [&str; 2], put: &mut impl FnMut(&str, Value)) {
    let nanos = |ms: f64| json!((ms * 1e6).round() as u64);
    let ends = [("min", values.min()), ("max", values.max()), ("mean", values.mean())];
    for (name, ms) in ends {
        put(&end.replace("{}", name), nanos(ms));
    }
    for (name, percent) in PERCENTS {
        put(&percentile.replace("{}", name), nanos(values.percentile(percent)));
    }
}

fn is_valid(of: &Measured<'_>, offline: bool) -> bool {
    let limits = of.scenario().slo.common();
    let keeps = |limit: Option<f64>, values: &Values| {
        limit.is_none_or(|limit| values.percentile(99.0) <= limit)
    };
    let all_completed = of.report.is_complete && of.failed() == 0 && !of.completed.is_empty();
    let keeps_limits = keeps(limits.ttft_ms, &of.ttft_ms) && keeps(limits.tpot_ms, &of.tpot_ms);
    all_completed && (offline || keeps_limits)
}
