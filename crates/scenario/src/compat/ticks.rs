//! Names of times and rates where the clock counts ticks.

use tokendrome::ticks::{TIME_FIELDS, TimeField, shortened};

use crate::problem::Problem;
use crate::tree::{Entry, Node, Table, Value};

/// Sections whose times are a machine's, whatever the clock counts.
const OF_MACHINES: [&str; 2] = ["model", "hardware"];

/// Whether the scenario's clock counts ticks.
pub(crate) fn is_ticking(root: &Table) -> bool {
    let simulation = root.get("simulation").and_then(Node::as_table);
    let unit = simulation.and_then(|simulation| simulation.get("time_unit"));
    unit.and_then(Node::as_str) == Some("tick")
}

/// How a field of the types is called in this scenario.
pub(crate) fn shown(root: &Table, field: &str) -> String {
    let known = TIME_FIELDS.iter().find(|known| known.name == field);
    match known {
        Some(known) if is_ticking(root) => known.in_ticks.to_owned(),
        _ => field.to_owned(),
    }
}

/// A message about a field as it is called in this scenario, with its numbers in that unit.
pub(crate) fn told(root: &Table, field: &str, message: &str) -> String {
    let known = TIME_FIELDS.iter().find(|known| known.name == field);
    let Some(known) = known.filter(|_| is_ticking(root)) else { return message.to_owned() };
    let word = |word: &str| {
        let end = word.trim_end_matches([';', ',', ':']).len();
        match word[..end].parse::<f64>() {
            Ok(number) => format!("{}{}", shortened(number * known.ticks), &word[end..]),
            Err(_) => word.replace(known.name, known.in_ticks),
        }
    };
    message.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A text of the types in which fields are named, with the names of this scenario.
pub(crate) fn renamed(root: &Table, text: &str) -> String {
    let is_named = |field: &&TimeField| text.contains(&format!("`{}`", field.name));
    match is_ticking(root) {
        true => TIME_FIELDS.iter().filter(is_named).fold(text.to_owned(), |text, field| {
            text.replace(&format!("`{}`", field.name), &format!("`{}`", field.in_ticks))
        }),
        false => text.to_owned(),
    }
}

/// Puts times and rates in ticks into the fields that the types have for them. What is in ticks
/// without need, or in seconds where the clock counts ticks, is refused. To be done once: it leaves
/// the names of seconds.
pub(crate) fn into_fields(root: &mut Table, problems: &mut Vec<Problem>) {
    let is_ticking = is_ticking(root);
    for entry in root.iter_mut().filter(|entry| !OF_MACHINES.contains(&entry.key.as_str())) {
        in_node(&mut entry.value, is_ticking, problems);
    }
}

fn in_node(node: &mut Node, is_ticking: bool, problems: &mut Vec<Problem>) {
    match &mut node.value {
        Value::Table(table) => {
            for entry in table.iter_mut() {
                entry_in_field(entry, is_ticking, problems);
                in_node(&mut entry.value, is_ticking, problems);
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| in_node(item, is_ticking, problems));
        }
        _ => {}
    }
}

fn entry_in_field(entry: &mut Entry, is_ticking: bool, problems: &mut Vec<Problem>) {
    let named = |name: fn(&TimeField) -> &'static str| {
        TIME_FIELDS.iter().find(|field| name(field) == entry.key)
    };
    let (in_seconds, in_ticks) = (named(|field| field.name), named(|field| field.in_ticks));
    match (in_seconds, in_ticks) {
        (Some(field), _) if is_ticking => problems.push(
            Problem::new(format!("the clock counts ticks, and `{}` does not", field.name))
                .at(entry.at, format!("write `{}`", field.in_ticks)),
        ),
        (_, Some(field)) if !is_ticking => problems.push(
            Problem::new(format!("the clock counts seconds, and `{}` ticks", field.in_ticks))
                .at(entry.at, format!("write `{}`", field.name))
                .help("or add `[simulation] time_unit = \"tick\"`"),
        ),
        (_, Some(field)) => {
            let number = match entry.value.value {
                Value::Integer(number) => number as f64,
                Value::Float(number) => number,
                _ => {
                    let found = entry.value.describe();
                    let message = format!("`{}` must be a number; found {found}", field.in_ticks);
                    problems.push(Problem::new(message).at(entry.value.at, "not a number"));
                    return;
                }
            };
            if number < 0.0 && field.name != "peak_s" {
                let message = format!("`{}` must be 0 or more; found {number}", field.in_ticks);
                problems.push(Problem::new(message).at(entry.value.at, "out of range"));
            }
            // A tick for a millisecond. Divided, for that keeps decimals what they are.
            let value = if field.ticks >= 1.0 { number / field.ticks } else { number * 1e3 };
            entry.value.value = Value::Float(value);
            field.name.clone_into(&mut entry.key);
        }
        _ => {}
    }
}
