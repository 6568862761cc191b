use std::collections::BTreeSet;
use std::io::Write as _;

use serde_json::Value;
use tokendrome::catalog::Catalog;
use tokendrome::metrics::{Distribution, SloSpec};
use tokendrome::steptime::StepTimeSpec;
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{DelaysSpec, Output, SchedulerSpec, WorkloadSpec, simulate};
use tokendrome_dataset::{Results, ResultsFormat, Statistics, read_results};

use super::*;
use crate::requests::Collector;

const ALL: [(Layout, ResultsFormat); 5] = [
    (Layout::VllmBench, ResultsFormat::VllmBench),
    (Layout::Aiperf, ResultsFormat::Aiperf),
    (Layout::Guidellm, ResultsFormat::Guidellm),
    (Layout::TrtllmBench, ResultsFormat::TrtllmBench),
    (Layout::Mlperf, ResultsFormat::Mlperf),
];

/// 300 requests of varying lengths on one accelerator, with objectives.
fn scenario() -> Scenario {
    let workload = WorkloadSpec {
        requests: Some(300),
        arrivals: Some(ArrivalsSpec::Gamma { rate_per_s: 12.0, burstiness: 0.5 }),
        input_tokens: Some(LengthsSpec::Uniform { min: 50, max: 1_500 }),
        output_tokens: Some(LengthsSpec::Uniform { min: 1, max: 150 }),
        ..WorkloadSpec::default()
    };
    let slo = SloSpec { ttft_ms: Some(2_000.0), tpot_ms: Some(100.0), ..SloSpec::default() };
    let plain =
        Scenario::without_machine(SchedulerSpec::default(), StepTimeSpec::default(), workload);
    Scenario {
        model: Some(Catalog::model("llama-3.1-8b").unwrap()),
        hardware: Some(Catalog::accelerator("h100-sxm").unwrap()),
        slo,
        ..plain
    }
}

struct Played {
    output: Output,
    collector: Collector,
}

impl Played {
    fn of(scenario: &Scenario) -> Self {
        let mut collector = Collector::default();
        let output = simulate(scenario, None, &mut [&mut collector]).unwrap();
        Self { output, collector }
    }

    fn written(&self, layout: Layout) -> Vec<u8> {
        let Output { report, curves } = &self.output;
        let mut bytes = Vec::new();
        write(layout, &Run { report, curves, records: &self.collector.records }, &mut bytes)
            .unwrap();
        bytes
    }

    fn json(&self, layout: Layout) -> Value {
        serde_json::from_slice(&self.written(layout)).unwrap()
    }

