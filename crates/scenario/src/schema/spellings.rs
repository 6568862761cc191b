//! What files may say beyond the types.

use serde_json::{Map, Value as Json, json};
use tokendrome::ticks::TIME_FIELDS;

use crate::compat::{batching, counts, inference_lab, shorthand};

const TITLE: &str = "Tokendrome scenario";
const ABOUT: &str = "What is simulated: a model on accelerators, an engine's configuration, a \
                     workload. Sections that are left out have their defaults.";

/// Types told apart by their `kind`.
const UNIONS: [&str; 7] = [
    "SchedulerSpec",
    "StepTimeSpec",
    "ArrivalsSpec",
    "LengthsSpec",
    "TurnsSpec",
    "PopularitySpec",
    "Shape",
];

pub(super) fn add(schema: &mut Json) {
    schema["title"] = TITLE.into();
    schema["description"] = ABOUT.into();
    tick_names(schema);
    let Some(defs) = schema.get_mut("$defs").and_then(Json::as_object_mut) else {
        return;
    };
    named(defs, "ModelSpec", "The model's name in the catalog (`tokendrome models`)");
    named(
        defs,
        "AcceleratorSpec",
        "The accelerator's name in the catalog (`tokendrome accelerators`)",
    );
    model_keys(defs);
    for name in ["SchedulerSpec", "StepTimeSpec", "ArrivalsSpec"] {
        optional_kind(defs, name);
    }
    for name in UNIONS {
        type_for_kind(defs, name);
    }
    for (name, what) in [("LengthsSpec", "tokens"), ("TurnsSpec", "turns")] {
        let about = format!("Always this many {what}");
        or(defs, name, &json!({ "type": "integer", "minimum": 1, "description": about }));
    }
    for name in ["SchedulerSpec", "StepTimeSpec", "PopularitySpec"] {
        or(defs, name, &json!({ "type": "string", "description": "The kind alone" }));
    }
    for (kind, _, parameter, _) in batching::KINDS {
        let arrivals = json!({
            "type": "object",
            "properties": { "kind": { "const": kind }, parameter: { "type": "number" } },
            "required": ["kind", parameter],
            "additionalProperties": false,
        });
        or(defs, "ArrivalsSpec", &arrivals);
    }
    for (section, names) in inference_lab::NAMES {
        for name in names {
            other_name(defs, section, name, "a name of Inference Lab's configuration");
        }
    }
    for name in counts::NAMES {
        for def in ["ClusterSpec", "PoolSpec"] {
            let about = "accelerators, counted instead of replicas: of a node, and nodes";
            let count = json!({ "type": "integer", "minimum": 1, "description": about });
            tables(defs, def).into_iter().for_each(|of| add_property(of, name, count.clone()));
        }
    }
    for (section, other, name) in shorthand::ALIASES {
        alias(defs, section, other, name);
    }
}

/// Times and rates in ticks, beside those in seconds, wherever they stand.
fn tick_names(schema: &mut Json) {
    match schema {
        Json::Object(object) => {
            for field in TIME_FIELDS {
                let known = object.get("properties");
                if known.is_none_or(|known| known.get(field.name).is_none()) {
                    continue;
                }
                let about = format!("as `{}`, where the clock counts ticks", field.name);
                let schema = json!({ "type": "number", "description": about });
                add_property(object, field.in_ticks, schema);
                let required = object.get_mut("required").and_then(Json::as_array_mut);
                let is_required = required.is_some_and(|required| {
                    let before = required.len();
                    required.retain(|key| key != field.name);
                    required.len() < before
                });
                if is_required {
                    let either = |name: &str| json!({ "required": [name] });
                    let either = json!({ "anyOf": [either(field.name), either(field.in_ticks)] });
                    let all = object.entry("allOf").or_insert_with(|| json!([]));
                    all.as_array_mut().expect("a list").push(either);
                }
            }
            object.values_mut().for_each(tick_names);
        }
        Json::Array(items) => items.iter_mut().for_each(tick_names),
        _ => {}
    }
}

/// The type that a section is read into.
fn type_of(section: &str) -> &'static str {
    // A pool's sections are those of a scenario.
    let pool = ["disaggregation.prefill.", "disaggregation.decode."];
    let own = pool.iter().find_map(|pool| section.strip_prefix(pool));
    match own.unwrap_or(section) {
        "model" => "ModelSpec",
        "hardware" => "AcceleratorSpec",
        "parallelism"
        | "disaggregation.prefill.parallelism"
        | "disaggregation.decode.parallelism" => "ParallelismSpec",
        "scheduler" => "SchedulerSpec",
        "step_time" => "StepTimeSpec",
        "workload" => "WorkloadSpec",
        "workload.input_tokens" | "workload.output_tokens" => "LengthsSpec",
        "simulation" => "SimulationSpec",
        other => unreachable!("no type is known for `{other}`"),
    }
}

/// A bare name, or a table in which nothing is required, for the name brings the rest.
fn named(defs: &mut Map<String, Json>, name: &str, about: &str) {
    if let Some(table) = defs.get_mut(name).and_then(Json::as_object_mut) {
        table.remove("required");
    }
    or(defs, name, &json!({ "type": "string", "description": about }));
}

