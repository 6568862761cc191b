use serde_json::Value;
use tokendrome_explore::Interval;

use super::*;
use crate::fixtures;

fn estimate(name: &str, n: u64, mean: f64, half: Option<f64>) -> Estimate {
    Estimate {
        name: name.to_owned(),
        n,
        mean,
        std: half.map(|half| 2.0 * half),
        ci95: half.map(|half| Interval { low: mean - half, high: mean + half }),
    }
}

fn trials() -> Trials {
    let estimates = vec![
        estimate("requests.completed", 20, 1_000.0, Some(0.0)),
        estimate("requests.rejected", 20, 0.0, Some(0.0)),
        estimate("latency.ttft_ms.p99", 20, 173.25, Some(4.125)),
        estimate("latency.tpot_ms.mean", 12, 9.75, Some(0.0625)),
        estimate("latency.e2e_ms.p99", 20, 13_250.0, Some(125.0)),
        estimate("throughput.requests_per_s", 20, 7.875, Some(0.015_625)),
        estimate("utilisation.busy", 20, 0.9375, Some(0.001_953_125)),
        estimate("queue.preemptions", 1, 3.0, None),
    ];
    let notices = vec!["in 3 of 20 trials (here trial 4): the load exceeds what is served".into()];
    Trials { trials: 20, is_complete: true, precision: None, digest: 0xAB, notices, estimates }
}

#[test]
fn the_table_of_estimates() {
    let scenario = fixtures::full().scenario;
    insta::assert_snapshot!(render(&trials(), &scenario, Style::default()));
}

#[test]
fn a_narrow_table_keeps_the_means() {
    let scenario = fixtures::full().scenario;
    let text = render(&trials(), &scenario, Style { color: false, width: 44 });
    assert!(text.contains("mean") && !text.contains("trials  "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 44), "{text}");
}

#[test]
fn json_has_every_figure_in_order() {
    let scenario = fixtures::full().scenario;
    let mut bytes = Vec::new();
    write_json(&trials(), &scenario, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["digest"], "00000000000000ab");
    assert_eq!((&value["trials"], &value["seed"]), (&20.into(), &scenario.simulation.seed.into()));
    let figure = &value["figures"]["latency.ttft_ms.p99"];
    let expect = [("mean", 173.25), ("std", 8.25), ("ci95_low", 169.125), ("ci95_high", 177.375)];
    for (key, expect) in expect {
        assert_eq!(figure[key].as_f64(), Some(expect), "{key}");
    }
    assert_eq!(figure["n"], 20);
    assert!(value.get("precision").is_none());
    // 173.25 -+ 1.96 * 8.25 / sqrt(20).
    let normal = |key: &str| figure[key].as_f64().unwrap();
    assert!((normal("ci95_normal_low") - 169.634_278).abs() < 1e-6);
    assert!((normal("ci95_normal_high") - 176.865_722).abs() < 1e-6);
    assert!(value["figures"]["queue.preemptions"]["std"].is_null());
    let places: Vec<_> =
        trials().estimates.iter().map(|of| text.find(&format!("\"{}\"", of.name))).collect();
    assert!(places.is_sorted() && places[0].is_some());
    let read: Scenario = serde_json::from_value(value["scenario"].clone()).unwrap();
    assert_eq!(read, scenario);
}
