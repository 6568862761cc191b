//! What fits an accelerator.

use serde_json::Value;

use crate::harness::Folder;

#[test]
fn placements_are_shown() {
    let folder = Folder::new(&[]);
    let fit = |args: &[&str]| folder.transcript(&[&["fit"], args].concat());
    let mut text = fit(&["llama-3.3-70b", "--hardware", "h100"]);
    let lists = ["--tp", "1,2", "--dtype", "bf16,int4", "--kv-dtype", "bf16,fp8"];
    text +=
        &fit(&[&["llama2-13b", "--hardware", "a100", "--context", "2000"], &lists[..]].concat());
    text += &fit(&["deepseek-v3", "--hardware", "h100", "--tp", "8", "--pp", "1,2"]);
    text +=
        &fit(&["llama-2-70b", "--hardware", "gtx-1080ti", "--set", "hardware.link.bandwidth=1"]);
    text += &fit(&["gemma-3-4b", "--hardware", "l4", "--kv-cache-memory", "1GiB"]);
    insta::assert_snapshot!("fit", text);
}

/// What `fit` says is left is what a run gets.
#[test]
fn the_account_is_that_of_a_run() {
    let folder = Folder::new(&[]);
    let flags = ["--hardware", "h200", "--tp", "2", "--dtype", "fp8", "--kv-dtype", "fp8"];
    let json = |args: &[&str]| -> Value {
        serde_json::from_str(&folder.stdout(&[args, &flags[..]].concat())).unwrap()
    };
    let fitted = json(&["fit", "llama-3.3-70b", "--json"]);
    let resolved = json(&["resolve", "--json", "--model", "llama-3.3-70b"]);
    let row = &fitted["placements"][0];
    assert_eq!(row["kv_blocks"], resolved["scheduler"]["num_gpu_blocks"]);
    assert_eq!((&row["dtype"], &row["kv_dtype"]), (&"fp8".into(), &"fp8".into()));
    assert_eq!(fitted["placements"].as_array().unwrap().len(), 1);
    // However it is said.
    for said in [["--engine-args", "-tp 2"], ["--set", "parallelism.tp=2"]] {
        let formats = ["--dtype", "fp8", "--kv-dtype", "fp8", "--hardware", "h200"];
        let args = [&["fit", "llama-3.3-70b", "--json"], &said[..], &formats].concat();
        let again: Value = serde_json::from_str(&folder.stdout(&args)).unwrap();
        assert_eq!(again, fitted, "{said:?}");
    }
}

/// Every name that the documents of other simulators use, on the command line.
#[test]
fn names_of_other_simulators_are_taken() {
    let folder = Folder::new(&[]);
    for model in [
        "llama-7b",
        "llama2-7b",
        "llama2-13b",
        "llama2-70b",
        "llama3-8b",
        "llama3-70b",
        "mistral-7b",
        "gpt3-13b",
        "gpt3-175b",
    ] {
        folder.stdout(&["fit", model, "--dtype", "bf16", "--tp", "1"]);
    }
    for hardware in [
        "a100",
        "a100-80gb",
        "h100",
        "h100-80gb",
        "b200",
        "b200-192gb",
        "mi300x",
        "tpu-v4",
        "gtx-1080ti",
        "1080ti",
    ] {
        folder.stdout(&["fit", "--model", "llama2-7b", "--hardware", hardware]);
    }
}

#[test]
fn fit_mistakes() {
    let folder = Folder::new(&[]);
    let mut text = String::new();
    for args in [
        &["lama2-7b"][..],
        &["llama2-7b", "--hardware", "mi30x"],
        &["llama2-7b", "--model", "llama2-13b"],
        &["llama2-7b", "--tp", "3"],
        &["llama2-7b", "--tp", "two"],
        &["llama2-7b", "--pp", "0"],
        &["llama2-7b", "--pp", "33"],
        &["llama2-7b", "--dtype", "bf16,fp9"],
        &["llama2-7b", "--context", "0"],
        &["llama2-7b", "--rate", "5"],
        &["llama2-7b", "--kv-cache-memory", "1MB"],
        &["llama2-7b", "--set", "scheduler=in-flight"],
        &["llama2-7b", "--set", "hardware.memory=0"],
    ] {
        let transcript = folder.transcript(&[&["fit"], args].concat());
        assert!(transcript.ends_with("[status 2]\n"), "{transcript}");
        text += &transcript;
        text.push('\n');
    }
    insta::assert_snapshot!("fit_mistakes", text);
}
