use serde_json::{Value, json};

use super::*;

/// A batch takes 10 ms and 1 ms a token; the first prompt has 5 tokens, the second 3, and comes
/// after 20 ms. `times` are the recorded ends of prompt, first decode and request.
fn golden(scheduler: &str, config: &Value, times: [[f64; 3]; 2]) -> Value {
    let mut all = json!({ "c_ms": 10, "a_ms": 1, "b0": 0, "max_sequences": 8 });
    all.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    let row = |id: u32, arrival: f64, prompt: u32, output: u32| {
        let [prefill, decode, done] = times[id as usize];
        json!([id, arrival, prompt, output, prefill, decode, done])
    };
    json!({
        "columns": ["qid", "arrival_t", "L", "B", "prefill_done_t", "decode_start_t", "done_t"],
        "batch_columns": ["t", "gpu", "type", "prefill_tokens", "decode_seqs", "finish_t"],
        "runs": [{
            "name": "by_hand",
            "config": all,
            "scheduler": scheduler,
            "decode_seq_ratio": null,
            "stuck_forever": false,
            "summary": { "mean_ttft_s": 0, "mean_tbt_s": 0, "p95_rts_s": 0, "throughput_qps": 0,
                "n_completed": 0, "num_gpus": 0, "unheard_of": 1 },
            "n_batches": 0,
            "n_ticks": 3,
            "first_batches": [[], []],
            "per_query": [row(0, 0.0, 5, 3), row(1, 0.02, 3, 2)],
        }],
    })
}

const DECODES_FIRST: [[f64; 3]; 2] = [[0.015, 0.026, 0.048], [0.061, 0.072, 0.083]];

#[test]
fn a_run_by_hand() {
    let conformed = run(&golden("decode", &json!({}), DECODES_FIRST).to_string()).unwrap();
    assert_eq!((conformed.runs[0].steps, conformed.beyond(TOLERANCE_S)), (7, 0));
    let ours = &conformed.json["runs"][0];
    assert_eq!(ours["first_batches"][0], json!([0.0, 0, "prefill", 5, 0, 0.015]));
    assert_eq!(ours["first_batches"][1], json!([0.015, 0, "decode", 0, 1, 0.026]));
    assert_eq!((&ours["n_batches"], &ours["n_ticks"]), (&json!(7), &Value::Null));
    let summary = |name: &str| ours["summary"][name].as_f64().unwrap();
    // TTFT 26 and 52 ms; 22 ms for three tokens and 11 for two; 48 and 63 ms in all.
    assert!((summary("mean_ttft_s") - 0.039).abs() < 1e-12);
    assert!((summary("mean_tbt_s") - (22.0 / 3.0 + 11.0 / 2.0) / 2e3).abs() < 1e-12);
    assert!((summary("p95_rts_s") - (0.048 + 0.95 * 0.015)).abs() < 1e-12);
    assert!((summary("throughput_qps") - 2.0 / 0.083).abs() < 1e-9);
    assert_eq!((summary("n_completed"), summary("num_gpus")), (2.0, 1.0));
    assert_eq!(ours["summary"]["unheard_of"], Value::Null);
}

#[test]
fn the_other_orders_and_more_engines() {
    let prompts_first = [[0.015, 0.026, 0.063], [0.039, 0.051, 0.063]];
    let both = [[0.015, 0.026, 0.051], [0.039, 0.051, 0.062]];
    let two = [[0.015, 0.026, 0.048], [0.033, 0.044, 0.055]];
    for (scheduler, config, times) in [
        ("prefill", json!({}), prompts_first),
        ("hybrid", json!({}), both),
        ("decode", json!({ "num_gpus": 2 }), two),
    ] {
        let conformed = run(&golden(scheduler, &config, times).to_string()).unwrap();
        assert_eq!(conformed.beyond(TOLERANCE_S), 0, "{scheduler}: {:?}", conformed.runs);
    }
}

#[test]
fn a_deviation_is_told() {
    let mut times = DECODES_FIRST;
    times[1][2] += 2e-7;
    let conformed = run(&golden("decode", &json!({}), times).to_string()).unwrap();
    assert_eq!(conformed.beyond(TOLERANCE_S), 1);
    let largest = &conformed.json["tokendrome"]["largest_deviation"]["by_hand"];
    assert!((largest.as_f64().unwrap() - 2e-7).abs() < 1e-9);
}

