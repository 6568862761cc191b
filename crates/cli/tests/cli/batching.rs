//! Batching in ticks: the examples, the comparison, the recordings.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::Folder;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/batching")
}

fn example(name: &str) -> String {
    examples().join(name).to_str().unwrap().to_owned()
}

#[test]
fn every_example_runs() {
    let folder = Folder::new(&[]);
    let mut count = 0;
    for entry in std::fs::read_dir(examples()).unwrap() {
        let path = entry.unwrap().path();
        let file = path.to_str().unwrap();
        let json: Value = serde_json::from_str(&folder.stdout(&["run", file, "-o", "-"])).unwrap();
        assert!(json["summary"]["requests"]["completed"].as_u64().unwrap() > 10, "{file}");
        assert!(json["summary"]["latency"]["ttft_ticks"]["mean"].as_f64().unwrap() > 2.0, "{file}");
        assert!(json["scenario"]["simulation"]["max_time_ticks"].as_f64().unwrap() >= 100.0);
        // A report stands for its scenario.
        let again = folder.path("again.json");
        std::fs::write(&again, json.to_string()).unwrap();
        let again = folder.stdout(&["run", again.to_str().unwrap(), "-o", "-"]);
        let again: Value = serde_json::from_str(&again).unwrap();
        assert_eq!(again["digest"], json["digest"], "{file}");
        count += 1;
    }
    assert_eq!(count, 8);
}

#[test]
fn tables_count_in_ticks() {
    let folder = Folder::new(&[]);
    std::fs::copy(example("static.toml"), folder.path("static.toml")).unwrap();
    std::fs::copy(example("in-flight.toml"), folder.path("in-flight.toml")).unwrap();
    std::fs::copy(example("queue-growth.toml"), folder.path("queue-growth.toml")).unwrap();
    let mut text = folder.transcript(&["run", "static.toml", "--requests-out", "rows.csv"]);
    text += &folder.transcript(&["run", "static.toml", "--trials", "5"]);
    text += &folder.transcript(&["compare", "static.toml", "in-flight.toml"]);
    let lengths = ["compare", "queue-growth.toml", "--lengths", "100,10000", "--trials", "1"];
    text += &folder.transcript(&lengths);
    insta::assert_snapshot!("batching", text);
    let rows = folder.read("rows.csv");
    let mut rows = rows.lines();
    assert!(rows.next().unwrap().starts_with("request_index,arrival_ticks,ttft_ticks,e2e_ticks"));
    assert!(rows.next().unwrap().starts_with("0,0,8,"), "whole ticks without decimals");
}

#[test]
fn a_scenario_is_never_written_over() {
    let folder = Folder::new(&[]);
    let report = folder.stdout(&["run", &example("static.toml"), "-o", "-"]);
    std::fs::write(folder.path("r.json"), &report).unwrap();
    for args in [
        &["run", "r.json", "-o", "r.json"][..],
        &["run", "r.json", "--trials", "2", "-o", "./r.json"],
        &["compare", "r.json", "r.json", "-o", "r.json"],
    ] {
        let shown = folder.transcript(args);
        assert!(shown.contains("it would be lost") && shown.contains("[status 2]"), "{shown}");
    }
    assert_eq!(folder.read("r.json"), report);
}

#[test]
fn a_comparison_draws_slots() {
    let folder = Folder::new(&[]);
    let files = ["static.toml", "in-flight.toml", "disaggregated.toml"].map(example);
    let args = ["compare", &files[0], &files[1], &files[2], "--plot"];
    folder.stdout(&[&args[..], &["c.html"]].concat());
    folder.stdout(&[&args[..], &["c.png"]].concat());
    let page = folder.read("c.html");
    for expect in ["static: batch slots", "Times are in ticks.", ">decode<", "of their own"] {
        assert!(page.contains(expect), "{expect}");
    }
    assert!(std::fs::metadata(folder.path("c.png")).unwrap().len() > 10_000);
}

#[test]
fn recordings_are_compared() {
    let run = |first_token: f64| {
        format!(
            r#"{{ "columns": ["seq", "added_at", "output_len", "first_token_at", "completed_at"],
                  "a": {{
                    "config": {{ "prefill_time": 2, "itl": 1, "max_batch_size": 1, "chunks": 2,
                                 "batcher": "ifb", "time_limit": 50 }},
                    "per_request": [[0, 0, 3, {first_token}, 4.0]],
                    "metrics": {{ "n_e2e": 9 }}
                  }} }}"#
        )
    };
    let (good, bad) = (run(2.0), run(2.1));
    let folder = Folder::new(&[("good.json", &good), ("bad.json", &bad), ("empty.json", "{}")]);
    let seed = |args: &[&str]| folder.transcript(&[&["conformance", "seed000"], args].concat());
    let mut text = seed(&["good.json", "-o", "out.json"]);
    text += &seed(&["bad.json"]);
    text += &seed(&["empty.json"]);
    text += &seed(&["good.json", "-o", "good.json"]);
    text += &seed(&["missing.json.gz"]);
    insta::assert_snapshot!("seed000", text);
    let ours: Value = serde_json::from_str(&folder.read("out.json")).unwrap();
    assert_eq!(ours["a"]["metrics"]["n_e2e"], 1);
    assert_eq!(ours["tokendrome"]["largest_deviation"]["a"], 0.0);
    assert_eq!(folder.read("good.json"), good, "an input is never written over");
}
