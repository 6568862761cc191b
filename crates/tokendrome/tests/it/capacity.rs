//! Memory: what fits, how many KV blocks, and what to do when nothing does.

use tokendrome::catalog::Catalog;
use tokendrome::units::Bytes;
use tokendrome::{Scenario, VllmSpec};

use crate::scenarios::{default, with_vllm};

fn scenario(model: &str, tensor: u32) -> Scenario {
    let mut scenario = default();
    scenario.model = Some(Catalog::model(model).unwrap());
    scenario.parallelism.tensor_parallel_size = tensor;
    scenario
}

fn blocks(scenario: Scenario) -> u32 {
    resolved(scenario).0.num_gpu_blocks.unwrap()
}

#[test]
fn blocks_are_what_the_engine_finds_room_for() {
    // Counts that vLLM 0.15 printed on H100 with 2,048 tokens, 128 sequences and 90 % of memory.
    for (model, tensor, measured) in [
        ("llama-2-7b", 1, 7_462.0),
        ("codellama-34b", 2, 26_602.0),
        ("llama-2-70b", 4, 31_356.0),
        ("mixtral-8x7b", 2, 27_510.0),
    ] {
        // The defaults of today take larger batches, and more memory for their activations.
        for (tokens, sequences, most) in [(2_048, 128, 0.01), (8_192, 1_024, 0.03)] {
            let found = blocks(with_vllm(scenario(model, tensor), |spec| {
                spec.gpu_memory_utilization = 0.9;
                spec.max_num_batched_tokens = Some(tokens);
                spec.max_num_seqs = Some(sequences);
            }));
            let error = f64::from(found) / measured - 1.0;
            assert!(error.abs() < most, "{model}: {found} blocks, {:.1} % off", 100.0 * error);
        }
    }
}

#[test]
fn a_model_that_does_not_fit_is_told_what_would() {
    let error = scenario("llama-2-70b", 1).resolve().unwrap_err();
    assert_eq!(error.path, "parallelism.tensor_parallel_size");
    assert!(error.message.contains("needs 138.0 GB of weights"), "{error}");
    assert!(error.help.unwrap().contains("TP 2 would fit"));
    // Weights that fit exactly leave no room for anything else.
    let mut tight = scenario("llama-3.1-8b", 1);
    tight.hardware.as_mut().unwrap().memory = Bytes(16_500_000_000);
    let error = tight.resolve().unwrap_err();
    assert!(error.message.contains("leaves no room for KV blocks"), "{error}");
}

#[test]
fn an_explicit_kv_size_wins_over_the_memory() {
    let forced = with_vllm(scenario("llama-2-70b", 1), |spec| spec.num_gpu_blocks = Some(1_000));
    let (resolved, notices) = forced.resolve().unwrap();
    assert_eq!(blocks(resolved), 1_000);
    assert!(notices[0].contains("needs 138.0 GB"), "{notices:?}");
    let none = with_vllm(scenario("llama-3.1-8b", 1), |spec| spec.num_gpu_blocks = Some(1));
    let error = none.resolve().unwrap_err();
    assert_eq!(error.path, "scheduler.num_gpu_blocks");
}

fn resolved(scenario: Scenario) -> (VllmSpec, Vec<String>) {
    let (scenario, notices) = scenario.resolve().unwrap();
    (scenario.scheduler.vllm().unwrap().clone(), notices)
}

#[test]
fn defaults_follow_the_accelerator() {
    for (accelerators, budget, places) in [
        // From 160 GiB.
        ("b200 b300 gb200 gb300 mi300x mi325x mi355x", 16_384, 1_024),
        // From 70 GiB.
        ("h100-sxm h100-pcie h100-nvl h20 h200 rtx-pro-6000 mi250x gaudi-2 gaudi-3", 8_192, 1_024),
        // With the memory for more, yet not in favour of it.
        ("a100-sxm-80gb a100-pcie-80gb", 2_048, 256),
        ("a100-sxm-40gb a40 l40s l4 rtx-4090 rtx-5090 v100 mi250x-gcd", 2_048, 256),
    ] {
        for accelerator in accelerators.split(' ') {
            let mut scenario = scenario("llama-3.2-1b", 1);
            scenario.hardware = Some(Catalog::accelerator(accelerator).unwrap());
            let (spec, notices) = resolved(scenario);
            assert_eq!(
                (spec.max_num_batched_tokens, spec.max_num_seqs),
                (Some(budget), Some(places)),
                "{accelerator}"
            );
            assert_eq!(notices, [""; 0], "{accelerator}");
        }
    }
}

