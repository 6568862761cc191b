use serde_json::Value;

use super::*;
use crate::fixtures;

fn text_of(report: &Report) -> String {
    let mut bytes = Vec::new();
    write(report, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_report_reads_back_with_its_version_and_scenario() {
    let report = fixtures::full();
    let text = text_of(&report);
    assert_eq!(text, text_of(&report));
    assert!(text.starts_with("{\n  \"schema_version\": \""));
    assert!(text.ends_with("}\n") && !text.ends_with("\n\n"));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["schema_version"], tokendrome::SCHEMA_VERSION);
    assert_eq!(value["summary"]["requests"]["completed"], report.summary.requests.completed);
    let p99 = report.summary.latency.ttft_ms.unwrap().p99;
    let read = value["summary"]["latency"]["ttft_ms"]["p99"].as_f64().unwrap();
    assert_eq!(read.to_bits(), p99.to_bits());
    let scenario: tokendrome::Scenario = serde_json::from_value(value["scenario"].clone()).unwrap();
    assert_eq!(scenario, report.scenario);
}

#[test]
fn keys_stand_in_the_order_of_the_fields() {
    let text = text_of(&fixtures::minimal());
    let keys: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("  \""))
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    let expect = [
        "schema_version",
        "tokendrome_version",
        "digest",
        "is_complete",
        "notices",
        "summary",
        "steady_state",
        "series",
        "scenario",
    ];
    assert_eq!(keys, expect);
}

#[test]
#[should_panic(expected = "`summary.throughput.requests_per_s` is NaN")]
fn what_json_cannot_say_is_a_broken_invariant() {
    let mut report = fixtures::minimal();
    report.summary.throughput.requests_per_s = f64::NAN;
    let _ = write(&report, &mut Vec::new());
}

#[test]
#[should_panic(expected = "`summary.latency.ttft_ms.max` is inf")]
fn infinities_are_found_within_options() {
    let mut report = fixtures::full();
    let ttft = report.summary.latency.ttft_ms.as_mut().unwrap();
    ttft.max = f64::INFINITY;
    let _ = write(&report, &mut Vec::new());
}
