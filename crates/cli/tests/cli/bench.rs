//! Results of benchmark clients: written, read, compared.

use serde_json::Value;

use crate::harness::{CONSTANT, Folder};

const CLIENTS: [&str; 5] = ["vllm-bench", "aiperf", "guidellm", "trtllm-bench", "mlperf"];

/// A measured run, made up: the client writes seconds in its lists, milliseconds in its summary.
const REAL: &str = r#"{"backend": "vllm", "duration": 2.25, "completed": 20, "failed": 0,
"total_input_tokens": 2000, "total_output_tokens": 220, "request_throughput": 8.8889,
"output_throughput": 97.78, "total_token_throughput": 986.67, "mean_ttft_ms": 12.5,
"median_ttft_ms": 12.0, "std_ttft_ms": 1.0, "p99_ttft_ms": 16.0, "mean_tpot_ms": 8.0,
"median_tpot_ms": 8.0, "std_tpot_ms": 0.1, "p99_tpot_ms": 8.5}"#;

fn limits() -> [&'static str; 4] {
    ["--set", "slo.ttft_ms=2000", "--set", "slo.tpot_ms=100"]
}

/// Whatever the layout, the figures are those of our own report.
#[test]
fn every_layout_compares_with_our_report() {
    let folder = Folder::new(&[("scenario.toml", CONSTANT)]);
    let run = |format: &str, file: &str| {
        let args = ["run", "scenario.toml", "-o", file, "--output-format", format];
        folder.stdout(&[&args[..], &limits()].concat());
    };
    run("tokendrome", "ours.json");
    for client in CLIENTS {
        let file = if client == "mlperf" { "theirs.txt" } else { "theirs.json" };
        run(client, file);
        let text = folder.stdout(&["bench", "compare", "ours.json", file, "--json"]);
        let json: Value = serde_json::from_str(&text).unwrap();
        let of_both = json["figures"].as_array().unwrap().iter();
        let errors: Vec<f64> = of_both.filter_map(|of| of["error_percent"].as_f64()).collect();
        assert!(errors.len() >= 10, "{client}: {text}");
        assert!(errors.iter().all(|error| error.abs() < 1e-3), "{client}: {text}");
    }
}

/// The rows of a run are results, too.
#[test]
fn requests_compare_with_the_report() {
    let folder = Folder::new(&[("scenario.toml", CONSTANT)]);
    folder.stdout(&["run", "scenario.toml", "-o", "ours.json", "--requests-out", "rows.csv"]);
    let text = folder.stdout(&["bench", "compare", "ours.json", "rows.csv", "--json"]);
    let json: Value = serde_json::from_str(&text).unwrap();
    for figure in json["figures"].as_array().unwrap() {
        let name = figure["name"].as_str().unwrap();
        // The rows begin with the first request, the run at 0.
        let is_latency = name.starts_with("t") && name.contains("_ms.");
        let error = figure["error_percent"].as_f64();
        assert!(!is_latency || error.is_none_or(|error| error.abs() < 1e-3), "{figure}");
    }
    assert_eq!(json["simulated"]["format"], "requests as CSV");
}

#[test]
fn a_measured_run_beside_a_simulated_one() {
    let folder = Folder::new(&[("scenario.toml", CONSTANT), ("real.json", REAL)]);
    folder.stdout(&["run", "scenario.toml", "-o", "sim.json"]);
    insta::assert_snapshot!(folder.transcript(&["bench", "compare", "real.json", "sim.json"]));
}

#[test]
fn bench_mistakes() {
    let line = SGLANG.replace('\n', " ") + "\n";
    let folder = Folder::new(&[
        ("scenario.toml", CONSTANT),
        ("real.json", REAL),
        ("cut.json", &REAL[..100]),
        ("unknown.json", "{\"answer\": 42}"),
        ("two.jsonl", &[&line, &line[..]].concat()),
        ("log.txt", ":::MLLOG {\"key\": \"result_validity\", \"value\": \"VALID\"}\n"),
    ]);
    let mut text = String::new();
    for args in [
        &["compare", "real.json", "sim.json"][..],
        &["compare", "real.json", "cut.json"],
        &["compare", "real.json", "unknown.json"],
        &["compare", "real.json", "two.jsonl"],
        &["compare", "real.json", "two.jsonl", "--sim-run", "3"],
        &["compare", "real.json", "two.jsonl", "--sim-run", "0"],
        &["compare", "real.json", "real.json", "--real-run", "2"],
        &["compare", "real.json", "log.txt"],
    ] {
        let transcript = folder.transcript(&[&["bench"], args].concat());
        assert!(transcript.ends_with("[status 2]\n"), "{transcript}");
        text += &transcript;
        text.push('\n');
    }
    let run = ["run", "scenario.toml", "--output-format"];
    for args in [
        &["mlperf", "-o", "log.txt"][..],
        &["mlperf", "-o", "log.json", "--set", "slo.ttft_ms=1", "--set", "slo.tpot_ms=1"],
        &["aiperf"],
        &["guidellm", "-o", "x.json", "--trials", "2"],
    ] {
        let transcript = folder.transcript(&[&run, args].concat());
        assert!(transcript.ends_with("[status 2]\n"), "{transcript}");
        text += &transcript;
        text.push('\n');
    }
    insta::assert_snapshot!(text);
}

/// A line of results that SGLang's client appends to a file, made up.
const SGLANG: &str = r#"{"backend": "sglang", "request_rate": Infinity, "duration": 2.0,
"completed": 4, "total_input_tokens": 40, "total_output_tokens": 80, "request_throughput": 2.0,
"output_throughput": 40.0, "total_throughput": 60.0, "mean_ttft_ms": 30.0}"#;
