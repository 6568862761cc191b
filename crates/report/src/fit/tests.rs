use serde_json::Value;
use tokendrome::catalog::Catalog;
use tokendrome::{Placements, VllmSpec, fit};

use super::*;
use crate::fixtures;

fn scenario(model: &str) -> Scenario {
    let mut scenario = fixtures::full().scenario;
    scenario.model = Some(Catalog::model(model).unwrap());
    scenario.scheduler = tokendrome::SchedulerSpec::Vllm(VllmSpec::default());
    scenario
}

fn fitted(scenario: &Scenario) -> Vec<FittedFormats> {
    let of = |dtype: DType| {
        let mut scenario = scenario.clone();
        scenario.model.as_mut().unwrap().dtypes.linear = dtype;
        let (rows, _) = fit(&scenario, &Placements::default(), None).unwrap();
        FittedFormats { dtype, kv_dtype: DType::Bf16, rows }
    };
    [DType::Bf16, DType::Int4].map(of).into()
}

#[test]
fn a_table_of_what_fits() {
    let scenario = scenario("llama-3.1-405b");
    let (formats, notices) = (fitted(&scenario), ["something to know".to_owned()]);
    let of = Fitted { scenario: &scenario, formats: &formats, notices: &notices };
    insta::assert_snapshot!(render(&of, Style::default()));
    insta::assert_snapshot!(render(&of, Style { color: false, width: 50 }));
}

#[test]
fn json_has_every_placement() {
    let scenario = scenario("llama-3.1-70b");
    let formats = fitted(&scenario);
    let mut bytes = Vec::new();
    let of = Fitted { scenario: &scenario, formats: &formats, notices: &[] };
    write_json(&of, &mut bytes).unwrap();
    let json: Value = serde_json::from_slice(&bytes).unwrap();
    let rows: Vec<&Placed> = formats.iter().flat_map(|formats| &formats.rows).collect();
    let found = json["placements"].as_array().unwrap();
    assert_eq!(found.len(), rows.len());
    for (found, row) in found.iter().zip(rows) {
        let sum: u64 = ["weight_bytes", "activation_bytes", "reserve_bytes", "kv_bytes"]
            .map(|key| found[key].as_u64().unwrap())
            .iter()
            .sum();
        let fits = found["verdict"] != "does-not-fit";
        assert_eq!(fits, sum <= row.memory.usable, "{found}");
        assert_eq!(found["missing_bytes"] == 0, fits);
        assert_eq!(found["kv_tokens"], row.kv_tokens);
    }
    assert_eq!(found[0]["verdict"], "does-not-fit");
    assert_eq!((&json["model"], &json["hardware"]), (&"llama-3.1-70b".into(), &"h100-sxm".into()));
}
