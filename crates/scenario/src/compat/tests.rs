use super::*;
use crate::parse::{Format, parse};
use crate::source::{Origin, Source};
use crate::tree::Node;

/// The tree of a text after rewriting, as JSON, and what was found.
fn rewritten(text: &str, times: usize) -> (serde_json::Value, Vec<String>) {
    let mut sources = Sources::default();
    let source =
        sources.add(Source { name: "test".into(), text: text.into(), origin: Origin::Text });
    let mut root = parse(source, text, Format::Toml).unwrap();
    let mut rewriter = Rewriter::new(&sources);
    for _ in 0..times {
        rewriter.rewrite(root.as_table_mut().unwrap());
    }
    let found = rewriter.problems.iter().map(|problem| problem.message.clone());
    (Node::to_json(&root), found.collect())
}

#[test]
fn rewriting_twice_changes_nothing() {
    let lab = include_str!("../load/tests/inference_lab.toml");
    let own = "model = \"x\"\nscheduler = \"vllm\"\n[workload]\ninput_tokens = 5\n\
               arrivals = { type = \"closed_loop\", users = 3 }";
    for text in [lab, own] {
        assert_eq!(rewritten(text, 1), rewritten(text, 2));
    }
}

#[test]
fn two_names_of_one_setting_are_refused() {
    let check = |text: &str, expect: &str| assert_eq!(rewritten(text, 1).1, [expect], "{text}");
    check(
        "[hardware]\nmemory = 1\nmemory_capacity = 2",
        "`memory_capacity` and `memory` are the same setting",
    );
    check(
        "[parallelism]\ntp = 1\ntensor_parallel_size = 2",
        "`tp` and `tensor_parallel_size` are the same setting",
    );
    check(
        "[workload]\ninput_tokens = 1\ninput_len_dist = { type = \"fixed\", value = 2 }",
        "`input_len_dist` and `input_tokens` are the same setting",
    );
    check(
        "[workload]\narrivals = { kind = \"poisson\", type = \"gamma\" }",
        "`type` and `kind` are the same setting",
    );
}

#[test]
fn the_seed_of_the_simulation_wins() {
    let (json, problems) = rewritten("[workload]\nseed = 1\n[simulation]\nseed = 2", 1);
    assert_eq!((json["simulation"]["seed"].as_u64(), problems.len()), (Some(2), 0));
    let (json, _) = rewritten("[workload]\nseed = 1", 1);
    assert_eq!(json["simulation"]["seed"], 1);
}

#[test]
fn the_dataset_of_inference_lab_is_ours() {
    let lab = include_str!("../load/tests/inference_lab.toml");
    let lab = lab.replace("[workload]\n", "[workload]\ndataset_path = \"chats.jsonl\"\n");
    let input = crate::Input::Text { name: "test".into(), text: lab, format: Format::Toml };
    let tokenizer = crate::Change::flag("-t", "workload.dataset.tokenizer", "t.json");
    let loaded = crate::load(&input, &[tokenizer]).unwrap();
    let workload = &loaded.scenario.workload;
    let dataset = workload.dataset.as_ref().unwrap();
    assert_eq!(
        (dataset.path.as_str(), dataset.tokenizer.as_deref()),
        ("chats.jsonl", Some("t.json"))
    );
    assert_eq!(workload.input_tokens, None);
    assert_eq!(
        workload.output_tokens,
        Some(tokendrome::workload::LengthsSpec::lognormal(5.3, 0.8, 1, None))
    );
    let notice = "`workload.input_len_dist` has no effect: the dataset brings the prompts";
    assert!(loaded.notices.iter().any(|found| found == notice), "{:?}", loaded.notices);
    loaded.scenario.resolve().unwrap();
}
