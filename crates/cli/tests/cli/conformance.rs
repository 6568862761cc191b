//! Recorded decisions, by the command.

use std::fs;
use std::path::Path;

use crate::harness::Folder;

const SCENARIO: &str = r#"{
  "name": "two",
  "config": {
    "max_num_batched_tokens": 64,
    "max_num_seqs": 4,
    "block_size": 16,
    "num_gpu_blocks": 9,
    "max_model_len": 64,
    "watermark": 5e-2
  },
  "cost": {"base_ns": 5000000, "per_token_ns": 20000},
  "trace": {"blocks": true},
  "requests": [
    {"id": "a", "arrival_ns": 0, "max_tokens": 3, "segments": [[1, 0, 40]], "out_stream": 2},
    {"id": "b", "arrival_ns": 1, "max_tokens": 2, "segments": [[1, 0, 32], [3, 0, 9]],
     "out_stream": 4}
  ]
}
"#;

/// The recordings of the project.
fn recordings() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/tests/vllm");
    folder.to_str().unwrap().to_owned()
}

/// A folder with recordings, in which `traces` hold these texts.
fn folder(traces: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(&[]);
    fs::create_dir_all(folder.path("rec/scenarios")).unwrap();
    fs::create_dir_all(folder.path("rec/traces")).unwrap();
    for (name, text) in traces {
        fs::write(folder.path(&format!("rec/scenarios/{name}.json")), SCENARIO).unwrap();
        if !text.is_empty() {
            fs::write(folder.path(&format!("rec/traces/{name}.jsonl")), text).unwrap();
        }
    }
    folder
}

/// Without the time that it took.
fn untimed(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(" steps in ") {
        Some((start, _)) => format!("{start} steps in [time]\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn a_trace_goes_to_standard_output_or_a_file() {
    let folder = Folder::new(&[("two.json", SCENARIO)]);
    let trace = folder.stdout(&["conformance", "vllm", "two.json"]);
    insta::assert_snapshot!("conformance_trace", trace);
    assert_eq!(folder.stdout(&["conformance", "vllm", "two.json", "-o", "a.jsonl"]), "");
    assert_eq!(folder.read("a.jsonl"), trace);
    folder.stdout(&["conformance", "vllm", "two.json", "-o", "traces.jsonl.gz"]);
    assert!(fs::read(folder.path("traces.jsonl.gz")).unwrap().starts_with(&[0x1f, 0x8b]));
    assert_eq!(folder.names(), ["a.jsonl", "traces.jsonl.gz", "two.json"]);
}

#[test]
fn a_folder_is_compared() {
    let right = Folder::new(&[("two.json", SCENARIO)]);
    let right = right.stdout(&["conformance", "vllm", "two.json"]);
    let wrong = right.replace("[\"a\",1,40,\"R\"]", "[\"a\",2,40,\"R\"]");
    assert_ne!(right, wrong);
    let short: String = right.lines().take(3).map(|line| format!("{line}\n")).collect();
    let traces = [
        ("right", right.as_str()),
        ("wrong", &wrong),
        ("short", &short),
        ("missing", ""),
        ("no-trace-at-all", "hello\n"),
    ];
    let folder = folder(&traces);
    fs::write(folder.path("rec/scenarios/broken.json"), "{\"name\": 3}").unwrap();
    fs::write(folder.path("rec/scenarios/notes.txt"), "not a scenario").unwrap();
    let check = ["conformance", "vllm", "--check", "rec"];
    insta::assert_snapshot!("conformance_check", untimed(&folder.transcript(&check)));
}

#[test]
fn the_recordings_of_the_project_are_identical() {
    let folder = Folder::new(&[]);
    let text = folder.stdout(&["conformance", "vllm", "--check", &recordings()]);
    assert!(text.contains("52 scenarios: 52 identical, 0 not; 42096 steps"), "{text}");
}

#[test]
fn wrong_use_is_answered() {
    let wrong = SCENARIO.replacen("\"max_tokens\": 3", "\"max_tokens\": 0", 1);
    let lora = SCENARIO.replacen("\"max_num_seqs\"", "\"enable_lora\": true, \"max_num_seqs\"", 1);
    let folder = Folder::new(&[
        ("two.json", SCENARIO),
        ("wrong.json", &wrong),
        ("lora.json", &lora),
        ("empty.json", ""),
        ("plain.json.gz", SCENARIO),
    ]);
    fs::create_dir(folder.path("folder")).unwrap();
    let commands: [&[&str]; 13] = [
        &["conformance"],
        &["conformance", "vllm"],
        &["conformance", "vlm", "two.json"],
        &["conformance", "vllm", "two.json", "--check", "folder"],
        &["conformance", "vllm", "--check", "folder"],
        &["conformance", "vllm", "--check", "nowhere"],
        &["conformance", "vllm", "wrong.json"],
        &["conformance", "vllm", "lora.json"],
        &["conformance", "vllm", "empty.json"],
        &["conformance", "vllm", "plain.json.gz"],
        &["conformance", "vllm", "none.json"],
        &["conformance", "vllm", "two.json", "-o", "two.json"],
        &["conformance", "vllm", "two.json", "-o", "missing/trace.jsonl"],
    ];
    let before = folder.names();
    let mut text = String::new();
    for args in commands {
        let transcript = folder.transcript(args);
        assert!(transcript.ends_with("[status 2]\n"), "{transcript}");
        text += &(transcript + "\n");
    }
    assert_eq!(folder.names(), before, "nothing is left behind");
    insta::assert_snapshot!("conformance_wrong_use", text);
}
