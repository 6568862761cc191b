//! vLLM's flags and commands: what they change, and what is said of them.

use serde_json::Value;

use crate::harness::{CONSTANT, Folder};

fn resolved(folder: &Folder, args: &[&str]) -> Value {
    let args: Vec<&str> = ["resolve", "--json"].iter().chain(args).copied().collect();
    serde_json::from_str(&folder.stdout(&args)).unwrap()
}

#[test]
fn the_file_gives_way_to_the_command_that_to_flags_and_all_to_ours() {
    let file = format!("{CONSTANT}\n[scheduler]\nmax_num_seqs = 1\nblock_size = 8\n");
    let folder = Folder::new(&[("a.toml", &file)]);
    let command = "vllm serve meta-llama/Llama-2-7b-hf --max-num-seqs 2 --max-model-len auto -dp 2 \
                   --dtype half -q fp8 --watermark 0.1 --gpu-memory-utilization 0.8";
    let flags = "--max-num-seqs 3 --max_num_batched_tokens=1K --watermark 0.2";
    let both = ["a.toml", "--engine-cmd", command, "--engine-args", flags];
    let scenario = resolved(&folder, &both);
    let scheduler = &scenario["scheduler"];
    assert_eq!(scheduler["block_size"], 8);
    assert_eq!(scheduler["max_num_seqs"], 3);
    assert_eq!(scheduler["max_num_batched_tokens"], 1024);
    assert_eq!(scheduler["watermark"], 0.2);
    assert_eq!(scheduler["gpu_memory_utilization"], 0.8);
    assert_eq!(
        (&scheduler["max_model_len"], &scheduler["max_model_len_auto"]),
        (&4096.into(), &true.into())
    );
    assert_eq!(scenario["model"]["name"], "llama-2-7b");
    assert_eq!(scenario["model"]["dtypes"]["linear"], "fp8");
    assert_eq!(scenario["model"]["dtypes"]["kv"], "f16");
    assert_eq!(scenario["cluster"]["replicas"], 2);
    let ours =
        ["--max-num-seqs", "4", "--model", "qwen3-8b", "--max-model-len", "99", "--dtype", "bf16"];
    let more = ["--set", "scheduler.watermark=0.3", "--replicas", "5"];
    let args: Vec<&str> = both.iter().chain(&ours).chain(&more).copied().collect();
    let scenario = resolved(&folder, &args);
    let scheduler = &scenario["scheduler"];
    assert_eq!((&scheduler["max_num_seqs"], &scheduler["watermark"]), (&4.into(), &0.3.into()));
    assert_eq!(
        (&scheduler["max_model_len"], &scheduler["max_model_len_auto"]),
        (&99.into(), &Value::Null)
    );
    assert_eq!(scenario["model"]["name"], "qwen3-8b");
    assert_eq!(scenario["model"]["dtypes"]["linear"], "bf16");
    // Five times the two engines that the command asks for.
    assert_eq!(scenario["cluster"]["replicas"], 10);
}

#[test]
fn kv_blocks_are_those_that_the_command_printed() {
    // Settings of four runs of vLLM 0.15 on H100, and the blocks that it found room for.
    let folder = Folder::new(&[]);
    for (model, tensor, measured) in [
        ("meta-llama/Llama-2-7b-hf", 1, 7_462.0),
        ("codellama/CodeLlama-34b-Instruct-hf", 2, 26_602.0),
        ("meta-llama/Llama-2-70b-hf", 4, 31_356.0),
        ("mistralai/Mixtral-8x7B-v0.1", 2, 27_510.0),
    ] {
        let command = format!(
            "vllm serve {model} --tensor-parallel-size {tensor} --dtype float16 --max-model-len \
             4096 --max-num-batched-tokens 2048 --max-num-seqs 128 --gpu-memory-utilization 0.9"
        );
        let scenario = resolved(&folder, &["--hardware", "h100-sxm", "--engine-cmd", &command]);
        let found = scenario["scheduler"]["num_gpu_blocks"].as_f64().unwrap();
        let error = found / measured - 1.0;
        assert!(error.abs() < 0.03, "{model}: {found} blocks, {:.1} % off", 100.0 * error);
    }
}

#[test]
fn notices_say_what_is_ignored() {
    let folder = Folder::new(&[("a.toml", CONSTANT)]);
    let command = "CUDA_VISIBLE_DEVICES=0,1 vllm serve NousResearch/Meta-Llama-3.1-8B --host \
                   0.0.0.0 --port 8000 --served-model-name llama --seed 7 --enforce-eager -O3 \
                   --data-parallel-size 2";
    let output = folder.output(&["resolve", "a.toml", "--engine-cmd", command]);
    assert!(output.status.success());
    insta::assert_snapshot!("engine_notices", String::from_utf8(output.stderr).unwrap());
    let report = folder.stdout(&["run", "a.toml", "--engine-args", "--port 8000"]);
    assert!(report.contains("note: ignored `--port`: the HTTP server"), "{report}");
}

#[test]
fn mistakes_are_told_in_vllms_words() {
    let folder = Folder::new(&[
        ("a.toml", CONSTANT),
        ("vllm.yaml", "tensor-parallel-size: two\nport: 80\nmax-seqs: 4\n"),
    ]);
    let mut text = String::new();
    for (option, value) in [
        ("--engine-args", "--max-num-sqs 256 --bogus 1 --tp 2"),
        ("--engine-args", "--max-num-seqs many --max-model-len 1.5K -tp 0 --watermark 1"),
        ("--engine-args", "--scheduling-policy lifo --enable-chunked-prefill=false --port"),
        (
            "--engine-args",
            "--speculative-config \'{\"method\": \"ngram\"}\' -ep --stream-interval 8",
        ),
        ("--engine-args", "max-num-seqs 4"),
        ("--engine-args", "vllm serve llama-2-7b"),
        ("--engine-args", "--max-num-seqs \'4"),
        ("--engine-args", "--config vllm.yaml"),
        ("--engine-args", "-tp 3"),
        ("--engine-args", "-q awq"),
        ("--engine-args", "--model mixtral-8x7b -tp 2 -dp 2"),
        ("--engine-args", "--max-num-seqs 9000 --max-num-batched-tokens 100"),
        ("--engine-cmd", "vllm serve meta-llama/Llama-3.1-9B"),
        ("--engine-cmd", "vllm serve --port 8000"),
        ("--engine-cmd", "vllm serve llama-2-7b --model phi-4"),
        ("--engine-cmd", "docker run --gpus all vllm/vllm-openai --model phi-4"),
        ("--engine-cmd", "vllm serve phi-4 2>&1 | tee log"),
        ("--engine-cmd", "VLLM_USE_V1=0 vllm serve phi-4"),
    ] {
        let transcript = folder.transcript(&["run", "a.toml", option, value]);
        assert!(transcript.ends_with("[status 2]\n"), "{transcript}");
        text.push_str(&transcript);
        text.push('\n');
    }
    insta::assert_snapshot!("engine_mistakes", text);
}
