//! What values are called in tables, columns and legends.
//!
//! Numbers and words go by themselves. A table goes by its `label`, which no table of a scenario
//! has; failing that by its `kind` or `name`, if no other has the same; failing that by what tells
//! it from the others.

use std::collections::BTreeMap;

use super::Labelled;
use crate::problem::Problem;
use crate::tree::{Node, Table, Value};

/// The key that names a table.
const LABEL: &str = "label";

/// The values with their labels, which are not part of the values.
pub(super) fn labelled(field: &str, mut nodes: Vec<Node>) -> Result<Vec<Labelled>, Problem> {
    let mut labels: Vec<Option<String>> = Vec::with_capacity(nodes.len());
    for node in &mut nodes {
        labels.push(match node.as_table_mut() {
            Some(table) => given(field, table)?,
            None => Some(plain(node)),
        });
    }
    let open: Vec<usize> = (0..nodes.len()).filter(|&at| labels[at].is_none()).collect();
    let tables: Vec<&Table> = open.iter().filter_map(|&at| nodes[at].as_table()).collect();
    for (at, label) in open.into_iter().zip(derived(&tables)) {
        labels[at] = Some(label);
    }
    let labels = labels.into_iter().flatten();
    let values: Vec<Labelled> =
        labels.zip(nodes).map(|(label, node)| Labelled::new(label, node)).collect();
    check(field, &values)?;
    Ok(values)
}

/// Takes the label of a table out of it.
fn given(field: &str, table: &mut Table) -> Result<Option<String>, Problem> {
    let Some(entry) = table.take(LABEL) else { return Ok(None) };
    match entry.value.as_str() {
        Some(text) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
        _ => {
            let found = entry.value.describe();
            let message = format!("a `label` of `{field}` must be a name; found {found}");
            Err(Problem::new(message).at(entry.value.at, "not a name"))
        }
    }
}

/// Numbers and words as they are; other things as JSON.
fn plain(node: &Node) -> String {
    /// Beyond these a number is easier to read with an exponent.
    const PLAIN: std::ops::Range<f64> = 1e-6..1e15;
    match &node.value {
        Value::Float(number) if *number == 0.0 || PLAIN.contains(&number.abs()) => {
            number.to_string()
        }
        Value::Float(number) => format!("{number:e}"),
        Value::Integer(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => node.to_json().to_string(),
    }
}

/// Labels of tables that give none.
fn derived(tables: &[&Table]) -> Vec<String> {
    let short = |table: &Table| {
        let name = ["kind", "type", "name"].iter().find_map(|key| table.get(key)?.as_str());
        name.map(str::to_owned)
    };
    let names: Vec<Option<String>> = tables.iter().map(|table| short(table)).collect();
    let is_alone =
        |name: &String| names.iter().flatten().filter(|other| *other == name).count() == 1;
    let all = tables.iter().zip(&names);
    all.map(|(table, name)| match name {
        Some(name) if is_alone(name) => name.clone(),
        _ => long(table, name.as_deref(), tables),
    })
    .collect()
}

/// The name of a table, and the keys in which it differs from others.
fn long(table: &Table, name: Option<&str>, all: &[&Table]) -> String {
    let mut parts: Vec<String> = name.map(str::to_owned).into_iter().collect();
    for entry in table.iter().filter(|entry| entry.value.as_str() != name || name.is_none()) {
        let value = entry.value.to_json();
        let same =
            |other: &&Table| other.get(&entry.key).map(Node::to_json).as_ref() == Some(&value);
        if !all.iter().all(same) {
            parts.push(format!("{}={}", entry.key, plain(&entry.value)));
        }
    }
    if parts.is_empty() { "{}".to_owned() } else { parts.join(" ") }
}

/// Equal labels of different values would be mistaken for each other.
fn check(field: &str, values: &[Labelled]) -> Result<(), Problem> {
    let mut known: BTreeMap<&str, &Node> = BTreeMap::new();
    for Labelled { label, node } in values {
        let first = *known.entry(label).or_insert(node);
        if first.to_json() != node.to_json() {
            let message = format!("two different values of `{field}` are called `{label}`");
            let help = "give each a name of its own, such as `{ label = \"small\", ... }`";
            return Err(Problem::new(message).at(node.at, "the second").help(help));
        }
    }
    Ok(())
}