    fn read_back(&self, layout: Layout) -> Results {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&self.written(layout)).unwrap();
        read_results(file.path(), None).unwrap()
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn has_exactly(value: &Value, names: &str) {
    let expect: BTreeSet<&str> = names.split([',', ' ', '\n']).filter(|n| !n.is_empty()).collect();
    assert_eq!(keys(value), expect);
}

#[track_caller]
fn near(what: &str, found: Option<f64>, expect: f64, tolerance: f64) {
    let found = found.unwrap_or_else(|| panic!("{what} is not known"));
    let bound = tolerance * expect.abs().max(1e-9);
    assert!((found - expect).abs() <= bound, "{what}: {found}, not {expect}");
}

/// The report keeps whole nanoseconds of TPOT.
const ROUNDED: f64 = 1e-6;

#[track_caller]
fn alike(what: &str, found: Option<&Statistics>, expect: Option<&Distribution>) {
    let (found, expect) = (found.unwrap_or_else(|| panic!("no {what}")), expect.unwrap());
    for (percent, value) in [(50.0, expect.p50), (99.0, expect.p99)] {
        // A log has not all percentiles of all.
        near(&format!("{what} p{percent}"), found.percentile(percent), value, ROUNDED);
    }
    near(&format!("{what} mean"), found.mean, expect.mean, ROUNDED);
    if found.std.is_some() {
        near(&format!("{what} std"), found.std, expect.std, 1e-5);
    }
}

/// What is written reads back as the figures of the report.
#[track_caller]
fn check_read_back(played: &Played) {
    let summary = &played.output.report.summary;
    for (layout, format) in ALL {
        let results = played.read_back(layout);
        assert_eq!(results.format, format);
        let of = &results.summary;
        alike("TTFT", of.ttft_ms.as_ref(), summary.latency.ttft_ms.as_ref());
        alike("E2E", of.e2e_ms.as_ref(), summary.latency.e2e_ms.as_ref());
        match layout {
            // Weighed by tokens, the mean is that of all gaps.
            Layout::Guidellm => near(
                "TPOT",
                of.tpot_ms.as_ref().and_then(|tpot| tpot.mean),
                summary.itl_ms.as_ref().unwrap().mean,
                ROUNDED,
            ),
            _ => alike("TPOT", of.tpot_ms.as_ref(), summary.latency.tpot_ms.as_ref()),
        }
        if matches!(layout, Layout::VllmBench | Layout::Aiperf) {
            alike("ITL", of.itl_ms.as_ref(), summary.itl_ms.as_ref());
            near("goodput", of.goodput_per_s, summary.slo.as_ref().unwrap().goodput_per_s, 1e-12);
        }
        assert_eq!(of.completed, summary.latency.e2e_ms.as_ref().map(|e2e| e2e.count));
        near("requests", of.requests_per_s, summary.throughput.requests_per_s, 1e-12);
        let output = summary.throughput.output_tokens_per_s;
        near("output tokens", of.output_tokens_per_s, output, 1e-12);
        if layout != Layout::Mlperf {
            near("duration", of.duration_s, summary.measured_s, 1e-12);
            let input = summary.input_tokens.as_ref().unwrap();
            let tokens = of.input_tokens.map(|tokens| tokens as f64);
            near("input tokens", tokens, input.mean * input.count as f64, 1e-9);
        }
    }
}

#[test]
fn figures_read_back_as_those_of_the_report() {
    check_read_back(&Played::of(&scenario()));
}

/// The same requests are measured as in the report, where some are left out, and where they are on
/// their way for a while.
#[test]
fn the_measured_requests_are_those_of_the_report() {
    for (warm_up_s, cool_down_s, request_ms) in
        [(5.0, 0.0, 0.0), (4.0, 6.0, 0.0), (4.0, 6.0, 700.0)]
    {
        let mut scenario = scenario();
        scenario.simulation.warm_up_s = warm_up_s;
        scenario.simulation.cool_down_s = cool_down_s;
        scenario.cluster.delays = DelaysSpec { request_ms, ..DelaysSpec::default() };
        let played = Played::of(&scenario);
        let (report, records) = (&played.output.report, &played.collector.records);
        let measured = Measured::of(&Run { report, curves: &played.output.curves, records });
        assert_eq!(measured.requests(), report.summary.requests.measured);
        assert!(measured.requests() < 300, "something is left out");
        for (layout, _) in ALL {
            let results = played.read_back(layout);
            let latency = &report.summary.latency;
            alike("E2E", results.summary.e2e_ms.as_ref(), latency.e2e_ms.as_ref());
            alike("TTFT", results.summary.ttft_ms.as_ref(), latency.ttft_ms.as_ref());
        }
    }
}

#[test]
fn vllm_bench_has_its_keys() {
    let view = Played::of(&scenario()).json(Layout::VllmBench);
    let mut names = "date endpoint_type backend label model_id tokenizer_id num_prompts \
                     request_rate burstiness max_concurrency duration completed failed \
                     total_input_tokens total_output_tokens request_throughput request_goodput \
                     output_throughput total_token_throughput max_output_tokens_per_s \
                     max_concurrent_requests rtfx"
        .to_owned();
    for metric in ["ttft", "tpot", "itl", "e2el"] {
        for part in ["mean", "median", "std", "p90", "p95", "p99"] {
            names += &format!(" {part}_{metric}_ms");
        }
    }
    has_exactly(&view, &names);
    assert_eq!((&view["request_rate"], &view["burstiness"]), (&12.0.into(), &0.5.into()));
    assert_eq!(view["model_id"], "llama-3.1-8b");
}

#[test]
fn vllm_bench_says_how_requests_came() {
    let offered = |arrivals: ArrivalsSpec| {
        let mut scenario = scenario();
        scenario.workload.requests = Some(20);
        scenario.workload.arrivals = Some(arrivals);
        let view = Played::of(&scenario).json(Layout::VllmBench);
        ["request_rate", "max_concurrency", "ramp_up_end_rps", "max_concurrent_requests"]
            .map(|key| view[key].clone())
    };
    let closed = ArrivalsSpec::ClosedLoop { users: 5, think_s: 0.0, random_think: false };
    assert_eq!(offered(closed), ["inf".into(), 5.into(), Value::Null, 5.into()]);
    let burst = ArrivalsSpec::Batched { size: 20, interval_s: 0.0 };
    assert_eq!(offered(burst), ["inf".into(), Value::Null, Value::Null, 20.into()]);
    let ramp = ArrivalsSpec::Ramp { from_per_s: 0.0, to_per_s: 9.0, over_s: 2.0 };
    assert_eq!(offered(ramp)[2], 9.0);
}

#[test]
fn aiperf_has_its_keys() {
    let view = Played::of(&scenario()).json(Layout::Aiperf);
    has_exactly(
        &view,
        "schema_version aiperf_version benchmark_id input_config run_info was_cancelled \
         is_complete incomplete_reason error_summary start_time end_time telemetry_data \
         request_throughput request_latency request_count time_to_first_token \
         inter_token_latency inter_chunk_latency output_token_throughput \
         output_token_throughput_per_user e2e_output_token_throughput input_token_throughput \
         total_token_throughput prefill_throughput_per_user output_sequence_length \
         input_sequence_length output_token_count total_isl total_osl goodput good_request_count \
         error_request_count benchmark_duration",
    );
    has_exactly(
        &view["time_to_first_token"],
        "unit avg p1 p5 p10 p25 p50 p75 p90 p95 p99 min max std count sum",
    );
    let units = [("request_latency", "ms"), ("request_throughput", "requests/sec")];
    for (tag, unit) in units.into_iter().chain([("output_token_throughput", "tokens/sec")]) {
        assert_eq!(view[tag]["unit"], unit);
    }
    assert_eq!(view["schema_version"], "1.4");
}

#[test]
fn guidellm_has_its_keys() {
    let view = Played::of(&scenario()).json(Layout::Guidellm);
    has_exactly(&view, "metadata config benchmarks conclusions");
    assert_eq!(view["metadata"]["version"], 2);
    let metrics = &view["benchmarks"][0]["metrics"];
    has_exactly(
        metrics,
        "request_totals requests_per_second request_concurrency request_latency \
         prompt_token_count output_token_count total_token_count time_to_first_token_ms \
         time_to_first_output_token_ms time_per_output_token_ms inter_token_latency_ms \
         prompt_tokens_per_second output_tokens_per_second tokens_per_second turns slo_attainment \
         request_goodput",
    );
    for metric in ["request_latency", "tokens_per_second", "request_concurrency"] {
        has_exactly(&metrics[metric], "successful incomplete errored total");
        has_exactly(
            &metrics[metric]["successful"],
            "mean median mode variance std_dev min max count total_sum percentiles pdf mean_ci",
        );
    }
    let latency = &metrics["request_latency"]["total"];
    has_exactly(&latency["percentiles"], "p001 p01 p05 p10 p25 p50 p75 p90 p95 p99 p999");
    // Seconds there, milliseconds elsewhere.
    let ttft = &metrics["time_to_first_token_ms"]["total"];
    assert!(latency["mean"].as_f64() < Some(60.0) && ttft["mean"].as_f64() > Some(1.0));
}

#[test]
fn trtllm_bench_has_its_keys() {
    let view = Played::of(&scenario()).json(Layout::TrtllmBench);
    has_exactly(
        &view,
        "engine machine world_info request_info performance streaming_metrics dataset",
    );
    has_exactly(
        &view["world_info"],
        "tp_size pp_size ep_size world_size max_batch_size max_num_tokens scheduling_policy \
         kv_cache_percentage issue_rate",
    );
    has_exactly(
        &view["request_info"],
        "num_requests avg_num_concurrent_requests avg_input_length avg_output_length",
    );
    has_exactly(
        &view["performance"],
        "total_latency_ms avg_request_latency_ms request_throughput_req_s \
         system_output_throughput_tok_s system_total_throughput_tok_s \
         output_throughput_per_user_tok_s output_throughput_per_gpu_tok_s \
         request_latency_percentiles_ms",
    );
    has_exactly(
        &view["streaming_metrics"],
        "token_output_speed_tok_s avg_ttft_ms avg_tpot_ms tpot_percentiles ttft_percentiles \
         gen_tps_percentiles",
    );
    let percentiles = &view["streaming_metrics"]["ttft_percentiles"];
    has_exactly(percentiles, "minimum maximum average p50 p90 p95 p99");
    // Little's law, over the whole run.
    let info = &view["performance"];
    let product = info["request_throughput_req_s"].as_f64().unwrap()
        * info["avg_request_latency_ms"].as_f64().unwrap()
        / 1e3;
    let concurrent = view["request_info"]["avg_num_concurrent_requests"].as_f64();
    near("concurrency", concurrent, product, 0.02);
}

/// The keys of a log with their values.
fn log(played: &Played) -> Value {
    let text = String::from_utf8(played.written(Layout::Mlperf)).unwrap();
    let line = |line: &str| {
        let json: Value = serde_json::from_str(line.strip_prefix(":::MLLOG ").unwrap()).unwrap();
        (json["key"].as_str().unwrap().to_owned(), json["value"].clone())
    };
    Value::Object(text.lines().map(line).collect())
}

#[test]
fn mlperf_has_its_keys_and_judges() {
    let server = log(&Played::of(&scenario()));
    let served = ["completed_tokens_per_second", "validity", "query_count"];
    let percentiles =
        ["first_token_99.00_percentile_latency", "time_per_output_token_99.00_percentile"];
    for name in served.map(str::to_owned).into_iter().chain(percentiles.map(|n| format!("{n}_ns")))
    {
        assert!(!server[format!("result_{name}")].is_null(), "{name}");
    }
    assert_eq!(
        (&server["result_validity"], &server["result_query_count"]),
        (&"VALID".into(), &300.into())
    );
    assert_eq!(server["requested_server_ttft_latency"], 2_000_000_000_u64);

    let mut strict = scenario();
    strict.slo.ttft_ms = Some(0.5);
    assert_eq!(log(&Played::of(&strict))["result_validity"], "INVALID");

    let mut offline = scenario();
    offline.workload.arrivals = Some(ArrivalsSpec::Batched { size: 300, interval_s: 0.0 });
    offline.slo = SloSpec::default();
    let played = Played::of(&offline);
    let read = played.read_back(Layout::Mlperf).summary;
    let rates = &played.output.report.summary.throughput;
    near("requests", read.requests_per_s, rates.requests_per_s, 1e-12);
    near("output tokens", read.output_tokens_per_s, rates.output_tokens_per_s, 1e-12);
    let offline = log(&played);
    assert_eq!(offline["effective_scenario"], "Offline");
    assert_eq!(offline["result_validity"], "VALID");
    assert!(offline["result_tokens_per_second"].as_f64() > Some(100.0));
    assert!(offline["result_completed_tokens_per_second"].is_null());
}

#[test]
fn layouts_that_do_not_fit_say_so() {
    let mut without = scenario();
    without.slo = SloSpec::default();
    assert!(Layout::Mlperf.objection(&without).unwrap().0.contains("TTFT and TPOT"));
    assert_eq!(Layout::Guidellm.objection(&without), None);
    without.simulation.time_unit = TimeUnit::Tick;
    assert!(Layout::Guidellm.objection(&without).unwrap().0.contains("ticks"));
}

/// Requests that are refused or cut off count as failed, and have no latency.
#[test]
fn failures_are_counted() {
    let mut scenario = scenario();
    scenario.simulation.max_time_s = Some(15.0);
    scenario.workload.input_tokens = Some(LengthsSpec::Uniform { min: 100, max: 200_000 });
    let played = Played::of(&scenario);
    let requests = &played.output.report.summary.requests;
    assert!(requests.rejected > 0 && requests.unfinished > 0, "{requests:?}");
    let failed = requests.rejected + requests.unfinished;
    for layout in [Layout::VllmBench, Layout::Aiperf, Layout::Guidellm] {
        let summary = played.read_back(layout).summary;
        assert_eq!((summary.completed, summary.failed), (Some(requests.completed), Some(failed)));
    }
    let errors = &played.json(Layout::Aiperf)["error_summary"];
    let counts = errors.as_array().unwrap().iter().map(|error| error["count"].as_u64().unwrap());
    assert_eq!(counts.sum::<u64>(), failed);
    let totals = &played.json(Layout::Guidellm)["benchmarks"][0]["metrics"]["request_totals"];
    assert_eq!(totals["errored"], requests.rejected);
    assert_eq!(log(&played)["result_validity"], "INVALID");
}
