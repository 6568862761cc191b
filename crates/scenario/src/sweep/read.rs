//! From the tree to what varies.

use super::values::listed;
use super::{Labelled, Parameter, Spec, SweepMode, labels};
use crate::hint;
use crate::problem::Problem;
use crate::source::{SourceId, Sources};
use crate::tree::{Entry, Node, Table, Value};

/// The key of the section that is no field.
const MODE: &str = "mode";

/// Takes the section out of the tree, if there is one.
pub(crate) fn take(root: &mut Table, sources: &mut Sources) -> Result<Option<Spec>, Vec<Problem>> {
    let Some(entry) = root.take("sweep") else { return Ok(None) };
    let mut section = entry.value;
    if let Some(source) = sources.add_sweep(section.at) {
        move_to(&mut section, source);
    }
    let at = section.at;
    let Value::Table(table) = section.value else {
        let message = format!("`sweep` must be a table; found {}", section.describe());
        return Err(vec![Problem::new(message).at(at, "not a table")]);
    };
    let mut reading = Reading::default();
    reading.table("", table);
    // Tables of some formats come sorted by their keys: what counts is how they were written.
    reading.spec.parameters.sort_by_key(|parameter| parameter.at);
    if reading.problems.is_empty()
        && let Err(problem) = reading.spec.check()
    {
        reading.problems.push(problem);
    }
    if reading.problems.is_empty() { Ok(Some(reading.spec)) } else { Err(reading.problems) }
}

/// Places of the values in the text of the sweep.
fn move_to(node: &mut Node, source: SourceId) {
    node.at = node.at.moved(source);
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| move_to(item, source)),
        Value::Table(table) => {
            for entry in table.iter_mut() {
                entry.at = entry.at.moved(source);
                move_to(&mut entry.value, source);
            }
        }
        _ => {}
    }
}

#[derive(Default)]
struct Reading {
    spec: Spec,
    problems: Vec<Problem>,
}

impl Reading {
    /// Fields below the path `above`, which ends in a dot unless it is empty.
    fn table(&mut self, above: &str, mut table: Table) {
        if above.is_empty()
            && let Some(mode) = table.take(MODE)
        {
            match mode_of(&mode) {
                Ok(mode) => self.spec.mode = mode,
                Err(problem) => self.problems.push(problem),
            }
        }
        for entry in table.iter() {
            let field = format!("{above}{}", entry.key);
            match &entry.value.value {
                Value::Table(below) if below.is_empty() => {
                    let message = format!("nothing varies in `{field}`: the table is empty");
                    self.problems.push(Problem::new(message).at(entry.at, ""));
                }
                Value::Table(below) if !below.contains("linspace") => {
                    self.table(&format!("{field}."), below.clone());
                }
                _ => match parameter(field, entry) {
                    Ok(parameter) => self.spec.parameters.push(parameter),
                    Err(problem) => self.problems.push(problem),
                },
            }
        }
    }
}

fn mode_of(entry: &Entry) -> Result<SweepMode, Problem> {
    let mode = entry.value.as_str().and_then(SweepMode::of);
    mode.ok_or_else(|| {
        let names = SweepMode::NAMES.map(|(name, _)| name);
        let message = format!("`mode` of a sweep cannot be {}", entry.value.describe());
        let near = entry.value.as_str().and_then(|text| hint::nearest(text, names));
        let label = near.map_or_else(String::new, |near| format!("did you mean `{near}`?"));
        let help = format!("the modes are {}", hint::list(names));
        Problem::new(message).at(entry.value.at, label).help(help)
    })
}

/// A field with its values.
pub(super) fn parameter(field: String, entry: &Entry) -> Result<Parameter, Problem> {
    let nodes = listed(&field, &entry.value)?;
    let values = labels::labelled(&field, nodes)?;
    Ok(Parameter { field, at: entry.at, values })
}

impl Labelled {
    pub(super) fn new(label: String, node: Node) -> Self {
        Self { label, node }
    }
}
