//! Several trials of one scenario.

use std::process::Output;

use serde_json::Value;

use crate::harness::{CONSTANT, Folder};

/// A scenario in which few figures depend on the draws: the arrivals alone are random.
fn drawn() -> String {
    CONSTANT.replace("fixed-rate", "poisson")
}

#[test]
fn trials_print_estimates() {
    let folder = Folder::new(&[("a.toml", &drawn()), ("same.toml", CONSTANT)]);
    insta::assert_snapshot!("trials", folder.transcript(&["run", "a.toml", "--trials", "25"]));
    let same = folder.stdout(&["run", "same.toml", "--trials", "2"]);
    assert!(same.contains("note: all trials are the same: nothing that"), "{same}");
}

#[test]
fn threads_do_not_change_a_byte() {
    let folder = Folder::new(&[]);
    let run = |threads: &str, more: &[&str]| {
        let args = ["run", "--requests", "50", "--trials", "12", "--threads", threads];
        folder.stdout(&[&args, more].concat())
    };
    let json = run("1", &["-o", "-"]);
    assert_eq!(json, run("2", &["-o", "-"]));
    assert_eq!(json, run("5", &["-o", "-"]));
    assert_eq!(run("1", &[]), run("2", &["-o", "trials.json"]));
    assert_eq!(folder.read("trials.json"), json);
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&value["trials"], &value["seed"]), (&12.into(), &42.into()));
    let ttft = &value["figures"]["latency.ttft_ms.p99"];
    let number = |key: &str| ttft[key].as_f64().unwrap();
    assert!(number("ci95_low") < number("mean") && number("mean") < number("ci95_high"));
    // Its scenario asks for the same trials.
    assert_eq!(folder.stdout(&["run", "trials.json", "-o", "-"]), json);
}

#[test]
fn one_trial_is_a_plain_run() {
    let folder = Folder::new(&[]);
    let plain = folder.stdout(&["run", "--requests", "20"]);
    assert_eq!(folder.stdout(&["run", "--requests", "20", "--trials", "1"]), plain);
}

#[test]
fn a_trace_needs_something_random() {
    let trace = "{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 5}\n".repeat(9);
    let broken = trace.clone() + "{\"timestamp\": 1, \"input_length\": 0}\n";
    let folder = Folder::new(&[("t.jsonl", &trace), ("broken.jsonl", &broken)]);
    let args = ["run", "--trace", "t.jsonl", "--trials", "3"];
    let again = folder.stdout(&[&args[..], &["--rate", "2", "-o", "-"]].concat());
    let value: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(value["figures"]["requests.completed"]["mean"], 9.0);
    let says = |args: &[&str]| {
        let Output { status, stderr, .. } = folder.output(args);
        assert_eq!(status.code(), Some(2), "{args:?}");
        String::from_utf8(stderr).unwrap()
    };
    let mut text = says(&args);
    text += &says(&["run", "--trace", "broken.jsonl", "--rate", "2", "--trials", "3"]);
    text += &says(&["run", "--trials", "3", "--timeline", "t.json"]);
    text += &says(&["run", "--trials", "3", "--animation", "run.html"]);
    text += &says(&["run", "--trials", "0"]);
    text += &says(&["run", "--trials", "3", "--threads", "0"]);
    insta::assert_snapshot!("trials_mistakes", text);
    assert_eq!(folder.names(), ["broken.jsonl", "t.jsonl"]);
}

#[test]
fn a_precision_takes_as_many_trials_as_it_needs() {
    let folder = Folder::new(&[("a.toml", &drawn()), ("same.toml", CONSTANT)]);
    let run = |threads: &str| {
        let args = ["run", "a.toml", "--precision", "5%", "--threads", threads, "-o", "-"];
        folder.stdout(&args)
    };
    let json = run("1");
    assert_eq!(json, run("3"));
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["precision"]["target"], 0.05);
    assert_eq!(value["precision"]["is_reached"], true);
    assert_eq!(value["scenario"]["simulation"]["max_trials"], 1_000);
    let widths = value["precision"]["half_widths"].as_object().unwrap();
    assert!(widths.len() == 4 && widths.values().all(|of| of.as_f64().unwrap() <= 0.05));
    // Its scenario asks for the same precision.
    std::fs::write(folder.path("a.json"), &json).unwrap();
    assert_eq!(folder.stdout(&["run", "a.json", "-o", "-"]), json);
    let capped = ["run", "a.toml", "--precision", "0.0001%", "--max-trials", "15"];
    let capped = folder.stdout(&capped);
    assert!(capped.contains("note: after 15 trials, the most that are allowed"), "{capped}");
    let both = ["compare", "a.toml", "same.toml", "--precision", "10%", "-o", "-"];
    let value: Value = serde_json::from_str(&folder.stdout(&both)).unwrap();
    assert_eq!(value["precision"]["is_reached"], true);
    let mut text = folder.transcript(&["run", "a.toml", "--precision", "120%"]);
    text += &folder.transcript(&["run", "a.toml", "--precision", "few%"]);
    text += &folder.transcript(&["run", "a.toml", "--max-trials", "5"]);
    text += &folder.transcript(&["run", "a.toml", "--precision", "0.1", "--max-trials", "1"]);
    insta::assert_snapshot!("precision_mistakes", text);
}
