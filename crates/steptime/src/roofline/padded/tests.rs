use tokendrome_catalog::Catalog;
use tokendrome_units::{BytesPerSecond, FlopsPerSecond};

use super::*;
use crate::{AllReduce, BatchShape, Bound, Chunk, Profile};

fn spec(gemm_efficiency: f64) -> LayerwiseSpec {
    LayerwiseSpec {
        profile: Profile::Seed001,
        gemm_efficiency: Some(gemm_efficiency),
        ..LayerwiseSpec::default()
    }
}

fn model(name: &str) -> ModelSpec {
    Catalog::model(name).unwrap()
}

/// An accelerator of so many TFLOPS, GB/s of memory and GB/s of link.
fn hardware(tflops: f64, memory: f64, link: f64) -> AcceleratorSpec {
    let mut hardware = Catalog::accelerator("h100-sxm").unwrap();
    hardware.peak.bf16 = Some(FlopsPerSecond(tflops * 1e12));
    hardware.memory_bandwidth = BytesPerSecond(memory * 1e9);
    hardware.link.as_mut().unwrap().bandwidth = BytesPerSecond(link * 1e9);
    hardware
}

/// Prompts of `length` tokens, or decodes after `length` tokens.
fn batch(sequences: u32, length: u32, decodes: bool) -> BatchShape {
    let mut batch = BatchShape::new(0);
    for _ in 0..sequences {
        match decodes {
            true => batch.add_decode(length + 1, &[]),
            false => batch.prefills.push(Chunk { tokens: length, context: 0 }),
        }
    }
    batch
}

fn seconds(roofline: &PaddedRoofline, batch: &BatchShape) -> f64 {
    let mut cost = StepCost::new(1);
    roofline.cost(batch, &mut cost);
    let parts: f64 = roofline.explain(batch).iter().map(|part| part.seconds).sum();
    assert!((parts / cost.stage_s[0] - 1.0).abs() < 1e-12, "the parts make up the whole");
    cost.stage_s[0]
}

/// Figures of the formulas, written down once more in Python.
#[test]
fn figures_of_the_original_come_out() {
    for (name, hardware, efficiency, tensor, sequences, length, prefill, decode) in [
        (
            "llama-2-70b",
            hardware(1300.0, 5300.0, 896.0),
            0.8,
            8,
            4,
            511,
            0.047_561_392_428_214_805,
            0.003_843_642_708_342_525_2,
        ),
        (
            "llama-3-8b",
            hardware(989.0, 3350.0, 900.0),
            0.85,
            1,
            32,
            2_048,
            1.140_324_424_195_522_2,
            0.014_163_116_556_068_783,
        ),
        (
            "gpt-3-175b",
            hardware(2000.0, 8000.0, 1800.0),
            0.85,
            4,
            1,
            1,
            0.011_993_648_334_607_058,
            0.011_993_792_718_607_059,
        ),
    ] {
        let placement = Placement::new(tensor, 1);
        let roofline =
            PaddedRoofline::new(&spec(efficiency), &model(name), &hardware, placement).unwrap();
        let prefills = seconds(&roofline, &batch(sequences, length, false));
        let decodes = seconds(&roofline, &batch(sequences, length, true));
        assert!((prefills / prefill - 1.0).abs() < 1e-12, "{name}: {prefills} {prefill}");
        assert!((decodes / decode - 1.0).abs() < 1e-12, "{name}: {decodes} {decode}");
    }
}

#[test]
fn batches_are_padded_to_the_longest() {
    let hardware = hardware(989.0, 3350.0, 900.0);
    let placement = Placement::new(1, 1);
    let roofline =
        PaddedRoofline::new(&spec(0.85), &model("llama-3-8b"), &hardware, placement).unwrap();
    let mut prompts = batch(1, 100, false);
    prompts.prefills.push(Chunk { tokens: 900, context: 0 });
    assert_eq!(seconds(&roofline, &prompts), seconds(&roofline, &batch(2, 900, false)));
    let mut decodes = batch(3, 40, true);
    decodes.add_decode(778, &[]);
    assert_eq!(seconds(&roofline, &decodes), seconds(&roofline, &batch(4, 777, true)));
    // Both phases, one after the other.
    let (prompts, decodes) = (batch(2, 300, false), batch(5, 60, true));
    let both = BatchShape { prefills: prompts.prefills.clone(), ..decodes.clone() };
    let sum = seconds(&roofline, &prompts) + seconds(&roofline, &decodes);
    assert!((seconds(&roofline, &both) / sum - 1.0).abs() < 1e-12);
}

#[test]
fn what_the_profile_does_not_know_is_refused() {
    let hardware = hardware(989.0, 3350.0, 900.0);
    for (name, pipeline) in [("mixtral-8x7b", 1), ("deepseek-v2-lite", 1), ("llama-3-8b", 2)] {
        let placement = Placement::new(1, pipeline);
        let error = PaddedRoofline::new(&spec(0.85), &model(name), &hardware, placement);
        assert_eq!(error.unwrap_err(), RooflineError::Profile, "{name}");
    }
}

/// Scores and sums are computed, softmax is moved: the one that takes longer bounds attention.
#[test]
fn what_bounds_attention_depends_on_the_machine() {
    for (tflops, bound) in [(1300.0, Bound::Memory), (13.0, Bound::Compute)] {
        let placement = Placement::new(1, 1);
        let hardware = hardware(tflops, 5300.0, 896.0);
        let roofline = PaddedRoofline::new(&spec(1.0), &model("llama-2-7b"), &hardware, placement);
        let parts = roofline.unwrap().explain(&batch(2, 1_000, false));
        let attention = parts.iter().find(|part| part.kind == PartKind::PrefillAttention).unwrap();
        assert_eq!(attention.bound, bound);
    }
}

/// What the profile has no use for is refused, and what it has counts.
#[test]
fn options_count_or_are_refused() {
    let checked = |all_reduce| {
        let spec = LayerwiseSpec { all_reduce, ..spec(0.8) };
        crate::StepTimeSpec::RooflineLayerwise(spec).validate()
    };
    assert_eq!(checked(AllReduce::Auto), Ok(()));
    assert_eq!(checked(AllReduce::Ring), Ok(()));
    for other in [AllReduce::Tree, AllReduce::Hierarchical, AllReduce::InSwitch] {
        assert_eq!(checked(other).unwrap_err().found, other.name());
    }
    let prefill_s = |spec: &LayerwiseSpec| {
        let placement = Placement::new(1, 1);
        let hardware = hardware(1300.0, 5300.0, 896.0);
        let roofline = PaddedRoofline::new(spec, &model("llama-2-7b"), &hardware, placement);
        seconds(&roofline.unwrap(), &batch(2, 1_000, false))
    };
    let by_dtype = |dtype| {
        let gemm_efficiency_by_dtype = [(dtype, 0.4)].into();
        prefill_s(&LayerwiseSpec { gemm_efficiency_by_dtype, ..spec(0.8) })
    };
    assert_eq!(by_dtype(DType::Bf16), prefill_s(&spec(0.4)));
    assert_eq!(by_dtype(DType::Fp8), prefill_s(&spec(0.8)));
}
