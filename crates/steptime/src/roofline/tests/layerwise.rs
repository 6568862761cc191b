use super::*;
use crate::{
    AllReduce, ConstantSpec, Law, LayerwiseSpec, OverheadsSpec, Part, Profile, StepTimeSpec,
};
use tokendrome_catalog::DType;

fn layerwise(spec: &LayerwiseSpec, name: &str, tensor: u32) -> Roofline {
    let placement = Placement::new(tensor, 1);
    Roofline::layerwise(spec, &model(name), &h100(), placement).unwrap()
}

/// Every efficiency 1, no overheads.
fn ideal_spec() -> LayerwiseSpec {
    LayerwiseSpec {
        gemm_efficiency: Some(1.0),
        attention_efficiency: Some(1.0),
        memory_efficiency: Some(1.0),
        link_efficiency: Some(1.0),
        host_overhead_us: Some(0.0),
        layer_overhead_us: Some(0.0),
        overheads: Some(OverheadsSpec::NONE),
        ..LayerwiseSpec::default()
    }
}

fn part(parts: &[Part], kind: PartKind) -> Part {
    *parts.iter().find(|part| part.kind == kind).unwrap_or_else(|| panic!("no {kind:?}"))
}

/// Single operators by hand: Llama-3.1-8B, 32 layers of 4,096 wide, 32 + 2 x 8 heads of 128, 14,336
/// between; one prompt of 2,000 tokens.
#[test]
fn operators_by_hand() {
    let roofline = layerwise(&ideal_spec(), "llama-3.1-8b", 1);
    let parts = roofline.explain(&batch(&roofline, &[(2_000, 0)], &[]));
    let peak = h100().peak.bf16.unwrap().0;
    let product = |inputs: f64, outputs: f64| 32.0 * 2.0 * 2_000.0 * inputs * outputs / peak;
    let moved = |elements: f64| elements * 2.0 * 2_000.0 / 3.35e12;
    for (kind, expected) in [
        (PartKind::Qkv, product(4_096.0, 6_144.0)),
        (PartKind::OutputProjection, product(4_096.0, 4_096.0)),
        (PartKind::MlpUp, product(4_096.0, 14_336.0)),
        (PartKind::MlpGate, product(4_096.0, 14_336.0)),
        (PartKind::MlpDown, product(14_336.0, 4_096.0)),
        (PartKind::Norm, moved(65.0 * 4.0 * 4_096.0)),
        (PartKind::Activation, moved(32.0 * 3.0 * 14_336.0)),
        (PartKind::Rotary, moved(32.0 * 2.0 * 40.0 * 128.0)),
        (PartKind::Embedding, moved(2.0 * 4_096.0)),
        (PartKind::KvWrite, moved(32.0 * 2.0 * 1_024.0)),
    ] {
        close(part(&parts, kind).seconds, expected, 1e-9);
    }
    assert_eq!(part(&parts, PartKind::Qkv).bound, Bound::Compute);
    assert_eq!(part(&parts, PartKind::Norm).bound, Bound::Memory);
}

/// The classes of the coarse roofline are sums of operators: taken apart they compute the same, and
/// move more, since what one kernel writes the next reads.
#[test]
fn operators_do_the_work_of_their_classes() {
    for name in ["llama-3.1-8b", "mixtral-8x7b", "deepseek-v2-lite", "qwen3-30b-a3b"] {
        for tensor in [1, 2] {
            let fine = layerwise(&ideal_spec(), name, tensor);
            let coarse = ideal(&model(name), tensor, 1);
            let work = |roofline: &Roofline, prefills: &[(u32, u32)], decodes: &[u32]| {
                let mut cost = StepCost::new(1);
                roofline.cost(&batch(roofline, prefills, decodes), &mut cost);
                (cost.flops, cost.bytes, cost.stage_s[0])
            };
            for (prefills, decodes) in
                [(&[(3_000, 500)][..], &[][..]), (&[], &[700, 900]), (&[(64, 0)], &[4_000])]
            {
                let (fine, coarse) =
                    (work(&fine, prefills, decodes), work(&coarse, prefills, decodes));
                close(fine.0, coarse.0, 1e-9);
                assert!(fine.1 > coarse.1, "{name}: {fine:?} {coarse:?}");
                assert!(fine.2 > coarse.2, "{name}: {fine:?} {coarse:?}");
                assert!(fine.2 < 1.25 * coarse.2, "{name}: {fine:?} {coarse:?}");
            }
        }
    }
}

