//! Clusters counted in accelerators, two pools by flags, and the files and keys of another program.

use serde_json::Value;

use crate::harness::Folder;

const ONE: &str = "run --model llama-2-70b --xpu mi300x --n-xpus-per-node 8 --tp 8 \
                   --arrival-rate 5 --duration 20 --warm-up 2 -o -";

const TWO: &str = "run --model llama-2-70b --disaggregated \
                   --prefill-xpu a100-sxm-80gb --prefill-n-xpus 4 --prefill-tp 4 \
                   --decode-xpu mi300x --decode-n-xpus 16 --decode-tp 8 \
                   --transfer-bandwidth 400 --transfer-latency 1 \
                   --arrival-rate 2 --duration 20 --warm-up 2 -o -";

fn json(folder: &Folder, line: &str) -> Value {
    let words: Vec<&str> = line.split_whitespace().collect();
    serde_json::from_str(&folder.stdout(&words)).unwrap()
}

#[test]
fn one_node_is_a_replica() {
    let folder = Folder::new(&[]);
    let report = json(&folder, ONE);
    let scenario = &report["scenario"];
    assert_eq!(scenario["hardware"]["name"], "mi300x");
    assert_eq!(scenario["cluster"]["replicas"], 1);
    assert_eq!(scenario["workload"]["arrivals"]["rate_per_s"], 5.0);
    let two = json(&folder, &format!("{ONE} --n-nodes 3").replace("--tp 8", "--tp 4"));
    assert_eq!(two["scenario"]["cluster"]["replicas"], 6);
}

#[test]
fn two_pools_come_from_flags() {
    let folder = Folder::new(&[]);
    let report = json(&folder, TWO);
    let pools = &report["scenario"]["disaggregation"];
    assert_eq!(pools["prefill"]["hardware"]["name"], "a100-sxm-80gb");
    assert_eq!(pools["prefill"]["parallelism"]["tensor_parallel_size"], 4);
    assert_eq!(pools["decode"]["hardware"]["name"], "mi300x");
    assert_eq!(pools["decode"]["replicas"], 2);
    assert_eq!(pools["transfer"]["bandwidth"], 400e9);
    assert_eq!(pools["transfer"]["latency_ms"], 1.0);
    let accelerators = |of: usize| report["summary"]["pools"][of]["accelerators"].clone();
    assert_eq!((accelerators(0), accelerators(1)), (4.into(), 16.into()));
    // A flag of a pool says enough.
    assert_eq!(json(&folder, &TWO.replace("--disaggregated ", ""))["digest"], report["digest"]);
}

#[test]
fn what_makes_no_cluster_is_explained() {
    let folder = Folder::new(&[]);
    let shown = |flags: &str| {
        let line = format!("run --model llama-2-70b --xpu mi300x --requests 5 {flags}");
        folder.transcript(&line.split_whitespace().collect::<Vec<_>>())
    };
    let mut text = shown("--n-xpus-per-node 8 --tp 3");
    text += &shown("--n-nodes 2 --tp 8");
    text += &shown("--prefill-n-xpus 4 --prefill-tp 8 --decode-tp 8");
    text += &shown("--tp 8 --transfer-bandwidth 0");
    text += &shown("--tp 8 --decode-xpu mi300");
    text += &shown("--tp 8 --disaggregated --transfer-latency -1");
    text += &shown("--tp 8 --n-xpus-per-node 8 --disaggregated");
    insta::assert_snapshot!("wrong_clusters", text);
}

#[test]
fn the_summary_has_another_programs_keys() {
    let folder = Folder::new(&[]);
    let ours = json(&folder, TWO);
    let theirs = json(&folder, &format!("{TWO} --output-format seed001"));
    let summary = &ours["summary"];
    assert_eq!(theirs["completed_requests"], summary["requests"]["completed"]);
    let tokens = &summary["throughput"]["output_tokens_per_s"];
    assert_eq!(&theirs["throughput"]["tokens_per_sec"], tokens);
    assert_eq!(theirs["xpu_utilization"], summary["utilisation"]["busy"]);
    let ms = summary["latency"]["ttft_ms"]["mean"].as_f64().unwrap();
    assert_eq!(theirs["first_token_latency"]["mean"].as_f64(), Some(ms / 1e3));
    // A quarter of the weights on each of one pool, an eighth on each of the other.
    let weights = theirs["memory"]["weights_gb"].as_f64().unwrap();
    assert!((48.0..50.0).contains(&weights), "{weights}");
    assert!(theirs["memory"]["peak_memory_gb"].as_f64().unwrap() > weights);
    for flags in ["--output-format seed001", "--output-format seed001 --trials 2 -o x.json"] {
        let line = format!("run --requests 5 {flags}");
        let shown = folder.transcript(&line.split_whitespace().collect::<Vec<_>>());
        assert!(shown.contains("[status 2]") && !folder.path("x.json").exists(), "{shown}");
    }
}

#[test]
fn configuration_files_of_another_program_run() {
    let config = r#"{
        "model": "llama-2-70b",
        "workload": { "avg_input_length": 400, "avg_output_length": 50, "arrival_rate": 3 },
        "cluster": { "xpu": "mi300x", "n_xpus_per_node": 8 },
        "parallelism": { "tensor_parallel_size": 8 },
        "scheduler": { "batching_strategy": "greedy", "max_batch_size": null },
        "simulation_duration_s": 20, "random_seed": 5
    }"#;
    let folder = Folder::new(&[("config.json", config)]);
    let report = json(&folder, "run config.json -o -");
    assert_eq!(report["scenario"]["scheduler"]["kind"], "phase-batching");
    assert_eq!(report["scenario"]["simulation"]["seed"], 5);
    let same = json(&folder, "run --config config.json -o -");
    assert_eq!(same["digest"], report["digest"]);
    let more = json(&folder, "--config config.json --arrival-rate 6 -o -");
    assert_eq!(more["scenario"]["workload"]["arrivals"]["rate_per_s"], 6.0);
    let wrong = Folder::new(&[("config.json", &config.replace("n_xpus_per", "n_xpu_per"))]);
    let shown = wrong.transcript(&["--config", "config.json"]);
    assert!(shown.contains("did you mean `n_xpus_per_node`?"), "{shown}");
    assert!(shown.contains("config.json:4"), "{shown}");
    let both = folder.transcript(&["run", "config.json", "--config", "config.json"]);
    assert!(both.contains("cannot be used with") && both.contains("[status 2]"), "{both}");
}
