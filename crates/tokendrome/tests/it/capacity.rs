//! Memory: what fits, how many KV blocks, and what to do when nothing does.

use tokendrome::catalog::Catalog;
use tokendrome::{Scenario, SchedulerSpec};

use crate::scenarios::{default, with_vllm};

fn scenario(model: &str, tensor: u32) -> Scenario {
    let mut scenario = default();
    scenario.model = Catalog::model(model).unwrap();
    scenario.parallelism.tensor_parallel_size = tensor;
    scenario
}

fn blocks(scenario: Scenario) -> u32 {
    let SchedulerSpec::Vllm(spec) = scenario.resolve().unwrap().0.scheduler;
    spec.num_gpu_blocks.unwrap()
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
        let found = blocks(with_vllm(scenario(model, tensor), |spec| {
            spec.gpu_memory_utilization = 0.9;
            spec.max_num_batched_tokens = Some(2_048);
            spec.max_num_seqs = Some(128);
        }));
        let error = f64::from(found) / measured - 1.0;
        assert!(error.abs() < 0.03, "{model}: {found} blocks, {:.1} % off", 100.0 * error);
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
    tight.hardware.memory = tokendrome::units::Bytes(16_500_000_000);
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

#[test]
fn defaults_follow_the_accelerator() {
    for (accelerator, budget, places) in [
        ("h100-sxm", 8_192, 1_024),
        ("a100-80gb", 2_048, 256),
        ("mi300x", 16_384, 1_024),
        ("l40s", 2_048, 256),
    ] {
        let mut scenario = default();
        scenario.hardware = Catalog::accelerator(accelerator).unwrap();
        let SchedulerSpec::Vllm(spec) = scenario.resolve().unwrap().0.scheduler;
        assert_eq!(
            (spec.max_num_batched_tokens, spec.max_num_seqs),
            (Some(budget), Some(places)),
            "{accelerator}"
        );
    }
}

#[test]
fn resolving_twice_changes_nothing() {
    let (once, notices) = scenario("gpt-oss-120b", 2).resolve().unwrap();
    assert!(notices[0].contains("sliding window"), "{notices:?}");
    let (twice, _) = once.clone().resolve().unwrap();
    assert_eq!(once, twice);
}
