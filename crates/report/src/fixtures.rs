//! Reports to write, for tests.

use tokendrome::catalog::{Catalog, DType};
use tokendrome::metrics::{
    Attainment, ClassSummary, Distribution, Latencies, Method, Objectives, RejectionCount,
    SeriesPoint, SloSpec, SteadyMean, Verdict,
};
use tokendrome::{
    ClusterSpec, Cost, Curves, IterationSummary, ParallelismSpec, PrefixCacheSummary, QueueSummary,
    ReplicaSummary, Report, RequestCounts, RouterSpec, SCHEMA_VERSION, Scenario, SchedulerSpec,
    SimulationSpec, SloSummary, SteadyState, Summary, Throughput, TimeSeries, Utilisation,
    VllmSpec, WorkloadSpec,
};

fn distribution(count: u64, p50: f64) -> Distribution {
    Distribution {
        count,
        mean: p50 * 1.21,
        std: p50 * 0.4,
        min: p50 * 0.3,
        p50,
        p90: p50 * 2.1,
        p95: p50 * 2.9,
        p99: p50 * 4.7,
        max: p50 * 11.3,
        method: Method::Exact,
    }
}

fn scenario() -> Scenario {
    Scenario {
        disaggregation: None,
        model: Some(Catalog::model("llama-3.1-8b").unwrap()),
        hardware: Some(Catalog::accelerator("h100-sxm").unwrap()),
        parallelism: ParallelismSpec::default(),
        scheduler: SchedulerSpec::Vllm(VllmSpec::default()),
        step_time: Default::default(),
        workload: WorkloadSpec::default(),
        cluster: ClusterSpec::default(),
        slo: SloSpec::default(),
        simulation: SimulationSpec::default(),
    }
}

fn replica(number: u64) -> ReplicaSummary {
    ReplicaSummary {
        requests: 2_500 + number,
        iterations: 103_221 + 17 * number,
        computed_tokens: 3_012_345 * (number + 1),
        busy: 0.9 - 0.001 * number as f64,
        kv_peak: 0.71,
        hit_rate: Some(0.301 + 0.001 * number as f64),
        preemptions: number % 3,
    }
}

/// The mean of a long run, with the half of its interval.
fn steady_mean(verdict: Verdict, mean: Option<(f64, f64)>) -> SteadyMean {
    SteadyMean {
        verdict,
        mean: mean.map(|(mean, _)| mean),
        ci95_low: mean.map(|(mean, half)| mean - half),
        ci95_high: mean.map(|(mean, half)| mean + half),
        count: mean.map_or(0, |_| 9_700),
        effective_count: mean.map(|(mean, _)| 800.0 + mean),
        warm_up_count: mean.map_or(0, |_| 120),
        warm_up_s: mean.map_or(0.0, |(_, half)| 12.3 + half),
        groups: mean.map_or(0, |_| 20),
    }
}

/// One for every series, from its place.
pub(crate) fn steady_state(of: impl Fn(usize) -> SteadyMean) -> SteadyState {
    SteadyState { ttft_ms: of(0), tpot_ms: of(1), e2e_ms: of(2), waiting: of(3), running: of(4) }
}

/// One request of one token, without a price: most figures do not exist.
pub(crate) fn minimal() -> Report {
    let mut scenario = scenario();
    scenario.hardware.as_mut().unwrap().price_per_hour = None;
    Report {
        schema_version: SCHEMA_VERSION,
        tokendrome_version: "0.1.0",
        digest: "0123456789abcdef".to_owned(),
        is_complete: true,
        notices: Vec::new(),
        summary: Summary {
            pools: Vec::new(),
            transfers: None,
            requests: RequestCounts {
                total: 1,
                completed: 1,
                rejected: 0,
                unfinished: 0,
                measured: 1,
                rejections: Vec::new(),
            },
            duration_s: 0.012_345,
            measured_s: 0.012_345,
            latency: Latencies {
                transfer_ms: None,
                ttft_ms: Some(distribution(1, 12.345)),
                tpot_ms: None,
                tbt_ms: None,
                e2e_ms: Some(distribution(1, 12.345)),
                queue_ms: Some(distribution(1, 0.0)),
            },
            itl_ms: None,
            input_tokens: Some(distribution(1, 100.0)),
            output_tokens: Some(distribution(1, 1.0)),
            throughput: Throughput {
                requests_per_s: 81.0,
                requests_per_s_per_accelerator: 81.0,
                input_tokens_per_s: 8_100.0,
                output_tokens_per_s: 81.0,
                total_tokens_per_s: 8_181.0,
                output_tokens_per_s_per_accelerator: 81.0,
                output_tokens_per_s_per_user: None,
            },
            slo: None,
            utilisation: Utilisation {
                busy: 1.0,
                compute: None,
                bandwidth: None,
                kv_mean: 0.000_2,
                kv_p50: 0.000_2,
                kv_p95: 0.000_2,
                kv_p99: 0.000_2,
                kv_peak: 0.000_2,
                kv_blocks_per_replica: 27_312,
            },
            prefix_cache: None,
            queue: QueueSummary {
                waiting_mean: 0.0,
                waiting_max: 0,
                waiting_end: 0,
                running_mean: 1.0,
                running_max: 1,
                preemptions: 0,
                preemptions_per_request: 0.0,
            },
            iterations: IterationSummary { count: 1, tokens_mean: 100.0, time_mean_ms: 12.345 },
            cost: None,
            classes: Vec::new(),
            replicas: vec![replica(0)],
        },
        steady_state: steady_state(|_| steady_mean(Verdict::TooFew, None)),
        series: TimeSeries { bucket_s: 0.001, points: Vec::new() },
        scenario,
    }
}

