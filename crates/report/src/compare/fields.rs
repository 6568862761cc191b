//! In which fields scenarios differ.

use std::collections::BTreeMap;

use serde_json::Value;
use tokendrome::ticks::scenario_in_ticks;

use super::Compared;
use crate::table::document::{Document, Span};

/// Most fields that are listed.
const FIELDS_MAX: usize = 8;
/// Longest value that is written out.
const VALUE_MAX: usize = 24;

/// Lists the fields that are not the same in all scenarios, with their values in order.
pub(super) fn differences(document: &mut Document, compared: &Compared<'_>) {
    let list = &compared.cases.list;
    let all: Vec<BTreeMap<String, String>> = list
        .iter()
        .map(|case| {
            let json = serde_json::to_value(case.simulation.scenario());
            let mut json = json.expect("a scenario is plain data");
            if compared.clock().counts_ticks() {
                scenario_in_ticks(&mut json);
            }
            let mut leaves = BTreeMap::new();
            collect("", &json, &mut leaves);
            leaves
        })
        .collect();
    let mut keys: Vec<&String> = all.iter().flat_map(BTreeMap::keys).collect();
    keys.sort();
    keys.dedup();
    let differ = |key: &&String| all.iter().any(|leaves| leaves.get(*key) != all[0].get(*key));
    // Trials say how often to run, not what.
    let keys: Vec<&String> =
        keys.into_iter().filter(|key| *key != "simulation.trials").filter(differ).collect();
    for key in keys.iter().take(FIELDS_MAX) {
        let values = all.iter().map(|leaves| leaves.get(*key).map_or("-", String::as_str));
        let values: Vec<&str> = values.collect();
        document.paragraph(Span::dim(format!("  {key}  ")), &values.join(" | "));
    }
    if let Some(more) = keys.len().checked_sub(FIELDS_MAX).filter(|&more| more > 0) {
        document.paragraph(Span::dim("  and more  "), &format!("{more} fields"));
    }
}

/// The values of all fields by their paths; a list is one value.
fn collect(path: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(&path, value, leaves);
            }
        }
        Value::String(text) => {
            leaves.insert(path.to_owned(), cut(text));
        }
        other => {
            leaves.insert(path.to_owned(), cut(&other.to_string()));
        }
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= VALUE_MAX {
        return text.to_owned();
    }
    text.chars().take(VALUE_MAX - 1).chain(['…']).collect()
}
