//! Measured runs, by the command.

use crate::harness::Folder;

const TRACE: &str = "{\"timestamp\": 0, \"input_length\": 40, \"output_length\": 3, \
                     \"hash_ids\": [1, 2, 3]}\n";
const TRUTH: &str = "request_index,arrival_s,ttft_s,e2e_s,tpot_s,stage,valid,warmup\n\
                     0,0,0.02,0.04,0.01,0,1,0\n";
const CONFIG: &str = r#"{"model": "llama-3.1-8b", "gpu": "RTX 4090", "max_model_len": 4096,
    "op_profile": "visible/tables/tp1"}"#;

fn manifest(more: &str) -> String {
    format!(
        r#"{{"runs": [{{"id": "a", "track": "t", "kind": "per_request", "trace": "trace.jsonl",
            "truth": "truth.csv", "config": "config.json", "results": "a.csv"}}{more}]}}"#
    )
}

fn folder(manifest: &str) -> Folder {
    let files = [
        ("manifest.json", manifest),
        ("trace.jsonl", TRACE),
        ("truth.csv", TRUTH),
        ("config.json", CONFIG),
    ];
    Folder::new(&files)
}

/// Small tables that cover one prompt of 40 tokens.
fn write_tables(folder: &Folder) {
    let write = |name: &str, text: &str| {
        let path = folder.path(&format!("tables/tp1/{name}"));
        std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("dense.csv", "layer,tokens,time_us\nqkv_proj,1,100\nqkv_proj,64,200\n");
    write("per_sequence.csv", "layer,sequences,time_us\nlm_head,1,500\n");
    write(
        "attention.csv",
        "prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n64,0,0,0,30\n0,0,1,16,10\n\
         16,0,0,0,10\n0,0,1,64,20\n",
    );
}

#[test]
fn runs_are_simulated_and_scored() {
    let skipped = r#", {"id": "b", "kind": "points", "results": "b.csv"}"#;
    let folder = folder(&manifest(skipped));
    write_tables(&folder);
    let args = ["accuracy", "--data", ".", "--results", "out"];
    insta::assert_snapshot!("accuracy", folder.transcript(&args));
    let rows = folder.read("out/a.csv");
    assert!(
        rows.starts_with("request_index,arrival_s,ttft_s,e2e_s,tpot_s,queue_s\n0,0,"),
        "{rows}"
    );
    assert!(folder.read("out/accuracy.csv").contains("\"a\",\"t\",0,"));
}

#[test]
fn mistakes_are_told_and_others_go_on() {
    let broken = r#", {"id": "b", "kind": "per_request", "trace": "none.jsonl", "results": "b.csv",
        "truth": "truth.csv", "config": "config.json"}, {"id": "c", "results": "c.csv"}"#;
    let folder = folder(&manifest(broken));
    let args = |more: &[&str]| {
        let all = ["accuracy", "--data", ".", "--results", "out", "--quiet"];
        folder.transcript(&[&all[..], more].concat())
    };
    let mut transcript = args(&[]);
    write_tables(&folder);
    transcript += &args(&[]);
    transcript += &args(&["--only", "zzz", "--track", "t"]);
    transcript += &args(&["--profiles", "nowhere"]);
    transcript += &folder.transcript(&["accuracy", "--data", "nowhere", "--results", "out"]);
    insta::assert_snapshot!("accuracy_mistakes", transcript);
}