/// Makes a type a choice between what it was and something shorter.
fn or(defs: &mut Map<String, Json>, name: &str, shorter: &Json) {
    let Some(def) = defs.get_mut(name) else { return };
    let choices = def.get_mut("anyOf").and_then(Json::as_array_mut);
    if let Some(choices) = choices {
        choices.push(shorter.clone());
    } else {
        let long = def.take();
        *def = json!({ "anyOf": [long, shorter] });
    }
}

/// The tables of a type, whichever form it has by now.
fn tables<'a>(defs: &'a mut Map<String, Json>, name: &str) -> Vec<&'a mut Map<String, Json>> {
    fn collect<'a>(json: &'a mut Json, found: &mut Vec<&'a mut Map<String, Json>>) {
        let Some(object) = json.as_object_mut() else { return };
        if object.contains_key("properties") {
            found.push(object);
            return;
        }
        for key in ["anyOf", "oneOf"] {
            if object.contains_key(key) {
                let choices = object.get_mut(key).and_then(Json::as_array_mut);
                choices.into_iter().flatten().for_each(|choice| collect(choice, found));
                return;
            }
        }
    }
    let mut found = Vec::new();
    if let Some(def) = defs.get_mut(name) {
        collect(def, &mut found);
    }
    found
}

fn add_property(table: &mut Map<String, Json>, name: &str, schema: Json) {
    let properties = table.get_mut("properties").and_then(Json::as_object_mut);
    if let Some(properties) = properties {
        properties.entry(name.to_owned()).or_insert(schema);
    }
}

fn model_keys(defs: &mut Map<String, Json>) {
    let format = |about: &str| json!({ "$ref": "#/$defs/DType", "description": about });
    let text = |about: &str| json!({ "type": "string", "description": about });
    let keys = [
        ("config", text("A Hugging Face `config.json` (or its folder), relative to this file")),
        (
            "dtype",
            format(
                "Number format of all parts; a format below 16 bits is that of the layers' \
                 weights alone",
            ),
        ),
        ("kv_dtype", format("Number format of the KV cache")),
        (
            "unquantized_dtype",
            format("Number format of the parts that are not quantised, as vLLM's `--dtype`"),
        ),
        (
            "quantization",
            text("How vLLM reads or makes quantised weights, as its `--quantization`"),
        ),
    ];
    for table in tables(defs, "ModelSpec") {
        for (key, schema) in &keys {
            add_property(table, key, schema.clone());
        }
    }
    let about = "A profile of constants: its name, or the path of a file that ends in `.toml`";
    for table in tables(defs, "StepTimeSpec") {
        add_property(table, crate::fill::calibration::KEY, text(about));
    }
}

/// The first kind is the default one.
fn optional_kind(defs: &mut Map<String, Json>, name: &str) {
    if let Some(table) = tables(defs, name).into_iter().next()
        && let Some(required) = table.get_mut("required").and_then(Json::as_array_mut)
    {
        required.retain(|key| key != "kind");
    }
}

/// `type` says the same as `kind`.
fn type_for_kind(defs: &mut Map<String, Json>, name: &str) {
    for table in tables(defs, name) {
        let kind = table.get("properties").and_then(|properties| properties.get("kind"));
        if let Some(kind) = kind.cloned() {
            add_property(table, "type", kind);
        }
        if let Some(required) = table.get_mut("required").and_then(Json::as_array_mut) {
            let needs_kind = required.iter().any(|key| key == "kind");
            required.retain(|key| key != "kind");
            if needs_kind {
                let either = json!([{ "required": ["kind"] }, { "required": ["type"] }]);
                table.insert("anyOf".to_owned(), either);
            }
        }
    }
}

fn other_name(defs: &mut Map<String, Json>, section: &str, name: &str, about: &str) {
    for table in tables(defs, type_of(section)) {
        let about = json!({ "description": about, "deprecated": true });
        add_property(table, name, about);
    }
}

/// Another name of a key, wherever the section has that key.
fn alias(defs: &mut Map<String, Json>, section: &str, other: &str, name: &str) {
    for table in tables(defs, type_of(section)) {
        let known = table.get("properties").and_then(|properties| properties.get(name));
        if known.is_none() {
            continue;
        }
        let about = format!("another name of `{name}`");
        add_property(table, other, json!({ "description": about, "deprecated": true }));
        let needs = |name: &str| json!({ "required": [name] });
        let required = table.get_mut("required").and_then(Json::as_array_mut);
        let place = required.as_ref().and_then(|all| all.iter().position(|key| key == name));
        if let (Some(required), Some(place)) = (required, place) {
            required.remove(place);
            let all = table.entry("allOf").or_insert_with(|| json!([]));
            let either = json!({ "anyOf": [needs(name), needs(other)] });
            all.as_array_mut().expect("a list").push(either);
            continue;
        }
        // It may be one of several names of which one is needed.
        let all = table.get_mut("allOf").and_then(Json::as_array_mut);
        let names = all.into_iter().flatten().filter_map(|rule| rule["anyOf"].as_array_mut());
        for names in names.filter(|names| names.contains(&needs(name))) {
            names.push(needs(other));
        }
    }
}
