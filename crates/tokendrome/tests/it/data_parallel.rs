//! Engines that share experts and wait for each other.

use tokendrome::catalog::Catalog;
use tokendrome::metrics::RequestRecord;
use tokendrome::workload::ArrivalsSpec;
use tokendrome::{ClusterSpec, ParallelismSpec, Placements, RouterSpec, Scenario, fit, simulate};

use crate::scenarios::{affine, by_hand, default, run, with_vllm};

/// Mixtral-8x7B, computed by rooflines, on `data` engines of two ranks; requests as by hand.
fn mixtral(data: u32, whole_experts: bool, requests: u32, rate_per_s: f64) -> Scenario {
    Scenario {
        model: Some(Catalog::model("mixtral-8x7b").unwrap()),
        parallelism: ParallelismSpec {
            tensor_parallel_size: 2,
            data_parallel_size: data,
            enable_expert_parallel: whole_experts,
            ..ParallelismSpec::default()
        },
        step_time: default().step_time,
        ..by_hand(requests, 500, 20, rate_per_s)
    }
}

fn mean_e2e_ms(scenario: &Scenario) -> f64 {
    simulate(scenario, None, &mut []).unwrap().report.summary.latency.e2e_ms.unwrap().mean
}

/// Without experts to share, engines are replicas.
#[test]
fn engines_without_experts_are_replicas() {
    let mut engines = by_hand(40, 300, 10, 30.0);
    engines.parallelism.data_parallel_size = 3;
    let mut replicas = by_hand(40, 300, 10, 30.0);
    replicas.cluster =
        ClusterSpec { replicas: 3, router: RouterSpec::RoundRobin, ..ClusterSpec::default() };
    let [engines, replicas] =
        [engines, replicas].map(|scenario| simulate(&scenario, None, &mut []).unwrap().report);
    assert_eq!(engines.digest, replicas.digest);
    assert_eq!(engines.scenario, replicas.scenario);
    let says = |notice: &String| notice.contains("engines that share no experts are replicas");
    assert!(engines.notices.iter().any(says), "{:?}", engines.notices);
}

/// Two requests that come together go to two engines; the one with the short prompt gets its first
/// token when the long one has been computed.
#[test]
fn engines_wait_for_each_other() {
    for whole in [false, true] {
        let mut scenario = mixtral(2, whole, 2, 1e6);
        scenario.workload.arrivals = Some(ArrivalsSpec::Batched { size: 2, interval_s: 1.0 });
        let lengths = r#"{"kind":"uniform","min":50,"max":2000}"#;
        scenario.workload.input_tokens = Some(serde_json::from_str(lengths).unwrap());
        let (_, records) = run(&scenario).unwrap();
        let prompts: Vec<u32> = records.iter().map(|record| record.prompt_tokens).collect();
        assert!(prompts[0].abs_diff(prompts[1]) > 100, "{prompts:?}");
        let both: Vec<_> = records.iter().map(|record: &RequestRecord| record.end).collect();
        assert_eq!(both[0], both[1], "as many tokens, in the same iterations");
        let alone = mixtral(2, whole, 1, 1e6);
        assert!(mean_e2e_ms(&scenario) > mean_e2e_ms(&alone));
    }
}

/// More engines serve more requests at once; faster links never slow them.
#[test]
fn links_and_engines_have_their_say() {
    for whole in [false, true] {
        let busy = |data: u32, times: f64| {
            let mut scenario = mixtral(data, whole, 400, 60.0);
            let mut hardware = scenario.hardware.clone().unwrap();
            hardware.link.as_mut().unwrap().bandwidth.0 *= times;
            scenario.hardware = Some(hardware);
            mean_e2e_ms(&scenario)
        };
        let (one, two, four) = (busy(1, 1.0), busy(2, 1.0), busy(4, 1.0));
        assert!(one > two && two > four, "{one} {two} {four}");
        // Requests come one by one: the decisions are the same.
        let lonely = |times: f64| {
            let mut scenario = mixtral(4, whole, 5, 0.1);
            scenario.hardware.as_mut().unwrap().link.as_mut().unwrap().bandwidth.0 *= times;
            mean_e2e_ms(&scenario)
        };
        assert!(lonely(0.1) > lonely(1.0) && lonely(1.0) > lonely(10.0));
    }
}

/// Memory: the experts are spread over all engines, everything else stands in each of them.
#[test]
fn experts_are_spread_over_the_engines() {
    let blocks = |data: u32, whole: bool| {
        let report = simulate(&mixtral(data, whole, 1, 1.0), None, &mut []).unwrap().report;
        report.scenario.scheduler.vllm().unwrap().num_gpu_blocks.unwrap()
    };
    assert!(blocks(1, false) < blocks(2, false));
    assert_eq!(blocks(2, false), blocks(2, true));
    // 96 GB of experts over 4 or 8 ranks: 12 GB less on each, at 64 KiB a token and 16 tokens.
    let expert_bytes = 32.0 * 8.0 * 3.0 * 4_096.0 * 14_336.0 * 2.0;
    let gained = f64::from(blocks(4, true) - blocks(2, true));
    let expected = expert_bytes / 8.0 / (65_536.0 * 16.0);
    assert!((gained / expected - 1.0).abs() < 1e-3, "{gained} and not {expected}");
}

/// The table of placements counts the KV cache of all engines.
#[test]
fn fit_counts_all_engines() {
    let asked = Placements { tensor: vec![2], pipeline: vec![1] };
    let rows = |data: u32| fit(&mixtral(data, true, 1, 1.0), &asked, None).unwrap();
    let (one, four) = (&rows(1).0[0], &rows(4).0[0]);
    assert_eq!(one.kv_tokens, (one.blocks - 1) * 16);
    assert_eq!(four.kv_tokens, 4 * (four.blocks - 1) * 16);
    assert!(four.memory.weights < one.memory.weights / 2);
}

/// The peak of the KV cache is that of the fullest engine.
#[test]
fn one_full_engine_is_seen() {
    let peak = |data: u32| {
        let scenario =
            with_vllm(mixtral(data, true, 1, 1.0), |spec| spec.num_gpu_blocks = Some(61));
        simulate(&scenario, None, &mut []).unwrap().report.summary.utilisation.kv_peak
    };
    // 519 tokens are 33 blocks, of 60.
    assert_eq!(peak(1), 33.0 / 60.0);
    assert_eq!(peak(4), 33.0 / 60.0);
}

#[test]
fn placements_that_cannot_be_are_told() {
    let refused = |scenario: &Scenario, path: &str, says: &str| {
        let error = simulate(scenario, None, &mut []).unwrap_err().to_string();
        assert!(error.starts_with(path) && error.contains(says), "{error}");
    };
    let given = Scenario { step_time: affine(5.0, 0.1), ..mixtral(2, false, 1, 1.0) };
    refused(&given, "parallelism.data_parallel_size: ", "step times that are given");
    refused(&mixtral(16, true, 1, 1.0), "parallelism.enable_expert_parallel: ", "8 experts");
    refused(&mixtral(0, false, 1, 1.0), "parallelism.data_parallel_size: ", "1");
    let mut dense = default();
    dense.parallelism.enable_expert_parallel = true;
    refused(&dense, "parallelism.enable_expert_parallel: ", "no experts to share");
}
