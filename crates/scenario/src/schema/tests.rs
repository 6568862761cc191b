use super::*;

/// Every `$ref` of a schema leads somewhere.
fn check_references(json: &Json, root: &Json) {
    match json {
        Json::Object(object) => {
            if let Some(reference) = object.get("$ref").and_then(Json::as_str) {
                let pointer = reference.trim_start_matches('#');
                assert!(root.pointer(pointer).is_some(), "{reference}");
            }
            object.values().for_each(|below| check_references(below, root));
        }
        Json::Array(items) => items.iter().for_each(|below| check_references(below, root)),
        _ => {}
    }
}

#[test]
fn the_schema_of_files_holds_together() {
    let schema = file_schema();
    check_references(&schema, &schema);
    assert_eq!(schema["title"], "Tokendrome scenario");
}

#[test]
fn the_schema_of_files_knows_the_short_forms_and_other_names() {
    let schema = file_schema();
    let has = |pointer: &str| assert!(schema.pointer(pointer).is_some(), "{pointer}");
    has("/$defs/ModelSpec/anyOf/0/properties/config");
    has("/$defs/ModelSpec/anyOf/0/properties/num_parameters");
    has("/$defs/AcceleratorSpec/anyOf/0/properties/compute_flops");
    has("/$defs/SchedulerSpec/anyOf/0/oneOf/0/properties/num_gpu_blocks_override");
    has("/$defs/WorkloadSpec/properties/input_len_dist");
    has("/$defs/ParallelismSpec/properties/tp");
    has("/properties/sweep/properties/mode");
    assert!(schema.pointer("/$defs/SimulationSpec/properties/c_ms").is_none());
    let steps = schema["$defs"]["StepTimeSpec"].to_string();
    // Any of its names will do.
    let any = ["base_ms", "base_ticks", "c_ms"].map(|name| format!(r#"{{"required":["{name}"]}}"#));
    assert!(steps.contains(&format!(r#""anyOf":[{}]"#, any.join(","))), "{steps}");
    assert_eq!(schema["$defs"]["ModelSpec"]["anyOf"][1]["type"], "string");
    assert!(schema.pointer("/$defs/ModelSpec/anyOf/0/required").is_none());
}

#[test]
fn every_field_and_kind_stands_in_the_documentation() {
    let text = include_str!("../../../../docs/scenario.md");
    let mut names = std::collections::BTreeSet::new();
    collect_names(&file_schema(), &mut names);
    let missing: Vec<_> = names.iter().filter(|name| !is_named(text, name)).collect();
    assert!(missing.is_empty(), "docs/scenario.md does not name {missing:?}");
}

fn is_named(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part)
    })
}

/// Keys of tables, and words that values may be.
fn collect_names(json: &Json, names: &mut std::collections::BTreeSet<String>) {
    match json {
        Json::Object(object) => {
            if let Some(properties) = object.get("properties").and_then(Json::as_object) {
                names.extend(properties.keys().cloned());
            }
            names.extend(object.get("const").and_then(Json::as_str).map(str::to_owned));
            object.values().for_each(|below| collect_names(below, names));
        }
        Json::Array(items) => items.iter().for_each(|below| collect_names(below, names)),
        _ => {}
    }
}
