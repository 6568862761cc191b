use super::*;

#[test]
fn whole_prompts_are_reserved_from_0_19_on() {
    let check = |version: Option<&str>, expect: bool| {
        assert_eq!(reserves_full_prompt(version), expect, "{version:?}");
    };
    check(Some("0.15.1"), false);
    check(Some("0.19.0"), true);
    check(Some("0.33.0"), true);
    check(Some("1.0"), true);
    check(Some("main"), true);
    check(None, true);
}

fn served<'a>(model: &'a str, version: Option<&'a str>) -> Served<'a> {
    Served { engine: "vllm", version, accelerator: "h100-sxm", model, tensor_parallel: 1 }
}

#[test]
fn every_profile_of_the_catalog_reads_and_writes_the_same() {
    for profile in shipped() {
        let again = EngineProfile::read(&profile.to_toml()).unwrap();
        assert_eq!(again, profile);
        assert!(!profile.provenance.data.is_empty(), "{}", profile.head.name);
    }
}

#[test]
fn a_version_without_constants_borrows_them_and_says_so() {
    let (profile, notice) = profile_for(&served("llama-3.1-8b", Some("0.15.1")), &[]).unwrap();
    assert_eq!((profile.head.name.as_str(), notice), ("vllm-0.15", None));
    let (profile, notice) = profile_for(&served("llama-3.1-8b", Some("0.33.0")), &[]).unwrap();
    assert_eq!(profile.head.name, "vllm-0.15");
    assert!(notice.unwrap().contains("no constants for vllm 0.33.0"));
    let other = Served { engine: "sglang", ..served("llama-3.1-8b", None) };
    assert_eq!(profile_for(&other, &[]), None);
}

#[test]
fn the_profile_that_says_most_wins() {
    let mut own = shipped().remove(0);
    own.head.name = "mine".to_owned();
    own.head.model = Some("meta-llama/Llama-2-7b-hf".to_owned());
    let name = |model: &str, version| {
        profile_for(&served(model, version), std::slice::from_ref(&own)).unwrap().0.head.name
    };
    assert_eq!(name("llama-2-7b", Some("0.15.1")), "mine", "another name of the same model");
    assert_eq!(name("llama-2-13b", Some("0.15.1")), "vllm-0.15");
    own.head.versions = vec!["0.19".to_owned()];
    let (found, _) = profile_for(&served("llama-2-7b", Some("0.15.1")), &[own]).unwrap();
    assert_eq!(found.head.name, "vllm-0.15", "the version counts more than the model");
}

#[test]
fn a_profile_says_what_is_wrong_with_it() {
    let text = shipped()[0].to_toml();
    let check = |from: &str, to: &str, expect: &str| {
        let error = EngineProfile::read(&text.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    check("memory_efficiency = 0.", "memory_efficiency = 1.", "memory_efficiency");
    check("request_ms", "requests_ms", "requests_ms");
    check("response_ms = ", "response_ms = -", "response_ms");
}

/// Who names no constants runs with those of the profile that comes with the program.
#[test]
fn the_default_is_the_profile_of_vllm() {
    let shipped = shipped();
    let profile = shipped.iter().find(|of| of.head.name == "vllm-0.15").expect("it is shipped");
    assert_eq!(profile.step_time, tokendrome::steptime::StepTimeSpec::default());
}
