use std::collections::BTreeSet;

use super::flag::Takes;
use super::table::FLAGS;
use super::*;
use crate::load::{Input, load};
use crate::parse::Format;
use tokendrome::catalog::DType;
use tokendrome::{Policy, Scenario};

mod docs;

const BASE: &str = "model = \"llama-3.1-8b\"\nhardware = \"h100-sxm\"\n";

fn flags(args: &str) -> Result<EngineFlags, Problems> {
    EngineFlags::read(None, &[args.to_owned()])
}

fn over(text: &str, flags: EngineFlags) -> Result<Scenario, Problems> {
    let text = text.to_owned();
    let input = Input::Text { name: "test".to_owned(), text, format: Format::Toml };
    let changes: Vec<Change> = flags.model.into_iter().chain(flags.changes).collect();
    load(&input, &changes).map(|loaded| loaded.scenario)
}

/// The scenario that the flags make of the base.
#[track_caller]
fn with(args: &str) -> Scenario {
    let found = flags(args).and_then(|flags| over(BASE, flags));
    found.unwrap_or_else(|problems| panic!("{args}: {problems}"))
}

#[track_caller]
fn with_command(command: &str) -> Scenario {
    let found = EngineFlags::read(Some(command), &[]).and_then(|flags| over(BASE, flags));
    found.unwrap_or_else(|problems| panic!("{command}: {problems}"))
}

#[track_caller]
fn scheduler(args: &str) -> serde_json::Value {
    serde_json::to_value(with(args).scheduler.vllm()).unwrap()
}

#[track_caller]
fn check_errors(args: &str, expect: &[&str]) {
    let problems = flags(args).and_then(|flags| over(BASE, flags)).unwrap_err().to_string();
    assert_eq!(problems.lines().collect::<Vec<_>>(), expect, "{args}");
}

#[test]
fn sizes_reach_the_scheduler() {
    let check = |args: &str, key: &str, value: serde_json::Value| {
        assert_eq!(scheduler(args)[key], value, "{args}");
    };
    check("--max-num-seqs 256", "max_num_seqs", 256.into());
    check("--max-num-seqs=256", "max_num_seqs", 256.into());
    check("--max_num_seqs 256", "max_num_seqs", 256.into());
    check("--max-num-seqs 1 --max-num-seqs '256'", "max_num_seqs", 256.into());
    check("--max-num-batched-tokens 8k", "max_num_batched_tokens", 8_000.into());
    check("--max-num-batched-tokens 1K", "max_num_batched_tokens", 1_024.into());
    check("--max-num-scheduled-tokens 512", "max_num_scheduled_tokens", 512.into());
    check("--max-num-active-seqs 9", "max_num_active_seqs", 9.into());
    check("--max-model-len 25.6k", "max_model_len", 25_600.into());
    check("--max-model-len auto", "max_model_len_auto", true.into());
    check("--max-model-len -1", "max_model_len_auto", true.into());
    check("--max-model-len -1 --max-model-len 9", "max_model_len", 9.into());
    check("--long-prefill-token-threshold 64", "long_prefill_token_threshold", 64.into());
    check("--prefill-schedule-interval 4", "prefill_schedule_interval", 4.into());
    check("--watermark 0.05", "watermark", 0.05.into());
    check("--block-size 32", "block_size", 32.into());
    check("--num-gpu-blocks-override 99", "num_gpu_blocks", 99.into());
    check("--kv-cache-memory-bytes 2G", "kv_cache_memory", (2_u64 << 30).into());
    check("--gpu-memory-utilization 0.9", "gpu_memory_utilization", 0.9.into());
    check("--device-memory-utilization 1", "gpu_memory_utilization", 1.0.into());
    check("--scheduling-policy priority", "policy", "priority".into());
}

#[test]
fn switches_turn_on_and_off() {
    for (name, key) in [
        ("enable-chunked-prefill", "enable_chunked_prefill"),
        ("enable-prefix-caching", "enable_prefix_caching"),
        ("async-scheduling", "async_scheduling"),
        ("scheduler-reserve-full-isl", "scheduler_reserve_full_isl"),
        ("long-prefill-token-threshold-adaptive", "long_prefill_token_threshold_adaptive"),
    ] {
        assert_eq!(scheduler(&format!("--{name}"))[key], true, "{name}");
        assert_eq!(scheduler(&format!("--no-{name}"))[key], false, "{name}");
    }
    assert_eq!(scheduler("--disable-chunked-prefill")["enable_chunked_prefill"], false);
    let last = "--no-async-scheduling --async-scheduling";
    assert_eq!(scheduler(last)["async_scheduling"], true, "the last wins");
}

