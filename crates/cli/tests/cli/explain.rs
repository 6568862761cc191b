//! Iterations, operator by operator.

use serde_json::Value;

use crate::harness::Folder;

const LAYERWISE: [&str; 2] = ["--set", "step_time=roofline-layerwise"];

fn json(folder: &Folder, args: &[&str]) -> Value {
    let text = folder.stdout(&[&["explain", "--json"], args].concat());
    serde_json::from_str(&text).unwrap()
}

#[test]
fn iterations_are_explained() {
    let folder = Folder::new(&[]);
    let explained = |args: &[&str]| folder.transcript(&[&["explain"], args].concat());
    let mut text = explained(&[]);
    let own = ["--tp", "4", "--prefill", "2048@4096", "--decodes", "64@1_500"];
    text += &explained(&[&LAYERWISE[..], &own].concat());
    let affine = ["--set", "step_time={kind=\"affine\",base_ms=5,per_token_ms=0.02}"];
    text += &explained(&[&affine[..], &["--decodes", "2000"]].concat());
    insta::assert_snapshot!("explain", text);
}

/// An iteration by itself is what a run of one request takes until its first token.
#[test]
fn a_prompt_takes_what_a_run_says() {
    let folder = Folder::new(&[]);
    let flags = ["--input-tokens", "1000", "--output-tokens", "1", "--requests", "1"];
    for step_time in ["roofline", "roofline-layerwise"] {
        let step_time = ["--set", &format!("step_time={step_time}")];
        let flags = [&flags[..], &step_time].concat();
        let report = folder.stdout(&[&["run", "-o", "-"], &flags[..]].concat());
        let report: Value = serde_json::from_str(&report).unwrap();
        let explained = json(&folder, &[&flags[..], &["--prefill", "1000"]].concat());
        let of = |json: &Value, path: &str| json.pointer(path).unwrap().as_f64().unwrap();
        let ttft_ms = of(&report, "/summary/latency/ttft_ms/mean");
        let time_ms = of(&explained, "/iterations/0/time_ms");
        assert!((ttft_ms - time_ms).abs() < 1e-5, "{ttft_ms} and {time_ms}");
    }
}

#[test]
fn typical_batches_are_those_of_the_workload() {
    let trace = "{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 5}\n\
                 {\"timestamp\": 1, \"input_length\": 20, \"output_length\": 8}\n";
    let folder = Folder::new(&[("t.jsonl", trace), ("none.jsonl", "")]);
    let found = json(&folder, &["--trace", "t.jsonl", "--max-num-seqs", "7"]);
    let batches = found["iterations"].as_array().unwrap();
    assert_eq!(batches[0]["batch"]["prefills"][0]["tokens"], 15);
    // (5 + 8) / 2 is 7, rounded; half of it 4.
    assert_eq!(batches[1]["batch"]["decodes"][0]["context"], 19);
    assert_eq!(batches[1]["batch"]["decodes"][0]["count"], 7);
    let asked = json(&folder, &["--trace", "t.jsonl", "--decodes", "3"]);
    assert_eq!(asked["iterations"][0]["batch"]["decodes"][0]["context"], 19);
}

/// Placements, profiles and options that cannot be.
#[test]
fn explain_mistakes() {
    let ticking = "scheduler = \"static\"\n[simulation]\ntime_unit = \"tick\"\n[step_time]\n\
                   prefill_time = 2\nitl = 1\n[workload]\nrequests = 3\noutput_tokens = 3\n\
                   arrivals = { kind = \"batch\", initial_batch = 3 }\n";
    let folder = Folder::new(&[("ticks.toml", ticking), ("none.jsonl", "")]);
    let mut text = String::new();
    for args in [
        &["--prefill", "many"][..],
        &["--prefill", "0"],
        &["--decodes", "5@0"],
        &["--decodes", "-3"],
        &["--decodes", "1000000@5", "--decodes", "1@5"],
        &["ticks.toml"],
        &["--trace", "none.jsonl"],
        &["--tp", "3"],
        &["--tp", "12"],
        &["--set", "hardware.memory_bandwidth=0"],
        &["--tp", "2", "--set", "hardware.link={bandwidth=0,latency_us=1}"],
        &["--model", "mixtral-8x7b", "--tp", "2", "--set", "step_time.profile=seed001"],
        &["--set", "step_time.profile=seed001", "--set", "step_time.all_reduce=tree"],
        &["--tp", "16", "--set", "step_time.all_reduce=in-switch"],
        &["--set", "step_time.all_reduce=in_switch"],
        &["--set", "step_time.gemm_efficiency_by_dtype.fp9=0.5"],
        &["--set", "step_time=roofline", "--set", "step_time.all_reduce=ring"],
    ] {
        let is_of_kind = args.join(" ").contains("step_time.");
        let kind = if is_of_kind { &LAYERWISE[..] } else { &[] };
        let transcript = folder.transcript(&[&["explain"], kind, args].concat());
        assert!(transcript.ends_with("[status 2]\n"), "{transcript}");
        text += &transcript;
        text.push('\n');
    }
    insta::assert_snapshot!("explain_mistakes", text);
}