fn class(name: &str, scale: f64) -> ClassSummary {
    ClassSummary {
        name: name.to_owned(),
        requests: 4_950,
        completed: 4_944,
        latency: Latencies {
            transfer_ms: None,
            ttft_ms: Some(distribution(4_944, 38.1 * scale)),
            tpot_ms: Some(distribution(4_944, 12.1 * scale)),
            tbt_ms: None,
            e2e_ms: Some(distribution(4_944, 3_140.0 * scale)),
            queue_ms: Some(distribution(4_944, 4.0 * scale)),
        },
        slo: Attainment {
            requests: 4_950,
            met: 4_806,
            met_ttft: 4_861,
            met_tpot: 4_945,
            met_e2e: 4_950,
        },
    }
}

/// Everything that a report can have: classes, objectives, replicas, refusals, notices.
pub(crate) fn full() -> Report {
    let mut report = minimal();
    let scenario = &mut report.scenario;
    scenario.hardware = Some(Catalog::accelerator("h100-sxm").unwrap());
    scenario.model.as_mut().unwrap().dtypes.kv = DType::Fp8;
    scenario.parallelism.tensor_parallel_size = 2;
    scenario.cluster =
        ClusterSpec { replicas: 4, router: RouterSpec::RoundRobin, ..ClusterSpec::default() };
    let objectives =
        Objectives { ttft_ms: Some(200.0), tpot_ms: Some(50.0), e2e_ms: Some(10_000.0) };
    (scenario.slo.ttft_ms, scenario.slo.tpot_ms) = (objectives.ttft_ms, objectives.tpot_ms);
    scenario.slo.e2e_ms = objectives.e2e_ms;
    report.notices = vec![
        "classes have priorities, but the scheduler serves first come, first served: set \
         scheduler.policy = \"priority\""
            .to_owned(),
        "requests still arrive when the run ends".to_owned(),
    ];
    report.series = series();
    report.steady_state = steady_state(|place| match place {
        0 => steady_mean(Verdict::LongEnough, Some((46.1, 1.23))),
        1 => steady_mean(Verdict::Correlated, Some((14.64, 0.087))),
        2 => steady_mean(Verdict::NotSteady, None),
        3 => steady_mean(Verdict::LongEnough, Some((1.31, 0.22))),
        _ => steady_mean(Verdict::LongEnough, Some((37.4, 1.9))),
    });
    let summary = &mut report.summary;
    summary.requests = RequestCounts {
        total: 10_000,
        completed: 9_981,
        rejected: 12,
        unfinished: 7,
        measured: 9_900,
        rejections: vec![RejectionCount {
            kind: "prompt-too-long",
            count: 12,
            first_index: 1_017,
            example: "the prompt has 140,000 tokens, max_model_len is 131,072".to_owned(),
        }],
    };
    (summary.duration_s, summary.measured_s) = (1_254.3, 1_230.0);
    summary.latency = class("", 1.0).latency;
    summary.itl_ms =
        Some(Distribution { method: Method::Histogram, ..distribution(1_990_000, 11.8) });
    summary.throughput = Throughput {
        requests_per_s: 8.021,
        requests_per_s_per_accelerator: 8.021,
        input_tokens_per_s: 7_940.2,
        output_tokens_per_s: 1_604.4,
        total_tokens_per_s: 9_544.6,
        output_tokens_per_s_per_accelerator: 200.55,
        output_tokens_per_s_per_user: Some(68.3),
    };
    summary.slo = Some(SloSummary {
        objectives,
        counts: Attainment {
            requests: 9_900,
            met: 9_612,
            met_ttft: 9_722,
            met_tpot: 9_890,
            met_e2e: 9_900,
        },
        attainment: 0.970_909,
        goodput_per_s: 7.793,
    });
    summary.utilisation = Utilisation {
        busy: 0.921,
        compute: Some(0.412),
        bandwidth: Some(0.553),
        kv_mean: 0.343,
        kv_p50: 0.331,
        kv_p95: 0.612,
        kv_p99: 0.684,
        kv_peak: 0.712,
        kv_blocks_per_replica: 27_312,
    };
    summary.prefix_cache = Some(PrefixCacheSummary {
        queried_tokens: 12_340_000,
        cached_tokens: 3_730_000,
        hit_rate: 0.3023,
        evictions: 41_234,
    });
    summary.queue = QueueSummary {
        waiting_mean: 1.24,
        waiting_max: 80,
        waiting_end: 6,
        running_mean: 37.1,
        running_max: 112,
        preemptions: 3,
        preemptions_per_request: 0.000_3,
    };
    summary.iterations =
        IterationSummary { count: 412_900, tokens_mean: 412.3, time_mean_ms: 12.02 };
    summary.cost = Some(Cost {
        dollars_per_hour: 55.04,
        dollars_per_million_output_tokens: Some(9.53),
        dollars_per_million_tokens: Some(1.602),
    });
    summary.classes = vec![class("interactive", 1.0), class("batch", 9.0)];
    summary.replicas = (0..4).map(replica).collect();
    report
}