#[test]
fn a_format_may_have_an_efficiency_of_its_own() {
    let spec = LayerwiseSpec {
        gemm_efficiency_by_dtype: [(DType::Bf16, 0.35)].into(),
        ..LayerwiseSpec::default()
    };
    let half = layerwise(&spec, "llama-3.1-8b", 1);
    let whole = layerwise(&LayerwiseSpec::default(), "llama-3.1-8b", 1);
    let up = |roofline: &Roofline| {
        let parts = roofline.explain(&batch(roofline, &[(8_000, 0)], &[]));
        part(&parts, PartKind::MlpUp).seconds
    };
    close(up(&half), 2.0 * up(&whole), 1e-9);
}

/// Two nodes of eight: within the nodes as before, and an eighth of the message across.
#[test]
fn ranks_of_several_nodes_use_the_network() {
    let all_reduce = |all_reduce, tensor| {
        let spec = LayerwiseSpec { all_reduce, ..ideal_spec() };
        let roofline = layerwise(&spec, "llama-3.1-8b", tensor);
        let parts = roofline.explain(&batch(&roofline, &[(4_000, 0)], &[]));
        part(&parts, PartKind::AllReduce).seconds
    };
    let network = h100().network.unwrap();
    let message = 4_000.0 * 4_096.0 * 2.0;
    let across = message / 8.0 / network.bandwidth.0 + 2.0 * network.latency_us / 1e6;
    close(all_reduce(AllReduce::Auto, 16), all_reduce(AllReduce::Auto, 8) + 64.0 * across, 1e-9);
    assert!(all_reduce(AllReduce::InSwitch, 8) < 0.7 * all_reduce(AllReduce::Ring, 8));
    let spec = LayerwiseSpec { all_reduce: AllReduce::InSwitch, ..ideal_spec() };
    let placement = Placement::new(16, 1);
    let error = Roofline::layerwise(&spec, &model("llama-3.1-8b"), &h100(), placement).unwrap_err();
    assert_eq!(error, RooflineError::Switch { tensor: 16, node: 8 });
    let mut alone = h100();
    alone.network = None;
    let error = Roofline::layerwise(&ideal_spec(), &model("llama-3.1-8b"), &alone, placement);
    assert!(error.unwrap_err().to_string().contains("do not fit a node of 8"));
}

/// Whatever the efficiencies: no operator is faster than on the ideal machine.
#[test]
fn no_operator_beats_the_ideal() {
    let layerwise = LayerwiseSpec {
        gemm_efficiency_by_dtype: [(DType::Bf16, 0.35)].into(),
        ..LayerwiseSpec::default()
    };
    let seed001 = LayerwiseSpec { profile: Profile::Seed001, ..LayerwiseSpec::default() };
    for spec in [
        StepTimeSpec::default(),
        StepTimeSpec::RooflineLayerwise(layerwise),
        StepTimeSpec::RooflineLayerwise(seed001),
    ] {
        let parts = |spec: &StepTimeSpec| {
            let placement = Placement::new(8, 1);
            let roofline = spec.roofline(&model("llama-3.1-8b"), &h100(), placement);
            let roofline = roofline.unwrap().unwrap();
            let mut batch = BatchShape::new(roofline.windows().len());
            batch.prefills.push(Chunk { tokens: 3_000, context: 100 });
            (0..40).for_each(|_| batch.add_decode(2_000, roofline.windows()));
            batch.sampled = 41;
            roofline.explain(&batch)
        };
        let ideal = parts(&spec.ideal().unwrap());
        assert!(ideal.iter().all(|part| part.bound != Bound::Overhead));
        for found in parts(&spec).into_iter().filter(|part| part.bound != Bound::Overhead) {
            let ideal = part(&ideal, found.kind);
            assert_eq!((ideal.flops, ideal.bytes), (found.flops, found.bytes));
            assert!(ideal.seconds <= found.seconds, "{found:?} and {ideal:?}");
        }
    }
    let constant = StepTimeSpec::Constant(ConstantSpec { step_ms: 1.0, law: Law::Deterministic });
    assert_eq!(constant.ideal(), None);
}