#[test]
fn every_default_gives_way() {
    let with = |change: fn(&mut VllmSpec)| resolved(with_vllm(scenario("llama-3.1-8b", 1), change));
    let sizes = |change| {
        let (spec, notices) = with(change);
        assert_eq!(notices, [""; 0]);
        (spec.max_num_batched_tokens.unwrap(), spec.max_num_seqs.unwrap())
    };
    assert_eq!(sizes(|_| {}), (8_192, 1_024));
    assert_eq!(sizes(|spec| spec.max_num_batched_tokens = Some(4_096)), (4_096, 1_024));
    assert_eq!(sizes(|spec| spec.max_num_seqs = Some(64)), (8_192, 64));
    // Places follow a small budget, and the budget what the places can hold.
    assert_eq!(sizes(|spec| spec.max_num_batched_tokens = Some(512)), (512, 512));
    let one = |spec: &mut VllmSpec| (spec.max_num_seqs, spec.max_model_len) = (Some(1), Some(99));
    assert_eq!(sizes(one), (99, 1));
    // A prompt in one piece must fit.
    assert_eq!(sizes(|spec| spec.enable_chunked_prefill = false), (131_072, 1_024));
    let blocks = |change| with(change).0.num_gpu_blocks.unwrap();
    assert_eq!(blocks(|spec| spec.num_gpu_blocks = Some(99)), 99);
    assert_eq!(blocks(|spec| spec.kv_cache_memory = Some(Bytes(1 << 30))), 512);
    assert!(blocks(|spec| spec.gpu_memory_utilization = 0.9) < blocks(|_| {}));
    assert_eq!(blocks(|spec| spec.block_size = 32), blocks(|_| {}) / 2);
}

#[test]
fn more_places_than_tokens_are_worth_a_notice() {
    let (spec, notices) =
        resolved(with_vllm(scenario("llama-3.1-8b", 1), |spec| spec.max_num_seqs = Some(9_000)));
    assert_eq!(spec.max_num_batched_tokens, Some(9_000));
    assert!(notices[0].contains("vLLM would choose 8192, and not start"), "{notices:?}");
}

#[test]
fn an_automatic_length_is_what_the_cache_holds() {
    let with = |blocks: u32, is_auto: bool| {
        let scenario = scenario("llama-3.1-8b", 1);
        let (spec, notices) = resolved(with_vllm(scenario, |spec| {
            (spec.num_gpu_blocks, spec.max_model_len_auto) = (Some(blocks), is_auto);
            spec.long_prefill_token_threshold = 2_000;
        }));
        (spec.max_model_len.unwrap(), spec.long_prefill_token_threshold, notices)
    };
    let (length, threshold, notices) = with(101, true);
    assert_eq!((length, threshold), (1_600, 1_600));
    assert_eq!(notices, ["max_model_len is 1600 instead of 131072: the KV cache holds no more"]);
    assert_eq!(with(9_000, true), (131_072, 2_000, Vec::new()), "all of it fits");
    let (length, _, notices) = with(101, false);
    assert_eq!(length, 131_072);
    assert!(notices[0].contains("vLLM would not start"), "{notices:?}");
}

#[test]
fn resolving_twice_changes_nothing() {
    let (once, notices) = scenario("gpt-oss-120b", 2).resolve().unwrap();
    assert!(notices[0].contains("sliding window"), "{notices:?}");
    let (twice, _) = once.clone().resolve().unwrap();
    assert_eq!(once, twice);
}
