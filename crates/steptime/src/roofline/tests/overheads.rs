use super::*;
use crate::OverheadsSpec;

fn with(model: &ModelSpec, tensor: u32, overheads: OverheadsSpec) -> Roofline {
    let spec = RooflineSpec { overheads, ..RooflineSpec::ideal() };
    Roofline::new(&spec, model, &h100(), Placement::new(tensor, 1)).unwrap()
}

/// What the overheads add to an iteration, in microseconds.
fn added(name: &str, tensor: u32, overheads: OverheadsSpec, decodes: &[u32]) -> f64 {
    let model = model(name);
    let plain = seconds(&with(&model, tensor, OverheadsSpec::NONE), &[], decodes);
    (seconds(&with(&model, tensor, overheads), &[], decodes) - plain) * 1e6
}

#[test]
fn an_iteration_and_its_sequences_take_longer() {
    let overheads =
        OverheadsSpec { iteration_us: 1_000.0, sequence_us: 3.0, ..OverheadsSpec::NONE };
    close(added("llama-2-7b", 1, overheads, &[500; 20]), 1_060.0, 1e-6);
}

#[test]
fn only_layers_with_narrow_weights_are_quantized() {
    let overheads = OverheadsSpec { quantized_layer_us: 50.0, ..OverheadsSpec::NONE };
    assert_eq!(added("llama-2-7b", 1, overheads, &[500]), 0.0);
    close(added("llama-4-scout-fp8", 2, overheads, &[500]), 48.0 * 50.0, 1e-6);
}

#[test]
fn an_all_reduce_goes_the_quickest_way() {
    // 160 all-reduces of 16,384 bytes a token over four ranks with 450 GB/s each.
    let model = model("llama-2-70b");
    let reduce = |overheads, tokens: u32| {
        let roofline = with(&model, 4, overheads);
        let decodes = vec![100; tokens as usize];
        let parts = roofline.explain(&batch(&roofline, &[], &decodes));
        let part = parts.iter().find(|part| part.kind == PartKind::AllReduce).unwrap();
        part.seconds / 160.0 * 1e6
    };
    let overheads = OverheadsSpec {
        collective_us: 20.0,
        direct_latency_us: 4.0,
        direct_link_efficiency: 0.1,
        ..OverheadsSpec::NONE
    };
    let bytes = 16_384.0;
    let direct = 1e6 / 45e9;
    close(reduce(overheads, 1), 4.0 + 3.0 * bytes * direct, 1e-6);
    close(reduce(overheads, 20), 8.0 + 1.5 * 20.0 * bytes * direct, 1e-6);
    let ring = 20.0 + 6.0 * 0.6 + 1.5 * 400.0 * bytes * 1e6 / 450e9;
    close(reduce(overheads, 400), ring, 1e-6);
    let none = OverheadsSpec { direct_link_efficiency: 0.0, ..overheads };
    close(reduce(none, 1), 20.0 + 6.0 * 0.6 + 1.5 * bytes * 1e6 / 450e9, 1e-6);
}

#[test]
fn costs_that_grow_with_contexts_alone_come_out_the_same_again() {
    let overheads = OverheadsSpec {
        iteration_us: 900.0,
        sequence_us: 2.0,
        direct_latency_us: 4.0,
        direct_link_efficiency: 0.1,
        ..OverheadsSpec::NONE
    };
    let roofline = with(&model("llama-2-70b"), 4, overheads);
    let mut again = StepCost::new(1);
    roofline.cost(&batch(&roofline, &[], &[100, 200]), &mut again);
    let later = batch(&roofline, &[], &[101, 201]);
    roofline.cost_again(&later, &mut again);
    let mut anew = StepCost::new(1);
    roofline.cost(&later, &mut anew);
    assert_eq!((again.stage_s, again.host_s), (anew.stage_s, anew.host_s));
}

#[test]
fn overheads_out_of_range_are_refused_by_name() {
    let check = |overheads, expect: &str| {
        let spec = RooflineSpec { overheads, ..RooflineSpec::ideal() };
        let error = crate::StepTimeSpec::Roofline(spec).validate().unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    let none = OverheadsSpec::NONE;
    check(OverheadsSpec { iteration_us: -1.0, ..none }, "overheads.iteration_us");
    check(OverheadsSpec { direct_link_efficiency: 2.0, ..none }, "direct_link_efficiency");
}
