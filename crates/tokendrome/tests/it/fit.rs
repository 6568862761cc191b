//! Whether a model fits: the account of a simulation, without one.

use proptest::prelude::*;
use tokendrome::catalog::{Catalog, DType};
use tokendrome::{ParallelismSpec, Placed, Placements, Scenario, Verdict, fit};

use crate::scenarios::{default, with_vllm};

fn scenario(model: &str, hardware: &str) -> Scenario {
    Scenario {
        model: Some(Catalog::model(model).unwrap()),
        hardware: Some(Catalog::accelerator(hardware).unwrap()),
        ..default()
    }
}

fn sizes(rows: &[Placed]) -> Vec<(u32, u32)> {
    let sizes = |row: &Placed| {
        let ParallelismSpec { tensor_parallel_size, pipeline_parallel_size, .. } = row.parallelism;
        (tensor_parallel_size, pipeline_parallel_size)
    };
    rows.iter().map(sizes).collect()
}

fn asked(tensor: &[u32], pipeline: &[u32]) -> Placements {
    Placements { tensor: tensor.to_vec(), pipeline: pipeline.to_vec() }
}

/// Every row has the blocks that a simulation has, and what does not fit cannot be simulated.
#[test]
fn the_account_is_that_of_a_simulation() {
    for (model, hardware) in [
        ("llama-3.1-70b", "h100-sxm"),
        ("mixtral-8x7b", "a100-sxm-40gb"),
        ("deepseek-v3", "h200"),
        ("llama-2-7b", "rtx-4090"),
        ("gpt-3-175b", "mi300x"),
    ] {
        let scenario = scenario(model, hardware);
        let (rows, _) = fit(&scenario, &Placements::default(), Some(1_000)).unwrap();
        assert!(rows.iter().any(|row| row.verdict == Verdict::Fits), "{model}: {rows:?}");
        for row in rows {
            let parallelism = row.parallelism;
            let resolved = Scenario { parallelism, ..scenario.clone() }.resolve();
            let simulated = resolved.map(|(found, _)| found.scheduler.vllm().unwrap().clone());
            match row.verdict {
                Verdict::DoesNotFit => {
                    assert!(simulated.is_err() && row.missing > 0, "{model}: {row:?}");
                    assert_eq!((row.blocks, row.kv_tokens, row.sequences), (0, 0, 0));
                }
                Verdict::Fits | Verdict::ShorterSequences => {
                    let blocks = u64::from(simulated.unwrap().num_gpu_blocks.unwrap());
                    assert_eq!((row.blocks, row.missing), (blocks, 0), "{model}: {row:?}");
                    assert_eq!(row.kv_tokens, (blocks - 1) * 16);
                    assert_eq!(row.sequences, row.kv_tokens / 1_008);
                }
            }
        }
    }
}

#[test]
fn stages_are_added_until_the_model_fits() {
    let (rows, notices) =
        fit(&scenario("llama-3.1-405b", "a100-sxm-40gb"), &Placements::default(), None).unwrap();
    assert_eq!(sizes(&rows), [(1, 1), (2, 1), (4, 1), (8, 1), (8, 2), (8, 4)]);
    assert_eq!(notices, Vec::<String>::new());
    let verdicts: Vec<Verdict> = rows.iter().map(|row| row.verdict).collect();
    assert_eq!(verdicts[..5], [Verdict::DoesNotFit; 5]);
    assert_ne!(verdicts[5], Verdict::DoesNotFit);
    // A single card, and no link to others.
    let mut alone = scenario("llama-3.1-70b", "gtx-1080-ti");
    let hardware = alone.hardware.as_mut().unwrap();
    (hardware.link, hardware.network) = (None, None);
    let (rows, notices) = fit(&alone, &Placements::default(), None).unwrap();
    assert_eq!(sizes(&rows), [(1, 1)]);
    let left_out = ["TP 2 is left out", "TP 4 is left out", "PP 2 and more are left out"];
    assert_eq!(notices.len(), left_out.len(), "{notices:?}");
    assert!(notices.iter().zip(left_out).all(|(found, part)| found.contains(part)), "{notices:?}");
}

#[test]
fn sizes_that_are_asked_for_are_taken_or_refused() {
    let scenario = scenario("llama-3.1-8b", "h100-sxm");
    let (rows, _) = fit(&scenario, &asked(&[2, 16], &[1, 3]), None).unwrap();
    assert_eq!(sizes(&rows), [(2, 1), (2, 3), (16, 1), (16, 3)]);
    let (rows, _) = fit(&scenario, &asked(&[], &[2]), None).unwrap();
    assert_eq!(sizes(&rows), [(1, 2), (2, 2), (4, 2), (8, 2)]);
    let refused = |placements| fit(&scenario, &placements, None).unwrap_err();
    assert_eq!(refused(asked(&[3], &[])).path, "parallelism.tensor_parallel_size");
    assert_eq!(refused(asked(&[], &[33])).path, "parallelism.pipeline_parallel_size");
    let mut slots = scenario.clone();
    slots.scheduler = tokendrome::SchedulerSpec::InFlight(Default::default());
    let error = fit(&slots, &Placements::default(), None).unwrap_err();
    assert_eq!(error.path, "scheduler.kind");
    let one_block = with_vllm(scenario, |spec| spec.num_gpu_blocks = Some(1));
    let error = fit(&one_block, &Placements::default(), None).unwrap_err();
    assert_eq!(error.path, "scheduler.num_gpu_blocks");
}

/// Blocks that are asked for have to fit, whatever else would.
#[test]
fn a_cache_that_is_asked_for_is_part_of_the_account() {
    let of = |blocks| {
        let scenario = scenario("llama-3.1-8b", "h100-sxm");
        let scenario = with_vllm(scenario, |spec| spec.num_gpu_blocks = Some(blocks));
        fit(&scenario, &asked(&[1], &[1]), Some(100)).unwrap().0[0]
    };
    let few = of(101);
    assert_eq!((few.verdict, few.blocks, few.kv_tokens), (Verdict::Fits, 101, 1_600));
    assert_eq!(few.sequences, 14);
    let many = of(1_000_000);
    assert_eq!((many.verdict, many.blocks), (Verdict::DoesNotFit, 0));
    let needed = many.memory.taken() + 1_000_000 * many.memory.block;
    assert_eq!(many.missing, needed - many.memory.usable);
}

proptest! {
    /// With what is missing the model fits, and with a byte less it does not.
    #[test]
    fn what_is_missing_is_exact(memory_mib in 1_000u64..90_000, fp8: bool, tp in 0u32..4) {
        let mut scenario = with_vllm(default(), |spec| spec.gpu_memory_utilization = 1.0);
        if fp8 {
            scenario.model.as_mut().unwrap().dtypes.linear = DType::Fp8;
        }
        let row = |scenario: &Scenario, bytes: u64| {
            let mut scenario = scenario.clone();
            let hardware = scenario.hardware.as_mut().unwrap();
            hardware.memory.0 = bytes;
            // Defaults follow the memory.
            let scenario = with_vllm(scenario, |spec| {
                spec.max_num_seqs = Some(256);
                spec.max_num_batched_tokens = Some(2_048);
            });
            fit(&scenario, &asked(&[1 << tp], &[1]), None).unwrap().0[0]
        };
        let bytes = memory_mib << 20;
        let missing = row(&scenario, bytes).missing;
        prop_assert_eq!(row(&scenario, bytes + missing).missing, 0);
        if missing > 0 {
            prop_assert_eq!(row(&scenario, bytes + missing - 1).missing, 1);
        }
    }
}
