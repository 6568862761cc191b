use super::*;
use crate::content::Tokens as _;

const SCENARIO: &str = r#"{
  "name": "a",
  "config": {
    "max_num_batched_tokens": 256,
    "max_num_seqs": 8,
    "block_size": 16,
    "num_gpu_blocks": 20,
    "max_model_len": 128
  },
  "cost": {"base_ns": 1000, "per_token_ns": 10},
  "requests": [
    {"id": "a", "arrival_ns": 5, "max_tokens": 3, "segments": [[1, 0, 20]], "out_stream": 2},
    {"id": "b", "arrival_ns": 0, "max_tokens": 900, "prompt_token_ids": [7, 8], "out_stream": 3}
  ]
}
"#;

/// The scenario with some of its text replaced.
#[track_caller]
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(SCENARIO.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    })
}

#[track_caller]
fn check(changes: &[(&str, &str)], expect: &str) {
    let error = Scenario::parse(&changed(changes)).unwrap_err();
    assert_eq!(error.to_string(), expect, "{changes:?}");
}

#[test]
fn a_scenario_is_read_with_its_defaults() {
    let scenario = Scenario::parse(SCENARIO).unwrap();
    let config = &scenario.config;
    assert!(config.enable_prefix_caching && config.enable_chunked_prefill);
    assert!(config.scheduler_reserve_full_isl && !config.async_scheduling);
    assert_eq!((config.max_num_scheduled_tokens, config.prefill_schedule_interval), (None, 1));
    assert_eq!(scenario.cost, Cost { base: 1_000, per_token: 10, host: 0, sleep: 1_000_000 });
    assert_eq!(scenario.cost_echo, r#"{"base_ns":1000,"per_token_ns":10}"#);
    // By arrival.
    let [b, a] = &scenario.requests[..] else { panic!("two requests") };
    assert_eq!((a.id.as_str(), a.length()), ("a", 20 + 3));
    assert_eq!((b.id.as_str(), b.length()), ("b", 128));
}

#[test]
fn null_is_absence_and_zero_is_no_limit() {
    let scenario = Scenario::parse(&changed(&[
        ("\"max_num_seqs\"", "\"max_num_scheduled_tokens\": 0, \"max_num_seqs\""),
        ("\"max_num_seqs\"", "\"max_num_active_seqs\": null, \"max_num_seqs\""),
        ("\"max_num_seqs\"", "\"watermark\": null, \"policy\": null, \"max_num_seqs\""),
        ("\"max_num_seqs\"", "\"async_scheduling\": null, \"max_num_seqs\""),
        ("\"out_stream\": 2", "\"out_stream\": 2, \"eos_after\": null, \"priority\": null"),
        ("\"cost\"", "\"note\": null, \"trace\": null, \"cost\""),
    ]))
    .unwrap();
    assert_eq!(scenario.config.max_num_scheduled_tokens, None);
    assert_eq!(scenario.requests[1].length(), 23);
    check(
        &[("\"block_size\"", "\"enable_prefix_caching\": null, \"block_size\"")],
        "3:13: config.enable_prefix_caching must be true or false, or be left out for true; \
         found null",
    );
}

/// Each of the changes and the answer to it.
#[test]
fn the_wrong_field_is_named() {
    let changes = [
        ("256", "\"256\""),
        ("256", "256.0"),
        ("256", "NaN"),
        ("256", "0"),
        ("256", "-99999999999999999999999999999999999999999"),
        ("256", "99999999999999999999999999999999999999999"),
        ("\"max_num_seqs\": 8,", ""),
        ("\"max_num_seqs\": 8,", "\"max_num_seqs\": null,"),
        ("\"max_num_seqs\": 8", "\"max_num_seq\": 8"),
        ("\"max_num_seqs\": 8", "\"max_num_seqs\": 8, \"block_size\": 8"),
        ("\"block_size\": 16", "\"block_size\": 16, \"policy\": \"sjf\""),
        ("\"block_size\": 16", "\"block_size\": 16, \"watermark\": 1"),
        ("\"block_size\": 16", "\"block_size\": 16, \"watermark\": NaN"),
        ("\"block_size\": 16", "\"block_size\": 16, \"enable_chunked_prefill\": 1"),
        ("\"cost\"", "\"trace\": {\"block\": true}, \"cost\""),
        ("\"cost\"", "\"temperature\": 1, \"cost\""),
        ("1000", "99999999999999"),
        ("\"base_ns\"", "\"host_ns\": 4, \"base_ns\""),
        ("\"name\": \"a\"", "\"name\": 3"),
        ("[[1, 0, 20]]", "[[1, 0]]"),
        ("[[1, 0, 20]]", "[[1, -1, 20]]"),
        ("[[1, 0, 20]]", "[]"),
        ("20]]", "20], [1, 0, 108]]"),
        ("[7, 8]", "[7, 4294967296]"),
        ("[7, 8]", "[7, 8], \"segments\": []"),
        ("\"segments\": [[1, 0, 20]], ", ""),
        ("\"max_tokens\": 3", "\"max_tokens\": 0"),
        ("\"max_tokens\": 3", "\"max_tokens\": 3, \"eos_after\": 0"),
        ("\"max_tokens\": 3", "\"max_tokens\": 3, \"priority\": 2147483648"),
        ("\"id\": \"b\"", "\"id\": \"a\""),
        ("\"id\": \"b\"", "\"id\": 5"),
        ("\"arrival_ns\": 0", "\"arrival_step\": 0"),
        ("\"arrival_ns\": 0", "\"arrival_ns\": -1"),
        ("\"arrival_ns\": 0, ", ""),
    ];
    let answers = changes.map(|change| {
        let error = Scenario::parse(&changed(&[change])).unwrap_err();
        format!("{} -> {}\n  {error}\n", change.0, change.1)
    });
    insta::assert_snapshot!(answers.concat());
}

#[test]
fn what_vllm_refuses_is_refused() {
    check(
        &[("256", "7")],
        "4:31: config.max_num_batched_tokens must be at least max_num_seqs (8); found 7",
    );
    check(
        &[("256", "127, \"enable_chunked_prefill\": false")],
        "4:31: config.max_num_batched_tokens must be at least max_model_len (128) while \
         enable_chunked_prefill is false; found 127",
    );
    check(
        &[("256", "256, \"long_prefill_token_threshold\": 129")],
        "4:68: config.long_prefill_token_threshold must be at most max_model_len (128); found 129",
    );
    check(
        &[("256", "256, \"max_num_active_seqs\": 9")],
        "4:59: config.max_num_active_seqs must be at most max_num_seqs (8); found 9",
    );
    check(
        &[("256", "256, \"prefill_schedule_interval\": 0")],
        "4:65: config.prefill_schedule_interval must be at least 1; found 0",
    );
}

#[test]
fn requests_that_would_wait_for_ever_are_refused() {
    check(
        &[("\"num_gpu_blocks\": 20", "\"num_gpu_blocks\": 8")],
        "13:5: requests[1] can never be served: the sequence needs 8 KV blocks; the cache has 7",
    );
    check(
        &[("256", "256, \"max_num_scheduled_tokens\": 10, \"enable_chunked_prefill\": false")],
        "12:5: requests[0] can never be served: the prompt has 20 tokens, an iteration at most 10, \
         and chunked prefill is off",
    );
}

#[test]
fn arrivals_by_step_are_for_the_synchronous_loop() {
    let by_step = [
        ("\"arrival_ns\": 5", "\"arrival_step\": 5"),
        ("\"arrival_ns\": 0", "\"arrival_step\": 0"),
    ];
    let scenario = Scenario::parse(&changed(&by_step)).unwrap();
    assert!(scenario.arrives_by_step);
    assert_eq!(scenario.requests[0].id, "b");
    let [first, second] = by_step;
    check(
        &[first, second, ("256", "256, \"async_scheduling\": true")],
        "12:33: requests[0].arrival_step must be arrival_ns, a time, while async_scheduling is \
         true; found 5",
    );
}

#[test]
fn features_that_are_not_modelled_are_refused_by_name() {
    for (key, value, feature) in [
        ("speculative_config", "{\"method\": \"ngram\"}", "speculative decoding"),
        ("num_speculative_tokens", "3", "speculative decoding"),
        ("enable_lora", "true", "LoRA"),
        ("lora_config", "{}", "LoRA"),
        ("kv_transfer_config", "{}", "a KV connector"),
        ("pipeline_parallel_size", "2", "pipeline parallelism"),
        ("data_parallel_size", "2", "data parallelism"),
        ("sliding_window", "4096", "a sliding window"),
        ("structured_outputs_config", "{}", "structured output"),
        ("pooler_config", "{}", "a pooling model"),
    ] {
        check(
            &[("\"block_size\"", &format!("\"{key}\": {value}, \"block_size\""))],
            &format!("6:5: {feature} is not modelled (`config.{key}`); the scenario cannot be run"),
        );
    }
    for (key, feature) in [
        ("lora_request", "LoRA"),
        ("abort_ns", "aborting requests"),
        ("structured_outputs", "structured output"),
        ("cache_salt", "a salted prefix cache"),
    ] {
        check(
            &[("\"max_tokens\"", &format!("\"{key}\": 5, \"max_tokens\""))],
            &format!(
                "12:34: {feature} is not modelled (`requests[0].{key}`); the scenario cannot be run"
            ),
        );
    }
}

#[test]
fn features_that_are_switched_off_are_no_obstacle() {
    let off = "\"speculative_config\": null, \"enable_lora\": false, \
               \"num_lookahead_tokens\": 0, \"pipeline_parallel_size\": 1, \"block_size\"";
    assert!(Scenario::parse(&changed(&[("\"block_size\"", off)])).is_ok());
    check(
        &[("\"block_size\"", "\"tensor_parallel_size\": 0.5, \"block_size\"")],
        "6:5: tensor parallelism is not modelled (`config.tensor_parallel_size`); the scenario \
         cannot be run",
    );
}

#[test]
fn what_is_no_scenario_is_told_so() {
    let check = |text: &str, expect: &str| {
        assert_eq!(Scenario::parse(text).unwrap_err().to_string(), expect);
    };
    check("", "1:1: the scenario is empty; it must be a JSON object");
    check(" \n ", "1:1: the scenario is empty; it must be a JSON object");
    check("[]", "1:1: the scenario must be an object; found a list");
    check("{}", "1:1: config is missing, and has no default");
    check("{\"name\": \"a\"", "1:1: not valid JSON: Unterminated object");
    check("{\"name\": \"a\",}", "1:13: not valid JSON: Trailing commas are not allowed");
    check("{\n\"name\": a}", "2:9: not valid JSON: Unexpected token");
    check(
        "{\"requests\": []} x",
        "1:18: not valid JSON: Text cannot contain more than one JSON value",
    );
    check(&"[".repeat(2_000), "1:513: not valid JSON: Maximum nesting depth exceeded");
    let none = SCENARIO.split("[\n").next().unwrap().to_owned() + "[]}";
    check(&none, "11:15: requests must hold at least one request; found an empty list");
}