#[test]
fn what_never_ends_or_is_random_is_not_compared() {
    let mut stuck = golden("decode", &json!({ "max_tokens": 4 }), DECODES_FIRST);
    stuck["runs"][0]["stuck_forever"] = json!(true);
    let random = golden("decode", &json!({ "service_time_model": "exponential" }), DECODES_FIRST);
    for (golden, words) in [(stuck, "never ends"), (random, "random")] {
        let conformed = run(&golden.to_string()).unwrap();
        assert!(conformed.runs[0].deviation.to_string().contains(words));
        assert_eq!(conformed.beyond(TOLERANCE_S), 0);
        let done = &conformed.json["runs"][0]["per_query"][0][6];
        // What does not fit is refused, and has no times.
        assert_eq!(done.is_null(), words == "never ends", "{done}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let check = |golden: &Value, words: &str| {
        let found = match run(&golden.to_string()) {
            Err(error) => error.to_string(),
            Ok(of) => {
                assert_eq!(of.beyond(TOLERANCE_S), 1);
                assert!(of.json["runs"][0]["per_query"][0][6].is_null());
                format!("{}: {}", of.runs[0].name, of.runs[0].told())
            }
        };
        assert!(found.contains(words), "{found}");
    };
    let right = || golden("decode", &json!({}), DECODES_FIRST);
    check(
        &golden("random", &json!({}), DECODES_FIRST),
        "by_hand: not computed: `scheduler` must be",
    );
    check(&golden("decode", &json!({ "c_ms": -1 }), DECODES_FIRST), "`config.c_ms` must be");
    check(&golden("decode", &json!({ "num_gpus": 0 }), DECODES_FIRST), "`config.num_gpus`");
    check(&golden("decode", &json!({ "b0": 0.5 }), DECODES_FIRST), "`config.b0` must be whole");
    let mut wrong = right();
    wrong["runs"][0]["per_query"][1][1] = json!(-3);
    check(&wrong, "row 1: `arrival_t` must be a number from 0");
    let mut wrong = right();
    wrong["runs"][0]["per_query"][0][1] = json!(1.0);
    check(&wrong, "row 1: `arrival_t` lies before");
    let mut wrong = right();
    wrong["runs"][0]["per_query"][1] = json!([1]);
    check(&wrong, "row 1 has not a value for every column");
    let mut wrong = right();
    wrong["columns"][6] = json!("gone_t");
    check(&wrong, "`columns` lacks `done_t`");
    let mut wrong = right();
    wrong["runs"][0]["per_query"] = json!([]);
    let found = run(&wrong.to_string()).unwrap();
    assert!(found.runs[0].told().contains("it has no requests"), "{:?}", found.runs);
    check(&json!({ "runs": [] }), "no run was found");
}

/// A run that cannot be simulated is told of, and the others are computed all the same.
#[test]
fn one_run_does_not_stop_the_others() {
    let mut both = golden("hybrid", &json!({ "max_sequences": 1 }), DECODES_FIRST);
    let right = golden("decode", &json!({}), DECODES_FIRST);
    both["runs"].as_array_mut().unwrap().push(right["runs"][0].clone());
    let found = run(&both.to_string()).unwrap();
    assert_eq!((found.beyond(TOLERANCE_S), found.not_compared()), (1, 0));
    assert!(found.runs[0].told().starts_with("not computed: scheduler.decode_seq_ratio"));
    assert!(found.runs[1].deviation.is_within(TOLERANCE_S));
    // The original never ends either: then it is no failure.
    both["runs"][0]["stuck_forever"] = json!(true);
    let found = run(&both.to_string()).unwrap();
    assert_eq!((found.beyond(TOLERANCE_S), found.not_compared()), (0, 1));
}

/// A request that comes as a batch ends is in the next, which another executor's end begins.
#[test]
fn who_comes_as_a_batch_ends_is_seen_by_the_next() {
    let config = json!({ "num_gpus": 2, "max_sequences": 1, "c_ms": 10, "a_ms": 0, "b0": 0 });
    let mut of = golden("prefill", &config, DECODES_FIRST);
    of["runs"][0]["per_query"] = json!([
        [0, 0.0, 1, 3, 0.01, 0.02, 0.05],
        [1, 0.0, 1, 3, 0.01, 0.02, 0.04],
        [2, 0.02, 1, 1, 0.03, 0.04, 0.04],
    ]);
    let found = run(&of.to_string()).unwrap();
    let prefilled = &found.json["runs"][0]["per_query"][2][4];
    assert!((prefilled.as_f64().unwrap() - 0.03).abs() < 1e-9, "{prefilled}");
}
