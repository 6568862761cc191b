use serde_json::Value;
use tokendrome_explore::Threads;
use tokendrome_explore::queueing::{Case, Size, cases, validate};

use super::*;

/// Two systems, of which one is told a wrong theory.
fn validation() -> Validation {
    let is_shown = |case: &Case| ["mm1-0.5", "mg1-mixture-0.5"].contains(&case.name);
    let mut few: Vec<Case> = cases(42, Size::Quick).into_iter().filter(is_shown).collect();
    few[1].expected.queue_s *= 2.0;
    validate(few, 5, Threads::ONE, &(), |_| {}).unwrap()
}

#[test]
fn the_table_of_a_validation() {
    insta::assert_snapshot!(render(&validation(), Style::default()));
}

#[test]
fn json_has_the_verdicts_and_the_scenarios() {
    let validation = validation();
    let mut bytes = Vec::new();
    write_json(&validation, &mut bytes).unwrap();
    let json: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(json["schema_version"], SCHEMA_VERSION);
    assert_eq!((&json["is_confirmed"], &json["refuted"]), (&false.into(), &1.into()));
    let case = &json["cases"][1];
    assert_eq!(case["name"], "mg1-mixture-0.5");
    let queue = &case["checks"][1];
    assert_eq!(
        (&queue["quantity"], &queue["is_confirmed"]),
        (&"queue-time-s".into(), &false.into())
    );
    assert_eq!(queue["mean"].as_f64(), Some(validation.cases[1].checks[1].mean));
    let scenario: Scenario = serde_json::from_value(case["scenario"].clone()).unwrap();
    assert_eq!(scenario, validation.cases[1].case.scenario);
}
