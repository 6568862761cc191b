//! Workloads whose prompts come from a dataset.

use std::path::Path;

use serde_json::Value;

use crate::harness::{CONSTANT, Folder};

/// A tokenizer for which each word of a few is a token.
const TOKENIZER: &str = r#"{"version": "1.0", "pre_tokenizer": {"type": "WhitespaceSplit"},
    "model": {"type": "WordLevel", "unk_token": "?",
        "vocab": {"?": 0, "a": 1, "b": 2, "c": 3, "d": 4}}}"#;

/// Inference Lab's way of saying it.
const LAB: &str = r#"model = "llama-3.1-8b"
hardware = "h100-sxm"
step_time = { kind = "constant", step_ms = 10.0 }

[workload]
dataset_path = "chats.jsonl"
arrival_pattern = "fixed_rate"
arrival_rate = 10.0
input_len_dist = { type = "fixed", value = 100 }
output_len_dist = { type = "fixed", value = 50 }
"#;

/// A chat of so many words, with a limit of its answer.
fn chat(words: usize, max_tokens: u32) -> String {
    let text = ["a", "b", "c", "d"].into_iter().cycle().take(words);
    let text = text.collect::<Vec<_>>().join(" ");
    let messages = format!(r#"[{{"role": "user", "content": "{text}"}}]"#);
    format!("{{\"messages\": {messages}, \"max_tokens\": {max_tokens}}}\n")
}

fn folder() -> Folder {
    let chats: String = (0..12).map(|i| chat(40 + i, 60 - 2 * i as u32)).collect();
    Folder::new(&[
        ("lab.toml", LAB),
        ("constant.toml", CONSTANT),
        ("chats.jsonl", &chats),
        ("tokenizer.json", TOKENIZER),
    ])
}

fn report(folder: &Folder, args: &[&str]) -> Value {
    serde_json::from_str(&folder.stdout(&[args, &["-o", "-"]].concat())).unwrap()
}

fn mean(summary: &Value, figure: &str) -> f64 {
    summary[figure]["mean"].as_f64().unwrap()
}

const COUNTED: [&str; 4] = ["-t", "tokenizer.json", "--chat-template", "None"];

#[test]
fn prompts_are_counted_outputs_cut_and_beginnings_shared() {
    let folder = folder();
    let lab = report(&folder, &[&["run", "lab.toml"][..], &COUNTED].concat());
    let summary = &lab["summary"];
    assert_eq!(summary["requests"]["completed"], 12);
    assert_eq!(summary["prefix_cache"]["queried_tokens"], (40..52).sum::<u32>());
    // 50 tokens each, but the limits end at 38.
    let outputs: u32 = (0..12).map(|i| 50.min(60 - 2 * i)).sum();
    assert_eq!(mean(summary, "output_tokens"), f64::from(outputs) / 12.0);
    // Blocks of 16: all but the first hit two or three, never the whole prompt.
    let hits: u32 = (1..12).map(|i: u32| (39 + i) / 16 * 16).sum();
    assert_eq!(summary["prefix_cache"]["cached_tokens"], hits, "{}", summary["prefix_cache"]);
    let notices = lab["notices"].to_string();
    assert!(notices.contains("`workload.input_len_dist` has no effect"), "{notices}");
    let off = ["--set", "scheduler.enable_prefix_caching=false"];
    let off = report(&folder, &[&["run", "lab.toml"][..], &COUNTED, &off].concat());
    assert_eq!(off["summary"]["prefix_cache"], Value::Null);
}

#[test]
fn a_dataset_takes_the_place_of_lengths_only() {
    let folder = folder();
    let dataset = [&["run", "constant.toml", "--dataset", "chats.jsonl"][..], &COUNTED].concat();
    let of = |more: &[&str]| report(&folder, &[&dataset[..], more].concat())["summary"].clone();
    assert_eq!(of(&[])["requests"]["completed"], 12);
    assert_eq!(of(&["--requests", "5"])["requests"]["completed"], 5);
    assert_eq!(of(&["--users", "3"])["requests"]["completed"], 12);
    let short = folder.transcript(&[&dataset[..], &["--requests", "13"]].concat());
    let notice = "the dataset has 12 requests, fewer than the 13 asked for";
    assert!(short.contains(notice), "{short}");
}

#[test]
fn recorded_answers_are_as_long_as_they_were() {
    let folder = Folder::new(&[
        ("tokenizer.json", TOKENIZER),
        (
            "s.json",
            r#"[{"conversations": [{"from": "human", "value": "a b"},
                {"from": "gpt", "value": "a a a"}, {"from": "human", "value": "c"},
                {"from": "gpt", "value": "d d"}]}]"#,
        ),
        (
            "s.toml",
            r#"model = "llama-3.1-8b"
                hardware = "h100-sxm"
                [workload.dataset]
                path = "s.json"
                tokenizer = "tokenizer.json"
                chat_template = "None"
                turns = "all""#,
        ),
    ]);
    let report = report(&folder, &["run", "s.toml"]);
    assert_eq!(mean(&report["summary"], "input_tokens"), f64::from(2 + 6) / 2.0);
    assert_eq!(mean(&report["summary"], "output_tokens"), f64::from(3 + 2) / 2.0);
}