#[test]
fn parallelism_and_formats_are_taken_over() {
    let scenario = with("-tp 4 -pp=2 --data-parallel-size 3");
    assert_eq!(scenario.parallelism.tensor_parallel_size, 4);
    assert_eq!(scenario.parallelism.pipeline_parallel_size, 2);
    assert_eq!(scenario.parallelism.data_parallel_size, 3);
    assert!(!scenario.parallelism.enable_expert_parallel);
    assert!(with("-dp 2 -ep").parallelism.enable_expert_parallel);
    let formats = |args: &str| {
        let dtypes = with(args).model.as_ref().unwrap().dtypes;
        (dtypes.linear, dtypes.activation, dtypes.kv)
    };
    let (fp8, half, bf16) = (DType::Fp8, DType::F16, DType::Bf16);
    assert_eq!(formats("--dtype auto --kv-cache-dtype auto"), (bf16, bf16, bf16));
    assert_eq!(formats("--dtype half"), (half, half, half));
    assert_eq!(formats("-qfp8 --dtype float16"), (fp8, half, half));
    assert_eq!(formats("--quantization None --kv-cache-dtype fp8_e5m2"), (bf16, bf16, fp8));
    assert_eq!(formats("--model RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic").0, fp8);
}

#[test]
fn what_changes_nothing_is_no_matter() {
    let flags = flags(
        "--stream-interval 1 --cpu-offload-gb 0.0 --speculative-config None --disable-lora \
         --no-enable-expert-parallel --decode-context-parallel-size 1 --runner generate \
         --enable-sliding-window --num-scheduler-steps 1 --scheduling-policy fcfs -dp 1",
    );
    let flags = flags.unwrap();
    assert_eq!(flags.notices, [""; 0]);
    assert_eq!(over(BASE, flags).unwrap(), with(""));
}

#[test]
fn what_is_ignored_says_why() {
    let notices = flags("--host 0.0.0.0 --seed 1 --port=80 --api-key a b -O3 -cc.mode 3").unwrap();
    assert_eq!(
        notices.notices,
        [
            "ignored `--host`, `--port`, `--api-key`: the HTTP server is not simulated",
            "ignored `--seed`: it seeds sampling; `--seed` of this program seeds the simulation",
            "ignored `-O`, `-cc.mode`: step times do not depend on which graphs are compiled and \
             captured",
        ]
    );
    assert_eq!(notices.changes, []);
    // Negative numbers and texts with spaces are values.
    let values = "--master-port -1 --chat-template '- {{ x }}' --hf-token --swap-space 4";
    assert_eq!(flags(values).unwrap().notices.len(), 4);
}

#[test]
fn what_is_not_modelled_is_refused() {
    let check = |args: &str, why: &str| {
        let flag = args.split([' ', '=']).next().unwrap();
        check_errors(args, &[&format!("`{flag}` cannot be simulated: {why}")]);
    };
    check("--speculative-config '{\"method\": \"eagle\"}'", "speculative decoding is not modelled");
    check("--speculative-config.method eagle", "speculative decoding is not modelled");
    check("--enable-lora", "LoRA adapters are not modelled");
    check("--enable-eplb", "tokens are taken to spread evenly over the experts");
    check("--disable-sliding-window", "layers keep the sliding windows that the model has");
    check("--cpu-offload-gb=4", "offloading of weights is not modelled");
    check("-dcp 2", "context parallelism is not modelled");
    check("--runner pooling", "only generation is modelled");
    check("--help", "it prints vLLM's help");
}