/// Every request was refused: nothing was measured.
pub(crate) fn rejected_only() -> Report {
    let mut report = minimal();
    report.notices = vec!["no request completed".to_owned()];
    let summary = &mut report.summary;
    summary.requests.completed = 0;
    summary.requests.rejected = 1;
    summary.requests.rejections = vec![RejectionCount {
        kind: "prompt-too-long",
        count: 1,
        first_index: 0,
        example: "the prompt has 140,000 tokens, max_model_len is 131,072".to_owned(),
    }];
    summary.latency = Latencies {
        transfer_ms: None,
        ttft_ms: None,
        tpot_ms: None,
        tbt_ms: None,
        e2e_ms: None,
        queue_ms: None,
    };
    (summary.input_tokens, summary.output_tokens) = (None, None);
    (summary.duration_s, summary.measured_s) = (0.0, 0.0);
    summary.throughput = Throughput {
        requests_per_s: 0.0,
        requests_per_s_per_accelerator: 0.0,
        input_tokens_per_s: 0.0,
        output_tokens_per_s: 0.0,
        total_tokens_per_s: 0.0,
        output_tokens_per_s_per_accelerator: 0.0,
        output_tokens_per_s_per_user: None,
    };
    summary.utilisation.busy = 0.0;
    summary.iterations = IterationSummary { count: 0, tokens_mean: 0.0, time_mean_ms: 0.0 };
    summary.cost = Some(Cost {
        dollars_per_hour: 6.88,
        dollars_per_million_output_tokens: None,
        dollars_per_million_tokens: None,
    });
    report
}

/// More replicas than a table shows, on a saturated system, cut short.
pub(crate) fn many_replicas() -> Report {
    let mut report = full();
    report.is_complete = false;
    report.notices.clear();
    report.scenario.cluster.replicas = 64;
    let summary = &mut report.summary;
    summary.replicas = (0..64).map(replica).collect();
    summary.classes.clear();
    summary.slo = None;
    summary.latency.ttft_ms = Some(distribution(9_981, 612_000.0));
    summary.latency.queue_ms = Some(distribution(9_981, 611_000.0));
    summary.latency.e2e_ms = Some(distribution(9_981, 640_000.0));
    report
}

fn series() -> TimeSeries {
    let point = |i: u32| {
        let phase = f64::from(i) / 40.0;
        SeriesPoint {
            start_s: f64::from(i) * 4.096,
            arrivals_per_s: 8.0,
            completions_per_s: 7.9,
            prompt_tokens_per_s: 7_940.0 + 3_000.0 * libm::sin(phase * 3.0),
            output_tokens_per_s: 1_604.0 + 400.0 * libm::sin(phase),
            waiting: (40.0 * libm::sin(phase)).max(0.0),
            running: 37.0 + 20.0 * libm::sin(phase),
            kv_blocks: 4.0 * 27_312.0 * (0.4 + 0.3 * libm::sin(phase)),
        }
    };
    TimeSeries { bucket_s: 4.096, points: (0..306).map(point).collect() }
}

/// The distributions that go with [`full`].
pub(crate) fn curves() -> Curves {
    let curve = |p50: f64, spread: f64| -> Vec<f64> {
        (0..=200).map(|half| p50 * libm::exp(spread * (f64::from(half) / 100.0 - 1.0))).collect()
    };
    Curves {
        ttft_ms: curve(38.1, 2.4),
        tpot_ms: curve(12.1, 0.3),
        itl_ms: curve(11.8, 1.9),
        e2e_ms: curve(3_140.0, 1.4),
    }
}
