//! Golden scenarios: of each its digest and its first iterations, so that a change of what is
//! simulated is seen, and where. Every plug-in that a scenario file can name has one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokendrome::metrics::{Iteration, Observer};
use tokendrome::steptime::StepTimeSpec;
use tokendrome::units::TICK;
use tokendrome::{Scenario, TimeUnit, simulate};
use tokendrome_dataset::read_operator_tables;
use tokendrome_scenario::{Input, load, to_json};

/// Iterations that are shown.
const SHOWN: usize = 8;

/// What describes models and files, not what the simulator does: the catalog's and the readers'
/// own tests have these.
const DATA: [&str; 10] = [
    "Attention",
    "DType",
    "DatasetFormat",
    "DatasetTurns",
    "Ffn",
    "NormKind",
    "QkNorm",
    "Shape",
    "TraceFormat",
    "ModelSpec",
];

/// Defaults that a scenario written out leaves out: whoever has nothing else there has these.
const LEFT_OUT: [&str; 2] = ["Rounding: nearest", "TimeUnit: second"];

/// The golden scenarios by name.
fn goldens() -> Vec<(String, Scenario)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let loaded = load(&Input::File(path), &[]);
        let loaded = loaded.unwrap_or_else(|problems| panic!("{name}: {problems}"));
        let mut scenario = loaded.scenario;
        if let StepTimeSpec::OperatorTables(spec) = &mut scenario.step_time {
            spec.tables = Some(Arc::new(read_operator_tables(Path::new(&spec.path)).unwrap()));
        }
        (name, scenario)
    };
    files.into_iter().map(read).collect()
}

/// The first iterations, one a line.
struct First {
    /// What the clock counts.
    unit: TimeUnit,
    lines: String,
    shown: usize,
}

impl Observer for First {
    fn sees_iterations(&self) -> bool {
        true
    }

    fn iteration(&mut self, of: &Iteration) {
        self.shown += 1;
        if self.shown > SHOWN {
            return;
        }
        let (size, unit) = match self.unit {
            TimeUnit::Second => (1e6, "ms"),
            TimeUnit::Tick => (TICK.as_nanos() as f64, "ticks"),
        };
        let [start, end] = [of.start, of.end].map(|at| at.as_nanos() as f64 / size);
        writeln!(
            self.lines,
            "replica {} {start:.3} to {end:.3} {unit}: {} prompts of {} tokens, {} decodes; \
             {} running, {} waiting, {} preempted, {} of {} blocks",
            of.replica.0,
            of.prefills,
            of.prefill_tokens,
            of.decodes,
            of.running,
            of.waiting,
            of.preempted,
            of.kv_blocks,
            of.kv_blocks_total
        )
        .unwrap();
    }
}

#[test]
fn golden_scenarios_are_simulated_as_before() {
    for (name, scenario) in goldens() {
        let unit = scenario.simulation.time_unit;
        let mut first = First { unit, lines: String::new(), shown: 0 };
        let output = simulate(&scenario, None, &mut [&mut first]);
        let report = output.unwrap_or_else(|error| panic!("{name}: {error}")).report;
        let requests = &report.summary.requests;
        assert_eq!((requests.rejected, requests.completed), (0, requests.total), "{name}");
        let text = format!(
            "digest {}\n{} requests, {} iterations, {} preemptions\n{}",
            report.digest,
            requests.completed,
            report.summary.iterations.count,
            report.summary.queue.preemptions,
            first.lines
        );
        insta::assert_snapshot!(name, text);
    }
}

/// Every variant of an enum of the schema that is not data: of tagged objects their kind, of words
/// themselves.
fn variants(schema: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (name, of) in schema["$defs"].as_object().unwrap() {
        let alternatives = of["oneOf"].as_array().into_iter().flatten();
        let words = of["enum"].as_array().into_iter().flatten();
        let found = alternatives.filter_map(tag_of).chain(words.filter_map(Value::as_str));
        all.extend(found.map(|variant| format!("{name}: {variant}")));
    }
    all.retain(|variant| DATA.iter().all(|data| !variant.starts_with(&format!("{data}:"))));
    all
}

/// The kind of a tagged object, or the word.
fn tag_of(alternative: &Value) -> Option<&str> {
    alternative["properties"]["kind"]["const"].as_str().or_else(|| alternative["const"].as_str())
}

/// Notes the variants that a value has, which fits `node` of the schema.
fn note(schema: &Value, node: &Value, value: &Value, seen: &mut BTreeSet<String>) {
    let tag = value["kind"].as_str().or_else(|| value.as_str());
    if let Some(path) = node["$ref"].as_str() {
        let name = path.rsplit('/').next().unwrap();
        let of = &schema["$defs"][name];
        seen.extend(tag.map(|tag| format!("{name}: {tag}")));
        note(schema, of, value, seen);
    }
    for alternatives in ["oneOf", "anyOf", "allOf"] {
        for alternative in node[alternatives].as_array().into_iter().flatten() {
            let fits = tag_of(alternative).is_none_or(|own| Some(own) == tag);
            if fits && !value.is_null() {
                note(schema, alternative, value, seen);
            }
        }
    }
    if let (Some(properties), Some(fields)) = (node["properties"].as_object(), value.as_object()) {
        for (key, field) in fields {
            properties.get(key).into_iter().for_each(|node| note(schema, node, field, seen));
        }
    }
    for item in value.as_array().into_iter().flatten() {
        note(schema, &node["items"], item, seen);
    }
}

#[test]
fn every_variant_has_a_golden_scenario() {
    let schema = schemars::schema_for!(Scenario).to_value();
    let wanted = variants(&schema);
    assert!(wanted.contains("SchedulerSpec: phase-batching"), "{wanted:?}");
    assert!(wanted.contains("RouterSpec: shared-queue"), "{wanted:?}");
    let mut seen = BTreeSet::new();
    for (_, scenario) in goldens() {
        note(&schema, &schema, &to_json(&scenario), &mut seen);
    }
    assert!(LEFT_OUT.iter().all(|left| !seen.contains(*left)), "some need not be left out");
    seen.extend(LEFT_OUT.map(str::to_owned));
    let lacking: Vec<&String> = wanted.difference(&seen).collect();
    assert!(lacking.is_empty(), "no golden scenario in tests/golden for {lacking:#?}");
    assert!(goldens().iter().any(|(_, scenario)| scenario.disaggregation.is_some()));
}
