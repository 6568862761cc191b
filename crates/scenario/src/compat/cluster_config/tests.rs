use serde_json::{Value, json};
use tokendrome::Scenario;

use crate::{Format, Input, load};

fn read(file: &Value) -> Result<Scenario, String> {
    let input = Input::Text {
        name: "config.json".to_owned(),
        text: serde_json::to_string_pretty(file).unwrap(),
        format: Format::Json,
    };
    load(&input, &[]).map(|loaded| loaded.scenario).map_err(|problems| problems.to_string())
}

fn whole() -> Value {
    json!({
        "model": "llama-2-70b",
        "workload": {
            "avg_input_length": 600, "input_length_std": 20, "max_input_length": 700,
            "avg_output_length": 60, "output_length_std": 5.5, "max_output_length": 70,
            "arrival_rate": 2.5, "arrival_process": "deterministic", "batch_size": 1
        },
        "cluster": {
            "xpu": "mi300x", "n_xpus_per_node": 8, "n_nodes": 2,
            "interconnect": { "intra_node_bandwidth_gbs": 896, "inter_node_latency_us": 7 }
        },
        "parallelism": {
            "tensor_parallel_size": 8, "pipeline_parallel_size": 1, "data_parallel_size": 2
        },
        "scheduler": {
            "max_batch_size": 16, "batching_strategy": "windowed", "min_batch_size": 4,
            "batching_window_ms": 25
        },
        "simulation_duration_s": 30, "random_seed": 7, "warm_up_s": 3
    })
}

#[test]
fn every_key_has_its_meaning() {
    let scenario = read(&whole()).unwrap();
    let ours = "model = \"llama-2-70b\"\nworkload.duration_s = 30\n\
                simulation = { seed = 7, warm_up_s = 3 }\ncluster.replicas = 2\n\
                parallelism.tp = 8\n\
                [workload.input_tokens]\nkind = \"normal\"\nmean = 600\nstd = 20\nmax = 700\n\
                [workload.output_tokens]\nkind = \"normal\"\nmean = 60\nstd = 5.5\nmax = 70\n\
                [workload.arrivals]\nkind = \"fixed-rate\"\nrate_per_s = 2.5\n\
                [hardware]\nname = \"mi300x\"\naccelerators_per_node = 8\n\
                link.bandwidth = \"896GB/s\"\nnetwork.latency_us = 7\n\
                [scheduler]\nkind = \"phase-batching\"\nmax_batch_size = 16\n\
                batching_strategy = \"windowed\"\nmin_batch_size = 4\nbatching_window_ms = 25\n";
    let input =
        Input::Text { name: "ours".to_owned(), text: ours.to_owned(), format: Format::Toml };
    assert_eq!(scenario, load(&input, &[]).unwrap().scenario);
}

#[test]
fn continuous_batching_is_the_scheduler_of_vllm() {
    let mut file = whole();
    file["scheduler"] = json!({
        "batching_type": "continuous", "max_batch_size": 9, "batching_strategy": "greedy"
    });
    assert_eq!(read(&file).unwrap().scheduler.vllm().unwrap().max_num_seqs, Some(9));
    file["scheduler"]["batching_window_ms"] = json!(5);
    assert!(read(&file).is_ok(), "greedy never waits");
    file["scheduler"]["batching_strategy"] = json!("windowed");
    file["scheduler"]["batching_window_ms"] = json!(0);
    assert_eq!(
        read(&file).unwrap_err(),
        "continuous batching waits for nobody: `batching_strategy`"
    );
}

#[test]
fn two_pools_have_their_own_machines() {
    let mut file = whole();
    file["cluster"] = json!({ "xpu": "mi300x" });
    file["parallelism"] = json!({ "data_parallel_size": 1 });
    file["disaggregation"] = json!({
        "prefill_cluster": { "xpu": "a100-sxm-80gb", "n_xpus_per_node": 4 },
        "prefill_parallelism": { "tensor_parallel_size": 4 },
        "decode_cluster": { "n_xpus_per_node": 16 },
        "decode_parallelism": { "tensor_parallel_size": 8 },
        "transfer_bandwidth_gbs": 400, "transfer_latency_ms": 1.5
    });
    let pools = read(&file).unwrap().disaggregation.unwrap();
    assert_eq!((pools.prefill.replicas, pools.decode.replicas), (1, 2));
    assert_eq!(pools.prefill.hardware.unwrap().name, "a100-sxm-80gb");
    assert_eq!(pools.decode.hardware, None);
    assert_eq!(pools.transfer.bandwidth.unwrap().0, 400e9);
    assert_eq!(pools.transfer.latency_ms, 1.5);
    file["cluster"] = whole()["cluster"].clone();
    assert!(read(&file).unwrap_err().contains("each pool counts its own accelerators"));
}

#[test]
fn unknown_keys_and_words_are_refused() {
    let refused = |section: &str, key: &str, value: Value, expect: &str| {
        let mut file = whole();
        match section {
            "" => file[key] = value,
            section => file[section][key] = value,
        }
        let found = read(&file).unwrap_err();
        assert!(found.starts_with(expect), "{found}");
    };
    refused("", "simulation_duration", json!(1), "unknown key `simulation_duration`");
    refused("workload", "arrival_rates", json!(1), "unknown key `arrival_rates` in `workload`");
    refused("workload", "batch_size", json!(4), "`batch_size` of a workload is not available yet");
    refused("workload", "arrival_process", json!("x"), "`arrival_process` is unknown: the text");
    refused("cluster", "gpus", json!(1), "unknown key `gpus` in `cluster`");
    refused("cluster", "interconnect", json!(1), "`cluster.interconnect` must be a table; found 1");
    refused("parallelism", "data_parallel_size", json!(3), "3 replicas of 8 accelerators are more");
    refused("scheduler", "batching_type", json!("x"), "`batching_type` is unknown: the text \"x\"");
}

#[test]
fn our_own_files_are_left_alone() {
    let ours = "model = \"llama-2-70b\"\nhardware = \"mi300x\"\n\
                [parallelism]\ntp = 8\n[cluster]\nreplicas = 3\n";
    let input =
        Input::Text { name: "ours".to_owned(), text: ours.to_owned(), format: Format::Toml };
    let scenario = load(&input, &[]).unwrap().scenario;
    assert_eq!((scenario.cluster.replicas, scenario.workload.arrivals), (3, None));
}
