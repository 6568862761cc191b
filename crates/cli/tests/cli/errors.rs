//! Wrong input: every answer says what is wrong, where, and what to do, with status 2.

use crate::harness::{CONSTANT, Folder};

const WRONG_KEYS: &str = r#"model = "llama-3.1-8b"
hardware = "h100-sxm"

[scheduler]
max_num_seq = 64
block_size = "sixteen"
policy = "sof"

[slo]
ttft = 200
"#;

const WRONG_VALUES: &str = r#"model = { name = "llama-3.1-8b", dtype = "fp9" }

[hardware]
name = "h100-sxm"
memory = "80Gb"

[workload]
requests = -5
arrivals = { kind = "poison", rate_per_s = 8 }
"#;

const TRACE: &str = r#"{"timestamp": 0, "input_length": 10, "output_length": 5}
{"timestamp": 5, "input_length": "ten", "output_length": 5}
"#;

fn check(name: &str, files: &[(&str, &str)], commands: &[&[&str]]) {
    let folder = Folder::new(files);
    let before = folder.names();
    let mut text = String::new();
    for args in commands {
        let transcript = folder.transcript(args);
        assert!(transcript.ends_with("[status 2]\n"), "{transcript}");
        text.push_str(&transcript);
        text.push('\n');
    }
    assert_eq!(folder.names(), before, "nothing is left behind");
    insta::assert_snapshot!(name, text);
}

#[test]
fn scenario_files() {
    let files = [
        ("keys.toml", WRONG_KEYS),
        ("values.toml", WRONG_VALUES),
        ("syntax.toml", "model = \"llama-3.1-8b\nhardware = 3"),
        ("twice.json", "{\"model\": \"llama-3.1-8b\", \"model\": \"qwen3-8b\"}"),
        ("number.yaml", "model: llama-3.1-8b\nhardware: h100-sxm\nslo: {ttft_ms: .nan}\n"),
        ("empty.toml", ""),
        ("names.toml", "model = \"llama-3.1-9b\"\nhardware = \"h100-sxmm\"\n"),
        ("nothing.toml", "[workload]\nrequests = 3\n"),
        ("trace.csv", "TIMESTAMP,ContextTokens\n"),
        ("zeros.bin", "\0\0\0"),
    ];
    let commands: Vec<[&str; 2]> = files.iter().map(|(name, _)| ["run", *name]).collect();
    let mut commands: Vec<&[&str]> = commands.iter().map(|args| &args[..]).collect();
    commands.push(&["run", "key.toml"]);
    commands.push(&["run", "scenarios/a.toml"]);
    commands.push(&["run", "."]);
    check("scenario_files", &files, &commands);
}

#[test]
fn flags() {
    check(
        "flags",
        &[("a.toml", CONSTANT)],
        &[
            &["run", "--model", "llama-3.1-9b"],
            &["run", "--model", "missing/config.json"],
            &["run", "--hardware", "toaster"],
            &["run", "--rate", "-1"],
            &["run", "--rate", "often"],
            &["run", "--rate", "nan"],
            &["run", "--requests", "0"],
            &["run", "--requests", "1e12"],
            &["run", "--tp", "3"],
            &["run", "--max-num-seqs", "many"],
            &["run", "--set", "scheduler.max_num_seq=64"],
            &["run", "--set", "scheduler"],
            &["run", "--set", "workload.arrivals.kind=closed-loop"],
            &["run", "--rat", "3"],
            &["modls"],
            &["models", "zzz"],
            &["run", "a.toml", "b.toml"],
        ],
    );
}

#[test]
fn what_cannot_be_served() {
    check(
        "what_cannot_be_served",
        &[("bad.jsonl", TRACE), ("short.toml", CONSTANT)],
        &[
            &["run", "--model", "llama-2-70b"],
            &["run", "--kv-cache-memory", "1MB"],
            &["run", "--duration", "0"],
            &["run", "--trace", "none.jsonl"],
            &["run", "--trace", "bad.jsonl"],
            &["run", "--trace", "bad.jsonl", "--users", "3"],
            &["run", "--pp", "2", "--set", "scheduler.async_scheduling=true"],
            &[
                "run",
                "short.toml",
                "--set",
                "workload.input_tokens={kind=\"empirical\",file=\"x.txt\"}",
            ],
        ],
    );
}

const HASHED: &str = r#"{"timestamp":0,"input_length":655,"output_length":5,"hash_ids":[1,2]}
{"timestamp":5,"input_length":300,"output_length":5}
"#;

/// The range of sizes holds no power of two.
const UNCLEAR: &str = r#"{"timestamp":0,"input_length":300,"output_length":5,"hash_ids":[1,2,3]}
{"timestamp":5,"input_length":121,"output_length":5,"hash_ids":[1,4]}
"#;

#[test]
fn what_requests_cannot_share() {
    check(
        "what_requests_cannot_share",
        &[("hashed.jsonl", HASHED), ("unclear.jsonl", UNCLEAR), ("a.toml", CONSTANT)],
        &[
            &["run", "--trace", "hashed.jsonl", "--trace-block-size", "16"],
            &["run", "--trace", "hashed.jsonl", "--trace-block-size", "0"],
            &["run", "--trace", "unclear.jsonl"],
            &["run", "--trace", "hashed.jsonl", "--turns", "3"],
            &["run", "a.toml", "--turns", "0"],
            &["run", "a.toml", "--set", "workload.sessions.think_s=3"],
            &["run", "a.toml", "--set", "workload.prefixes={groups=0,tokens=100}"],
            &["run", "a.toml", "--set", "workload.prefixes={groups=3,tokens=100,share=2}"],
        ],
    );
}

#[test]
fn outputs_are_checked_before_the_run() {
    check(
        "outputs_are_checked_before_the_run",
        &[("a.toml", CONSTANT)],
        &[
            &["run", "a.toml", "-o", "missing/report.json"],
            &["run", "a.toml", "-o", "report.csv"],
            &["run", "a.toml", "-o", "."],
            &["run", "a.toml", "--requests-out", "rows.txt"],
            &["run", "a.toml", "--plot", "plot.pdf"],
            &["run", "a.toml", "-o", "x.json", "--timeline", "x.json"],
            &["run", "a.toml", "--animation", "run.svg"],
            &["run", "a.toml", "--plot", "x.html", "--animation", "x.html"],
            &["run", "a.toml", "--animation", "x.html", "--animation-from", "-1"],
            &[
                "run",
                "a.toml",
                "--animation",
                "x.html",
                "--animation-from",
                "3",
                "--animation-until",
                "2",
            ],
            &["run", "a.toml", "--animation-from", "3"],
        ],
    );
}