#[test]
fn wrong_values_are_told_with_what_would_be_right() {
    let check = |args: &str, expect: &str| check_errors(args, &[expect]);
    let whole = "takes a whole number from";
    check("--max-num-seqs many", &format!("`--max-num-seqs` {whole} 1; found `many`"));
    check("--max-num-seqs 8k", &format!("`--max-num-seqs` {whole} 1; found `8k`"));
    check("-tp 0", &format!("`-tp` {whole} 1; found `0`"));
    check("--max-num-seqs 1e12", &format!("`--max-num-seqs` {whole} 1; found `1e12`"));
    check("--block-size 5000000000", &format!("`--block-size` {whole} 1; found `5000000000`"));
    check("--max-model-len 1.5K", &format!("`--max-model-len` {whole} 1; found `1.5K`"));
    check("-dp two", &format!("`-dp` {whole} 1; found `two`"));
    check("--watermark 1", "`--watermark` takes a number from 0, below 1; found `1`");
    check(
        "--gpu-memory-utilization 0",
        "`--gpu-memory-utilization` takes a number above 0, up to 1; found `0`",
    );
    check("--scheduling-policy lifo", "`--scheduling-policy` cannot be `lifo`");
    check("--kv-cache-dtype fp9", "`--kv-cache-dtype` cannot be `fp9`");
    check("--max-num-seqs", "`--max-num-seqs` needs a value");
    check("--max-num-seqs --port 1", "`--max-num-seqs` needs a value");
    check("--api-key", "`--api-key` needs a value");
    check("--enable-prefix-caching=true", "`--enable-prefix-caching` takes no value");
    check("--enable-prefix-caching false", "`false` belongs to no flag");
    check("--headless=1", "`--headless` takes no value");
    check("--max-num-seqs 'a", "a quote in `--engine-args` is not closed");
    check("-q awk", "`quantization` cannot be the text \"awk\"");
}

#[test]
fn what_is_no_flag_is_refused() {
    check_errors(
        "--bogus 3 --max-num-seq 4 --no-headless --max-num-seqs.x 3 -x --tp 4 --no-host",
        &[
            "vLLM has no flag `--bogus`",
            "vLLM has no flag `--max-num-seq`",
            "vLLM has no flag `--no-headless`",
            "vLLM has no flag `--max-num-seqs.x`",
            "vLLM has no flag `-x`",
            "vLLM has no flag `--tp`",
            "vLLM has no flag `--no-host`",
        ],
    );
    check_errors("vllm serve", &["`vllm` belongs to no flag"]);
    let near = |typed: &str| table::nearest(typed).map(read::with_dashes);
    assert_eq!(near("--max-num-sqs").as_deref(), Some("--max-num-seqs"));
    assert_eq!(near("--tp").as_deref(), Some("-tp"));
    assert_eq!(near("--enable_chunk_prefill").as_deref(), Some("--enable-chunked-prefill"));
    assert_eq!(near("--bogus"), None);
}

#[test]
fn commands_name_model_and_flags() {
    for command in [
        "vllm serve meta-llama/Llama-2-7b-hf -tp 2 --port 80",
        "vllm serve -tp 2 meta-llama/Llama-2-7b-hf",
        "/opt/venv/bin/vllm serve --model=meta-llama/Llama-2-7b-hf -tp 2",
        "HF_HOME=/x VLLM_USE_V1=1 vllm serve \\\n meta-llama/Llama-2-7b-hf \\\n  -tp 2",
        "env A=b python3 -u -m vllm.entrypoints.openai.api_server -tp 2 --model llama-2-7b",
        "python -m vllm.entrypoints.cli.main serve llama-2-7b -tp 2",
    ] {
        let scenario = with_command(command);
        assert_eq!(scenario.model.as_ref().unwrap().name, "llama-2-7b", "{command}");
        assert_eq!(scenario.parallelism.tensor_parallel_size, 2, "{command}");
    }
    let both = EngineFlags::read(
        Some("vllm serve qwen3-8b --max-num-seqs 1 --scheduling-policy priority"),
        &["--max-num-seqs 2 --model phi-4".to_owned(), "--max-num-seqs 3".to_owned()],
    );
    let scenario = over(BASE, both.unwrap()).unwrap();
    let spec = scenario.scheduler.vllm().unwrap();
    assert_eq!((spec.max_num_seqs, spec.policy), (Some(3), Policy::Priority));
    assert_eq!(scenario.model.as_ref().unwrap().name, "phi-4", "flags alone win over the command");
}

#[test]
fn what_is_no_command_is_refused() {
    let check = |command: &str, expect: &str| {
        let problems = EngineFlags::read(Some(command), &[]).unwrap_err().to_string();
        assert_eq!(problems, expect, "{command}");
    };
    check("", "`--engine-cmd` holds no command");
    check("docker run vllm/vllm-openai", "`--engine-cmd` cannot begin with `docker`");
    check("vllm bench serve", "only `vllm serve` can be simulated");
    check("vllm", "only `vllm serve` can be simulated");
    check("python serve.py", "`--engine-cmd` runs no module of vLLM");
    check("python -m sglang.launch_server", "`sglang.launch_server` is not a server of vLLM");
    check("vllm serve -tp 2", "`--engine-cmd` names no model");
    check("vllm serve a b c", "`b` belongs to no flag");
    check("vllm serve a > log", "`>` belongs to no flag");
    check("vllm serve a --model b", "the command names two models: `a` and `--model b`");
    check(
        "VLLM_USE_V1=0 vllm serve a",
        "`VLLM_USE_V1=0` cannot be simulated: only the V1 engine is modelled",
    );
}

