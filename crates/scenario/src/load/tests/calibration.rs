//! Constants from a profile.

use tokendrome::steptime::{RooflineSpec, StepTimeSpec};

use super::{BASE, read, try_load};

fn roofline(sets: &[&str]) -> (RooflineSpec, tokendrome::DelaysSpec) {
    let loaded = read(BASE, sets);
    let StepTimeSpec::Roofline(roofline) = &loaded.step_time else { panic!("no roofline") };
    (roofline.clone(), loaded.cluster.delays)
}

#[test]
fn a_profile_lies_under_what_the_scenario_says() {
    let profile = crate::profile::shipped().remove(0);
    let StepTimeSpec::Roofline(theirs) = profile.step_time else { panic!("no roofline") };
    let named = "step_time.calibration=vllm-0.15";
    assert_eq!(roofline(&[named]), (theirs.clone(), profile.delays));
    let sets = [named, "step_time.memory_efficiency=0.5", "cluster.delays.request_ms=1"];
    let (own, delays) = roofline(&sets);
    assert_eq!(own, RooflineSpec { memory_efficiency: 0.5, ..theirs });
    assert_eq!((delays.request_ms, delays.response_ms), (1.0, profile.delays.response_ms));
}

#[test]
fn a_profile_that_nobody_has_is_told() {
    let check = |sets: &[&str], expect: &str| {
        let error = try_load(BASE, sets).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    check(&["step_time.calibration=vllm-9"], "there is no profile `vllm-9`");
    check(&["step_time.calibration=no-such-file.toml"], "no-such-file.toml");
    let other = ["step_time.calibration=vllm-0.15", "step_time.kind=roofline-layerwise"];
    check(&other, "the scenario says another");
}
