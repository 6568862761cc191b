use super::*;

fn example() -> AcceleratorSpec {
    toml::from_str(
        r#"
        name = "example"
        memory = "80GiB"
        memory_bandwidth = "3.35TB/s"
        peak = { bf16 = "989TFLOPS", fp8 = "1979TFLOPS" }
        link = { bandwidth = "450GB/s", latency_us = 3.0 }
        "#,
    )
    .unwrap()
}

#[test]
fn a_short_file_is_enough_and_reads_back() {
    let spec = example();
    spec.validate().unwrap();
    assert_eq!(spec.accelerators_per_node, 1);
    let text = toml::to_string(&spec).unwrap();
    assert_eq!(toml::from_str::<AcceleratorSpec>(&text).unwrap(), spec);
}

#[test]
fn weights_run_on_the_best_row_that_the_device_has() {
    let spec = example();
    let row = |dtype| spec.peak.for_weights(dtype).map(|(row, _)| row);
    assert_eq!(row(DType::Fp8), Some(DType::Fp8));
    assert_eq!(row(DType::Mxfp4), Some(DType::Bf16));
    assert_eq!(row(DType::Int4), Some(DType::Bf16));
    assert_eq!(row(DType::F16), Some(DType::Bf16));
    assert_eq!(row(DType::F32), None);
}

#[test]
fn unusable_figures_are_refused_with_a_remedy() {
    let check = |change: fn(&mut AcceleratorSpec), expect: &str| {
        let mut spec = example();
        change(&mut spec);
        assert_eq!(spec.validate().unwrap_err().to_string(), expect);
    };
    check(|spec| spec.memory = Bytes(0), "`memory` of `example` is 0; give a number above zero");
    check(
        |spec| spec.link.as_mut().unwrap().latency_us = -1.0,
        "`example`: `link.latency_us` is -1; give microseconds, zero or more",
    );
    check(
        |spec| spec.peak = Peaks { fp8: spec.peak.fp8, ..Peaks::default() },
        "`example` has no peak rate for 16- or 32-bit arithmetic; give `peak.bf16`, `peak.f16` or \
         `peak.f32`",
    );
}

#[test]
fn unknown_keys_are_refused() {
    let text = "name = \"x\"\nmemory = 1\nmemory_bandwith = 1\n";
    let message = toml::from_str::<AcceleratorSpec>(text).unwrap_err().to_string();
    assert!(message.contains("memory_bandwith"), "{message}");
}
