//! Small folders of measurements, made here.

use std::fs;
use std::path::Path;

use tokendrome_accuracy::{Errors, Exam, Metric, Profiles, Run, Unit, score, simulate};

const TRACE: &str = r#"{"timestamp": 0, "input_length": 40, "output_length": 3, "hash_ids": [1,2,3]}
{"timestamp": 500.5, "input_length": 16, "output_length": 2, "hash_ids": [4]}
"#;

const CONFIG: &str = r#"{
  "model": "meta-llama/Llama-3.1-8B", "gpu": "NVIDIA H100 SXM 80GB", "tensor_parallel": 1,
  "engine": "vllm", "engine_version": "0.15.1", "max_num_batched_tokens": 2048, "max_num_seqs": 128,
  "max_model_len": null, "gpu_memory_utilization": 0.9, "kv_blocks": 5000, "mystery": {"a": 1},
  "flags": {"enable_prefix_caching": true, "async_scheduling": "engine default"}
}"#;

const RUNS: &str = "run,model,gpu,weight_precision,tp,dp,engine_version,max_num_seqs,kv_blocks\n\
                    sum,meta-llama/Llama-3.1-8B,H100-SXM-80GB,FP16,1,1,0.15.1,128,\n";

fn folder(manifest: &str, truth: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let write = |name: &str, text: &str| {
        fs::write(dir.path().join(name), text).expect("the file can be written");
    };
    write("manifest.json", manifest);
    write("trace.jsonl", TRACE);
    write("config.json", CONFIG);
    write("truth.csv", truth);
    write("runs.csv", RUNS);
    dir
}

fn scored(dir: &Path) -> (Exam, Vec<Unit>) {
    let exam = Exam::open(dir).expect("the manifest can be read");
    let run = exam.runs.iter().find(|run| run.is_simulated()).expect("a run has a trace");
    let planned = exam.plan(run, &Profiles::default()).expect("the run is complete");
    let (requests, _) = simulate(&planned.scenario).expect("the run can be simulated");
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].arrival_s, 0.5005);
    let units = score(&exam, run, &requests).expect("the truth fits");
    (exam, units)
}

fn get(figures: &Errors, metric: Metric) -> f64 {
    figures.get(metric).expect("there is such a figure")
}

/// The truth of one stage is half of what comes out, of the other the same and more.
#[test]
fn a_run_is_scored_stage_by_stage() {
    let manifest = r#"{"runs": [
        {"id": "one", "track": "t", "kind": "per_request", "trace": "trace.jsonl",
         "truth": "truth.csv", "config": "config.json", "results": "one.csv",
         "score_stages": [0, 1], "baseline": null, "unknown": [1]},
        {"id": "two", "kind": "per_request", "trace": null, "results": "two.csv"},
        {"id": "three", "kind": "points", "results": "three.csv", "rows": 7},
        {"kind": "per_request"}
    ]}"#;
    let head = "request_index,arrival_s,ttft_s,e2e_s,tpot_s,stage,valid,warmup\n";
    let truth = format!("{head}0,0,0.01,0.02,0.005,0,1,0\n1,0.5005,0.03,0.04,0.01,1,1,0\n");
    let dir = folder(manifest, &truth);
    let (exam, units) = scored(dir.path());
    assert_eq!(exam.runs.iter().map(Run::is_simulated).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(exam.unreadable.len(), 1);
    assert!(exam.unreadable[0].contains("run 3 of the manifest (no id)"), "{:?}", exam.unreadable);
    assert_eq!(units.iter().map(|unit| unit.stage).collect::<Vec<_>>(), [0, 1]);
    for (unit, ttft_s) in units.iter().zip([0.01, 0.03]) {
        assert_eq!(get(&unit.truth, Metric::TtftMean), ttft_s);
        let found = get(&unit.found, Metric::TtftMean);
        let error = 100.0 * (found - ttft_s) / ttft_s;
        assert!((get(&unit.errors, Metric::TtftMean) - error).abs() < 1e-9);
        assert!((get(&unit.errors, Metric::MapeTtft) - error.abs()).abs() < 1e-9);
    }
}

#[test]
fn the_settings_of_a_summary_stand_in_the_table_beside_it() {
    let manifest = r#"{"runs": [{"id": "sum", "track": "g", "kind": "summary",
        "trace": "trace.jsonl", "truth": "truth.csv", "results": "sum.csv", "output_len": 3,
        "stages": [{"stage": 0, "first_request": 0, "requests": 1},
                   {"stage": 1, "first_request": 1, "requests": 1}]}]}"#;
    let truth = "run,stage,e2e_mean_s,ttft_mean_s,tpot_mean_s\n\
                 other,-1,9,9,9\nsum,-1,0.05,0.01,0.02\nsum,1,0.04,0.02,0.01\n";
    let dir = folder(manifest, truth);
    let (_, units) = scored(dir.path());
    // Stage 0 was not measured.
    assert_eq!(units.iter().map(|unit| unit.stage).collect::<Vec<_>>(), [-1, 1]);
    let whole = &units[0];
    let (e2e, ttft) = (get(&whole.found, Metric::E2eMean), get(&whole.found, Metric::TtftMean));
    assert!((get(&whole.found, Metric::TpotMean) - (e2e - ttft) / 2.0).abs() < 1e-12);
    assert!((get(&whole.errors, Metric::E2eMean) - 100.0 * (e2e / 0.05 - 1.0)).abs() < 1e-9);
}

#[test]
fn what_is_missing_is_said() {
    let check = |manifest: &str, expect: &str| {
        let dir = folder(manifest, "run,stage\n");
        let exam = Exam::open(dir.path()).map_err(|error| error.to_string());
        let planned = exam.and_then(|exam| {
            let plan = exam.plan(&exam.runs[0], &Profiles::default());
            plan.map_err(|error| error.to_string())
        });
        let error = planned.expect_err("something is missing");
        assert!(error.contains(expect), "{error}");
    };
    check("{", "manifest.json: EOF while parsing");
    check("{}", "manifest.json: there is no list `runs`");
    let run = |fields: &str| {
        format!(r#"{{"runs": [{{"id": "a", "kind": "summary", "results": "a.csv", {fields}}}]}}"#)
    };
    check(&run(r#""truth": "truth.csv""#), "runs.csv: no row has `a` in the column `run`");
    check(&run(r#""config": "no.json""#), "no.json cannot be read: there is no such file");
    check(&run(r#""trace": "no.gz", "config": "config.json""#), "the manifest names it as the");
    let error = Exam::open(Path::new("no such folder")).expect_err("there is none").to_string();
    assert!(error.contains("give one with a `manifest.json`"), "{error}");
}