#[test]
fn many_runs_see_the_same_prompts() {
    let folder = folder();
    let dataset = [&["--dataset", "chats.jsonl", "--rate", "20"][..], &COUNTED].concat();
    let run = |threads: &str| {
        let args = ["run", "constant.toml", "--trials", "4", "--threads", threads, "-o", "-"];
        let report = folder.stdout(&[&args[..], &dataset].concat());
        serde_json::from_str::<Value>(&report).unwrap()
    };
    assert_eq!(run("1")["summary"], run("3")["summary"]);
    let sweep = ["sweep", "constant.toml", "--vary", "scheduler.block_size=8,16", "-o", "-"];
    let points = folder.stdout(&[&sweep[..], &dataset].concat());
    assert_eq!(points.lines().count(), 3, "{points}");
    let explained = folder.stdout(&[&["explain", "constant.toml"][..], &dataset].concat());
    assert!(explained.contains("46"), "the mean prompt has 46 tokens: {explained}");
}

#[test]
fn the_example_hits_its_system_prompt() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/dataset.toml");
    let report = report(&Folder::new(&[]), &["run", example.to_str().unwrap()]);
    let hits = report["summary"]["prefix_cache"]["cached_tokens"].as_u64().unwrap();
    assert!(hits > 2_000, "{hits}");
}

#[test]
fn mistakes() {
    let folder = Folder::new(&[
        ("constant.toml", CONSTANT),
        ("tokenizer.json", TOKENIZER),
        ("good.jsonl", &chat(3, 5)),
        ("zero.jsonl", &chat(3, 0)),
        ("broken.jsonl", &format!("{}{{\"messages\": [{{\"role\": 5}}]}}\n", chat(3, 5))),
        ("none.jsonl", "{\"messages\": []}\n"),
        ("empty.jsonl", ""),
        ("no_tokenizer.json", "{\"version\": \"1.0\"}"),
        ("bad.jinja", "{% for message in messages %}\n{{ message.content }\n{% endfor %}\n"),
        ("refusing.jinja", "{{ messages and raise_exception('Only tools.') }}"),
    ]);
    let with = |file: &str, rest: &[&'static str]| {
        let args = ["run", "constant.toml", "--dataset", file];
        folder.transcript(&[&args[..], rest].concat())
    };
    let template = |name| ["-t", "tokenizer.json", "--chat-template", name];
    let mut transcripts = vec![
        with("good.jsonl", &[]),
        with("good.jsonl", &["-t", "tokenizer.json"]),
        with("good.jsonl", &["-t", "no_tokenizer.json", "--chat-template", "None"]),
        with("good.jsonl", &["-t", "tokenizers.json", "--chat-template", "None"]),
        with("good.jsonl", &template("bad.jinja")),
        with("good.jsonl", &template("refusing.jinja")),
        with("good.jsonl", &template("chatml")),
        with("zero.jsonl", &COUNTED),
        with("broken.jsonl", &COUNTED),
        with("none.jsonl", &COUNTED),
        with("empty.jsonl", &COUNTED),
        with("god.jsonl", &COUNTED),
        with("good.jsonl", &[&COUNTED[..], &["--turns", "3"]].concat()),
        with("good.jsonl", &[&COUNTED[..], &["-o", "good.jsonl"]].concat()),
        with("good.jsonl", &[&COUNTED[..], &["-o", "tokenizer.json"]].concat()),
    ];
    transcripts.push(folder.transcript(&["run", "constant.toml", "-t", "tokenizer.json"]));
    for transcript in &transcripts {
        assert!(transcript.ends_with("[status 2]\n"), "{transcript}");
    }
    insta::assert_snapshot!("dataset_mistakes", transcripts.join("\n"));
}
