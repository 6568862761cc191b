//! Several scenarios on the same requests.

use std::process::Output;

use serde_json::Value;

use crate::harness::{CONSTANT, Folder};

/// Arrivals are random, batches small.
fn drawn(max_num_seqs: u32) -> String {
    let text =
        CONSTANT.replace("fixed-rate", "poisson").replace("rate_per_s = 10", "rate_per_s = 30");
    format!("{text}\n[scheduler]\nmax_num_seqs = {max_num_seqs}\n")
}

fn folder() -> Folder {
    let files = [("two.toml", drawn(2)), ("four.toml", drawn(4)), ("fixed.toml", CONSTANT.into())];
    Folder::new(&files.each_ref().map(|(name, text)| (*name, text.as_str())))
}

#[test]
fn differences_are_printed() {
    let folder = folder();
    let mut text = folder.transcript(&["compare", "two.toml", "four.toml", "--trials", "10"]);
    text += &folder.transcript(&["compare", "two.toml", "four.toml", "fixed.toml"]);
    let twice = ["compare", "fixed.toml", "./fixed.toml", "--set", "simulation.trials=5"];
    text += &folder.transcript(&twice);
    insta::assert_snapshot!("compare", text);
}

#[test]
fn threads_do_not_change_a_byte() {
    let folder = folder();
    let compare = |threads: &str, more: &[&str]| {
        let args = ["compare", "two.toml", "four.toml", "--trials", "6", "--threads", threads];
        folder.stdout(&[&args, more].concat())
    };
    let json = compare("1", &["-o", "-"]);
    assert_eq!(json, compare("2", &["-o", "-"]));
    let table = compare("2", &["-o", "c.json", "--plot", "c.svg", "-q"]);
    assert_eq!((table, folder.read("c.json")), (compare("1", &[]), json.clone()));
    assert!(folder.read("c.svg").contains("four: batch slots"));
    let value: Value = serde_json::from_str(&json).unwrap();
    let of = &value["scenarios"][1]["differences"]["latency.ttft_ms.mean"];
    assert!(of["ci95_high"].as_f64().unwrap() < 0.0, "more places, less waiting: {of}");
    // Trial 0 is the plain run.
    let run: Value =
        serde_json::from_str(&folder.stdout(&["run", "four.toml", "-o", "-"])).unwrap();
    let args = ["compare", "two.toml", "four.toml", "--trials", "1", "-o", "-"];
    let one = folder.stdout(&args);
    let one: Value = serde_json::from_str(&one).unwrap();
    let mean = &one["scenarios"][1]["figures"]["latency.ttft_ms.mean"]["mean"];
    assert_eq!(mean, &run["summary"]["latency"]["ttft_ms"]["mean"]);
}

#[test]
fn lengths_show_whether_the_queue_grows() {
    let folder = folder();
    let args = ["compare", "two.toml", "--lengths", "5,50", "--duration", "50", "--rate"];
    let verdict = |rate: &str| {
        let text = folder.stdout(&[&args[..], &[rate]].concat());
        text.lines().find(|line| line.starts_with("Verdict")).unwrap().to_owned()
    };
    // Two places, 110 ms a request: 18 a second.
    assert!(verdict("10").contains("stable: "), "{}", verdict("10"));
    assert!(verdict("30").contains("growing: "), "{}", verdict("30"));
    insta::assert_snapshot!("compare_lengths", folder.transcript(&[&args[..], &["30"]].concat()));
}

#[test]
fn a_trace_is_read_by_every_run() {
    let trace = "{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 5}\n".repeat(9);
    let folder = folder();
    std::fs::write(folder.path("t.jsonl"), trace).unwrap();
    let args = ["compare", "two.toml", "four.toml", "--trace", "t.jsonl", "--trials", "3"];
    let text = folder.stdout(&args);
    assert!(text.contains("note: nothing is left to chance: one trial is all there is"), "{text}");
    let again = folder.stdout(&[&args[..], &["--rate", "2", "-o", "-"]].concat());
    let value: Value = serde_json::from_str(&again).unwrap();
    let completed = &value["scenarios"][1]["figures"]["requests.completed"];
    assert_eq!((&completed["mean"], &completed["n"]), (&9.0.into(), &3.into()));
}

#[test]
fn mistakes_are_explained() {
    let folder = folder();
    std::fs::write(folder.path("wrong.toml"), "model = \"llama-3.1-8b\"\nhardwear = \"x\"\n")
        .unwrap();
    let before = folder.names();
    let mut text = String::new();
    for args in [
        &["compare", "two.toml"][..],
        &["compare", "two.toml", "wrong.toml"],
        &["compare", "two.toml", "missing.toml"],
        &["compare", "-", "-"],
        &["compare", "two.toml", "four.toml", "--lengths", "1,2"],
        &["compare", "two.toml", "--lengths", "100,10"],
        &["compare", "two.toml", "--lengths", "100"],
        &["compare", "two.toml", "four.toml", "--plot", "p.pdf"],
        &["compare", "two.toml", "four.toml", "-o", "x.json", "--plot", "./x.json"],
        &["compare", "two.toml", "four.toml", "--set", "simulation.max_time_s=1e-9"],
        &["compare", "two.toml", "four.toml", "--rate", "often"],
    ] {
        let Output { status, stderr, .. } = folder.output(args);
        assert_eq!(status.code(), Some(2), "{args:?}");
        text +=
            &format!("$ tokendrome {}\n{}\n", args.join(" "), String::from_utf8(stderr).unwrap());
    }
    assert_eq!(folder.names(), before, "nothing is left behind");
    insta::assert_snapshot!("compare_mistakes", text);
}