#[test]
fn a_model_may_be_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = r#"{"architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 99,
        "max_position_embeddings": 512}"#;
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let folder = folder.path().display();
    assert_eq!(
        with_command(&format!("vllm serve {folder}")).model.as_ref().unwrap().max_context,
        512
    );
    let path = format!("vllm serve name --hf-config-path {folder}/config.json");
    assert_eq!(with_command(&path).model.as_ref().unwrap().max_context, 512);
    let reversed = format!("vllm serve --hf-config-path {folder} name");
    assert_eq!(with_command(&reversed).model.as_ref().unwrap().max_context, 512);
}

#[test]
fn a_file_of_flags_comes_before_those_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vllm.yaml");
    let text = "model: qwen3-8b\nmax-num-seqs: 7\ntensor_parallel_size: 2\nport: 80\n\
                enable-prefix-caching: false\nasync-scheduling: true\nheadless: false\n\
                api-key: [a, b]\ncompilation-config: {mode: 3}\ngpu-memory-utilization: 0.5\n\
                revision: null\nmiddleware: []\n";
    std::fs::write(&path, text).unwrap();
    let config = format!("--config {}", path.display());
    let scenario = with_command(&format!("vllm serve {config} --max-num-seqs 8"));
    let spec = scenario.scheduler.vllm().unwrap();
    assert_eq!((spec.max_num_seqs, spec.gpu_memory_utilization), (Some(8), 0.5));
    assert_eq!((spec.enable_prefix_caching, spec.async_scheduling), (false, Some(true)));
    assert_eq!(scenario.parallelism.tensor_parallel_size, 2);
    assert_eq!(scenario.model.as_ref().unwrap().name, "qwen3-8b");
    let named = with_command(&format!("vllm serve phi-4 --max-num-seqs 8 {config}"));
    assert_eq!(named.model.as_ref().unwrap().name, "phi-4", "the command wins");
    let notices = flags(&config).unwrap().notices.join("\n");
    for ignored in ["`--port`, `--api-key`", "`--revision`", "`--compilation-config`"] {
        assert!(notices.contains(ignored), "{notices}");
    }
    std::fs::write(&path, "max-num-seqs: many\nbogus: false\nport: false\n").unwrap();
    check_errors(
        &config,
        &[
            "vLLM has no flag `--bogus`",
            "`--port` needs a value",
            "`--max-num-seqs` takes a whole number from 1; found `many`",
        ],
    );
    check_errors("--config missing.yaml", &["there is no file `missing.yaml`"]);
    for (text, found) in
        [("", "nothing (null)"), ("- a\n- b\n", "a list"), ("port\n", "the text \"port\"")]
    {
        std::fs::write(&path, text).unwrap();
        check_errors(&config, &[&format!("a file of flags is a table of them; found {found}")]);
    }
}

#[test]
fn auto_undoes_what_the_scenario_says() {
    let text = "hardware = \"h100-sxm\"\n[model]\nname = \"llama-3.1-8b\"\nkv_dtype = \"fp8\"\n";
    let kv =
        |args: &str| over(text, flags(args).unwrap()).unwrap().model.as_ref().unwrap().dtypes.kv;
    assert_eq!(kv(""), DType::Fp8);
    assert_eq!(kv("--kv-cache-dtype auto"), DType::Bf16);
}

#[test]
fn every_spelling_means_one_flag() {
    let mut seen = BTreeSet::new();
    for flag in FLAGS.iter() {
        let mut spellings = vec![(format!("--{}", flag.name), true)];
        spellings.extend(flag.aliases.iter().map(|alias| ((*alias).to_owned(), true)));
        if flag.takes == Takes::Switch {
            spellings.push((flag.negated(), false));
        }
        for (spelling, is_on) in spellings {
            assert_eq!(table::find(&spelling), Some((flag, is_on)), "{spelling}");
            assert!(seen.insert(spelling.clone()), "{spelling} stands twice");
        }
    }
    assert!(FLAGS.len() > 330, "{}", FLAGS.len());
}

proptest::proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in ".{0,60}", flag in 0_usize..340, value in ".{0,8}") {
        let _ = flags(&text);
        let _ = EngineFlags::read(Some(&text), &[]);
        let name = FLAGS[flag % FLAGS.len()].name;
        if let Ok(found) = flags(&format!("--{name} {value}")) {
            let _ = over(BASE, found);
        }
    }
}
