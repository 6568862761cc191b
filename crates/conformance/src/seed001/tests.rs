use super::*;

/// One run with one pool, in batches of three, one with two pools on a slow link, and a point, as a
/// reading of the original's rules in Python has them.
const GOLDEN: &str = include_str!("tests/runs.json");

fn golden() -> Value {
    serde_json::from_str(GOLDEN).unwrap()
}

fn computed_of(golden: &Value) -> Conformed {
    run(&golden.to_string()).unwrap()
}

#[test]
fn times_are_those_of_another_reading_of_the_rules() {
    let found = computed_of(&golden());
    let names: Vec<&str> = found.runs.iter().map(|run| run.name.as_str()).collect();
    assert_eq!(names, ["perf_points", "together", "apart"]);
    assert_eq!(found.beyond(TOLERANCE_S), 0, "{:?}", found.runs);
    let old = golden();
    for run in 0..2 {
        let rows = |json: &Value| json["runs"][run]["per_request"].as_array().unwrap().clone();
        for (ours, old) in rows(&found.json).iter().zip(&rows(&old)) {
            for (column, (ours, old)) in
                ours.as_array().unwrap().iter().zip(old.as_array().unwrap()).enumerate()
            {
                match (ours.as_f64(), old.as_f64()) {
                    (Some(ours), Some(old)) => {
                        assert!((ours - old).abs() < 1e-6, "column {column}: {ours} {old}");
                    }
                    (ours, old) => assert_eq!(ours, old, "column {column}"),
                }
            }
        }
    }
    let results = &found.json["runs"][0]["results"];
    assert_eq!(results["completed_requests"], 8);
    assert!(results["throughput"]["tokens_per_sec"].as_f64().unwrap() > 0.0);
    assert!(results["first_token_latency"]["p95"].as_f64().unwrap() > 0.0);
    // Weights, and the last batch: its tokens, and three times its longest prompt.
    let peak = 14e9 + f64::from(896 + 536 + 705) * 524_288.0 + 3.0 * 887.0 * 76_800.0;
    let used = results["memory"]["peak_memory_gb"].as_f64().unwrap() * f64::from(1 << 30);
    assert!((used / peak - 1.0).abs() < 1e-12, "{used} {peak}");
    let (ours, old) = (&found.json["perf_points"][0], &old["perf_points"][0]);
    for path in ["/mem/model_gb", "/mem/available_gb", "/decode_breakdown/mlp_norm"] {
        let [ours, old] = [ours, old].map(|point| point.pointer(path).unwrap().as_f64().unwrap());
        assert!((ours / old - 1.0).abs() < 1e-9, "{path}: {ours} {old}");
    }
}

#[test]
fn a_deviation_is_told() {
    let mut off = golden();
    off["runs"][1]["per_request"][3][7] = json!(1.0);
    off["perf_points"][0]["decode_s"] =
        json!(off["perf_points"][0]["decode_s"].as_f64().unwrap() * (1.0 + 2e-9));
    let found = computed_of(&off);
    assert_eq!(found.beyond(TOLERANCE_S), 2, "{:?}", found.runs);
    assert!(found.runs[0].told().ends_with("(relative)"), "{}", found.runs[0].told());
    // A time that is there on one side only.
    let mut off = golden();
    off["runs"][0]["per_request"][0][8] = Value::Null;
    assert_eq!(computed_of(&off).beyond(TOLERANCE_S), 1);
}

#[test]
fn what_cannot_be_computed_is_said() {
    let check = |change: &dyn Fn(&mut Value), words: &str| {
        let mut golden = golden();
        change(&mut golden);
        let found = computed_of(&golden);
        assert_eq!(found.beyond(TOLERANCE_S), 1, "{:?}", found.runs);
        let told: String = found.runs.iter().map(|run| run.told() + "\n").collect();
        assert!(told.contains(words), "{told}");
    };
    let params = |key: &'static str, value: Value| {
        move |golden: &mut Value| golden["runs"][0]["params"][key] = value.clone()
    };
    check(
        &params("model", json!("llama2-8b")),
        "there is no model `llama2-8b`; there are llama-7b",
    );
    check(&params("xpu", json!("h300")), "there is no accelerator `h300`");
    check(&params("tp", json!(3)), "32 attention heads cannot be split over 3");
    check(&params("strategy", json!("eager")), "`params.strategy` must be greedy or windowed");
    check(&params("batching", json!(1)), "`params.batching` is not known");
    check(&params("mbs", json!(0)), "`params.mbs` must be whole");
    check(&params("dis", json!([1, 2])), "`params.dis` must be a list of six");
    check(&|of| of["runs"][0]["per_request"] = json!([]), "it has no requests");
    check(&|of| of["perf_points"][0]["tp"] = json!(0), "point 0: `tp` must be whole");
    for nothing in ["{}", r#"{"perf_points": []}"#, r#"{"runs": [{}], "perf_points": []}"#] {
        assert!(run(nothing).is_err(), "{nothing}");
    }
}
