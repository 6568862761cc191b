use serde_json::Value;
use tokendrome::explain::{Batch, Decodes, explain};
use tokendrome::steptime::{AffineSpec, Chunk, Law, LayerwiseSpec, Profile, StepTimeSpec};

use super::*;
use crate::fixtures;

fn scenario(change: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut scenario = fixtures::full().scenario;
    scenario.step_time = StepTimeSpec::RooflineLayerwise(LayerwiseSpec::default());
    scenario.cluster.replicas = 1;
    change(&mut scenario);
    scenario.resolve().unwrap().0
}

fn explained(scenario: &Scenario) -> Vec<Explanation> {
    let prefill = Batch {
        prefills: vec![Chunk { tokens: 1_268, context: 0 }, Chunk { tokens: 512, context: 4_096 }],
        decodes: vec![Decodes { count: 64, context: 1_400 }],
        origin: String::new(),
    };
    let decode = Batch {
        decodes: vec![Decodes { count: 1, context: 100 }],
        origin: "one request alone".to_owned(),
        ..Batch::default()
    };
    [prefill, decode].into_iter().map(|batch| explain(scenario, batch).unwrap()).collect()
}

fn shown(scenario: &Scenario, width: usize) -> String {
    let iterations = explained(scenario);
    let notices = ["something to know".to_owned()];
    let explained = Explained { scenario, iterations: &iterations, notices: &notices };
    render(&explained, Style { color: false, width })
}

#[test]
fn operators_of_two_iterations() {
    insta::assert_snapshot!(shown(&scenario(|_| {}), 80));
}

#[test]
fn stages_and_ranks_on_a_narrow_terminal() {
    let scenario = scenario(|scenario| {
        scenario.parallelism.tensor_parallel_size = 2;
        scenario.parallelism.pipeline_parallel_size = 2;
    });
    insta::assert_snapshot!(shown(&scenario, 60));
}

#[test]
fn times_that_are_given() {
    let affine = AffineSpec::new(5.0, 0.02, Law::Exponential);
    let scenario = scenario(|scenario| scenario.step_time = StepTimeSpec::Affine(affine));
    insta::assert_snapshot!(shown(&scenario, 80));
}

#[test]
fn the_profile_is_named() {
    let spec = LayerwiseSpec { profile: Profile::Seed001, ..LayerwiseSpec::default() };
    let scenario = scenario(|of| of.step_time = StepTimeSpec::RooflineLayerwise(spec));
    let text = shown(&scenario, 80);
    assert!(text.contains("roofline-layerwise, profile seed001 · vLLM"), "{text}");
    assert!(text.contains("KV read") && !text.contains("MLP gate"), "{text}");
}

#[test]
fn json_has_every_operator_and_the_scenario() {
    let scenario = scenario(|_| {});
    let iterations = explained(&scenario);
    let mut bytes = Vec::new();
    let of = Explained { scenario: &scenario, iterations: &iterations, notices: &[] };
    write_json(&of, &mut bytes).unwrap();
    let json: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(json["schema_version"], SCHEMA_VERSION);
    let first = &json["iterations"][0];
    assert_eq!(first["batch"]["prefills"][1]["context"], 4_096);
    assert_eq!(first["batch"]["decodes"][0]["count"], 64);
    assert!(first["batch"].get("origin").is_none());
    assert_eq!(json["iterations"][1]["batch"]["origin"], "one request alone");
    let operators = first["operators"].as_array().unwrap();
    assert_eq!(operators.len(), iterations[0].parts.len());
    let total: f64 = operators.iter().map(|of| of["time_ms"].as_f64().unwrap()).sum();
    assert!((total / first["time_ms"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    let shares: f64 = operators.iter().map(|of| of["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-12);
    assert_eq!(operators[0]["bound"], iterations[0].parts[0].part.bound.name());
    let again: Scenario = serde_json::from_value(json["scenario"].clone()).unwrap();
    assert_eq!(again, scenario);
}
