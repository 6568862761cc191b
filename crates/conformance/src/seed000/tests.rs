use super::*;

mod document;

/// Two slots, a prefill of 2 ticks, a decode step of 1; outputs of 3, 1 and 2 tokens, all there at
/// the start; the loop stops at 9 ticks.
fn golden(batcher: &str, rows: &str) -> String {
    format!(
        r#"{{
          "columns": ["seq", "added_at", "output_len", "started_at", "slot", "first_token_at",
                      "completed_at", "tokens_generated"],
          "runs": {{ "small": {{
            "config": {{ "prefill_time": 2, "itl": 1, "max_batch_size": 2, "time_limit": 9,
                         "chunks": 1, "batcher": "{batcher}", "load": "batch" }},
            "metrics": {{ "mean_ttft": 0, "n_itl": 0, "final_queue": 0, "tokens_per_1k": 0,
                          "wall_s": 0.1 }},
            "per_request": [{rows}],
            "times": []
          }} }}
        }}"#
    )
}

fn check(batcher: &str, rows: &str, expect_metrics: &Value, expect_times: &Value) {
    let conformed = run(&golden(batcher, rows)).unwrap();
    let [computed] = conformed.runs.as_slice() else { panic!("{:?}", conformed.runs) };
    assert_eq!(computed.name, "runs.small");
    assert_eq!(computed.deviation, Deviation::NONE, "{}", conformed.json["runs"]["small"]);
    let small = &conformed.json["runs"]["small"];
    assert_eq!(small["per_request"], serde_json::from_str::<Value>(&format!("[{rows}]")).unwrap());
    assert_eq!(&small["metrics"], expect_metrics);
    assert_eq!(&small["times"], expect_times);
    assert_eq!(conformed.json["tokendrome"]["largest_deviation"]["runs.small"], 0.0);
}

#[test]
fn static_batching_by_hand() {
    // Both prefills take 4 ticks; then 2 steps end the first request; the third begins at 6, in an
    // empty batch: its prefill takes 2 ticks, and its last token comes at 9, which nobody sees.
    check(
        "static",
        "[0, 0.0, 3, 0.0, 0, 4.0, 6.0, 3], [1, 0.0, 1, 0.0, 1, 4.0, 4.0, 1], \
         [2, 0.0, 2, 6.0, 0, 8.0, null, 1]",
        &json!({ "mean_ttft": 16.0 / 3.0, "n_itl": 1, "final_queue": 0,
                 "tokens_per_1k": 1e3 * 5.0 / 9.0, "wall_s": null }),
        &json!([0.0, 4.0, 5.0, 6.0, 8.0, 9.0]),
    );
}

#[test]
fn in_flight_batching_by_hand() {
    // The second slot is free at 4: the third prefill takes 2 ticks, during which the first request
    // gets one token. Then there is nothing to do: idle ticks.
    check(
        "ifb",
        "[0, 0.0, 3, 0.0, 0, 4.0, 7.0, 3], [1, 0.0, 1, 0.0, 1, 4.0, 4.0, 1], \
         [2, 0.0, 2, 4.0, 1, 6.0, 7.0, 2]",
        &json!({ "mean_ttft": 14.0 / 3.0, "n_itl": 1, "final_queue": 0,
                 "tokens_per_1k": 1e3 * 6.0 / 9.0, "wall_s": null }),
        &json!([0.0, 4.0, 6.0, 7.0, 8.0, 9.0]),
    );
}

#[test]
fn what_differs_is_found() {
    let rows = "[0, 0.0, 3, 0.0, 0, 4.5, 6.0, 3], [1, 0.0, 1, 0.0, 1, 4.0, 4.0, 1]";
    let conformed = run(&golden("static", rows)).unwrap();
    assert_eq!(conformed.runs[0].deviation, Deviation::Of(0.5));
    assert_eq!(conformed.beyond(TOLERANCE_TICKS), 1);
    let rows = "[0, 0.0, 3, 0.0, 0, 4.0, null, 3], [1, 0.0, 1, 0.0, 1, 4.0, 4.0, 1]";
    let conformed = run(&golden("static", rows)).unwrap();
    assert_eq!(conformed.runs[0].deviation, Deviation::Missing(1));
    assert_eq!(conformed.beyond(1e9), 1);
}

#[test]
fn broken_files_are_refused_by_name() {
    let row = "[0, 0.0, 3, 0.0, 0, 4.0, 6.0, 3]";
    for (text, expect) in [
        ("", "not valid JSON"),
        ("{}", "no run was found"),
        ("[]", "no run was found"),
        (&golden("dynamic", row), "runs.small: not computed: `config.batcher` must be `static`"),
        (&golden("ifb", ""), "it has no requests"),
        (&golden("ifb", "[0, 0.0, 3]"), "row 0 has not a value for every column"),
        (&golden("ifb", row).replace("completed_at", "done"), "lacks `completed_at`"),
        (&golden("ifb", row).replace("per_request", "rows"), "`per_request` must be a list"),
        (&golden("ifb", row).replace("\"time_limit\": 9", "\"time_limit\": 1e30"), "time_limit"),
        (
            &golden("ifb", &row.replace("0.0, 3, 0.0", "-1, 3, 0.0")),
            "row 0: `added_at` must be a number from 0",
        ),
        (
            &golden("ifb", &row.replace("0.0, 3, 0.0", "1, 0.5, 0.0")),
            "row 0: `output_len` must be whole",
        ),
        (&golden("ifb", "7"), "row 0 has not a value"),
        (&golden("ifb", row).replace("added_at", "added"), "`columns` lacks `added_at`"),
        (&golden("ifb", row).replace("\"chunks\": 1", "\"chunks\": 0"), "`config.chunks`"),
        (&golden("ifb", row).replace("\"itl\": 1", "\"itl\": -1"), "itl"),
    ] {
        let found = match run(text) {
            Err(error) => error.to_string(),
            Ok(of) => {
                assert_eq!(of.beyond(TOLERANCE_TICKS), 1, "{text}");
                format!("{}: {}", of.runs[0].name, of.runs[0].told())
            }
        };
        assert!(found.contains(expect), "{text}: {found}");
    }
}
