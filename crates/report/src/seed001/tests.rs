use serde_json::Value;
use tokendrome::Report;

use crate::fixtures;

fn view(report: &Report) -> Value {
    let mut bytes = Vec::new();
    super::write(report, &mut bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn figures_are_those_of_the_report_in_seconds() {
    let report = fixtures::full();
    let view = view(&report);
    let summary = &report.summary;
    assert_eq!(view["total_requests"], summary.requests.total);
    assert_eq!(view["completed_requests"], summary.requests.completed);
    assert_eq!(view["rejected_requests"], summary.requests.rejected);
    assert_eq!(view["simulation_time"], summary.duration_s);
    assert_eq!(view["throughput"]["requests_per_sec"], summary.throughput.requests_per_s);
    assert_eq!(view["throughput"]["tokens_per_sec"], summary.throughput.output_tokens_per_s);
    assert_eq!(view["xpu_utilization"], summary.utilisation.busy);
    let close = |found: &serde_json::Value, ms: f64| {
        assert!((found.as_f64().unwrap() * 1e3 / ms - 1.0).abs() < 1e-12, "{found} {ms}");
    };
    let ttft = summary.latency.ttft_ms.as_ref().unwrap();
    close(&view["first_token_latency"]["mean"], ttft.mean);
    close(&view["first_token_latency"]["p99"], ttft.p99);
    let e2e = summary.latency.e2e_ms.as_ref().unwrap();
    close(&view["end_to_end_latency"]["p95"], e2e.p95);
}

#[test]
fn memory_is_weights_and_the_peak_of_the_cache() {
    let report = fixtures::full();
    let memory = &view(&report)["memory"];
    let model = report.scenario.model.as_ref().unwrap();
    let of = &report.summary.utilisation;
    let gib = f64::from(1 << 30);
    let tp = report.scenario.parallelism.tensor_parallel_size;
    let weights = model.weight_bytes_per_rank(report.scenario.parallelism.placement()) as f64 / gib;
    let tokens = of.kv_blocks_per_replica as f64 * 16.0;
    let all = tokens * model.kv_bytes_per_token(tp) as f64 / gib;
    let near = |key: &str, expect: f64| {
        let found = memory[key].as_f64().unwrap();
        assert!((found - expect).abs() < 1e-9 * expect, "{key}: {found} and not {expect}");
    };
    near("weights_gb", weights);
    near("peak_kv_cache_gb", of.kv_peak * all);
    near("peak_memory_gb", weights + of.kv_peak * all);
    near("p50_memory_gb", weights + of.kv_p50 * all);
    near("p95_memory_gb", weights + of.kv_p95 * all);
    near("p99_memory_gb", weights + of.kv_p99 * all);
}

#[test]
fn what_is_not_known_is_null() {
    let mut report = fixtures::full();
    report.scenario.model = None;
    report.summary.latency.ttft_ms = None;
    let view = view(&report);
    assert_eq!(view["memory"]["peak_memory_gb"], Value::Null);
    assert_eq!(view["first_token_latency"], Value::Null);
}
