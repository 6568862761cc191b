//! Changing a tree at a dotted path.

use crate::compat::shorthand::string_to_table;
use crate::kind::set_kind;
use crate::problem::Problem;
use crate::source::Place;
use crate::tree::{Node, Table, Value};

/// All of a flag's value is shown for each of its parts.
pub(crate) fn located(mut node: Node, at: Place) -> Node {
    node.at = at;
    match &mut node.value {
        Value::Array(items) => {
            for item in items {
                *item = located(item.clone(), at);
            }
        }
        Value::Table(table) => {
            for entry in table.iter_mut() {
                entry.at = at;
                entry.value = located(entry.value.clone(), at);
            }
        }
        _ => {}
    }
    node
}

pub(super) fn remove(table: &mut Table, parts: &[&str]) {
    match parts {
        [] => {}
        [last] => {
            table.take(last);
        }
        [first, rest @ ..] => {
            if let Some(below) = table.get_mut(first).and_then(Node::as_table_mut) {
                remove(below, rest);
            }
        }
    }
}

pub(crate) fn set(
    table: &mut Table,
    parts: &[&str],
    at: Place,
    value: Node,
) -> Result<(), Problem> {
    let Some((first, rest)) = parts.split_first() else {
        return Ok(());
    };
    if rest.is_empty() {
        if matches!(*first, "kind" | "type") {
            set_kind(table, at, value);
        } else {
            table.put(*first, at, value);
        }
        return Ok(());
    }
    if !table.contains(first) {
        table.put(*first, at, Node::empty_table(at));
    }
    match table.get_mut(first) {
        Some(node) => set_inside(node, first, rest, at, value),
        None => Ok(()),
    }
}

fn set_inside(
    node: &mut Node,
    name: &str,
    rest: &[&str],
    at: Place,
    value: Node,
) -> Result<(), Problem> {
    let short = if matches!(name, "model" | "hardware") { "name" } else { "kind" };
    string_to_table(node, short);
    match &mut node.value {
        Value::Table(table) => set(table, rest, at, value),
        Value::Array(items) => set_item(items, name, rest, at, value),
        _ => {
            let message = format!("`{name}` is {} and has no keys", node.describe());
            Err(Problem::new(message).at(at, "leads into it"))
        }
    }
}

fn set_item(
    items: &mut [Node],
    name: &str,
    parts: &[&str],
    at: Place,
    value: Node,
) -> Result<(), Problem> {
    let count = items.len();
    let (first, rest) = parts.split_first().unwrap_or((&"", &[]));
    let item = first.parse().ok().and_then(|index: usize| items.get_mut(index));
    let Some(item) = item else {
        let message = format!("`{name}` is a list of {count}; `{first}` is not a position in it");
        return Err(Problem::new(message).at(at, "positions count from 0"));
    };
    if rest.is_empty() {
        *item = value;
        return Ok(());
    }
    set_inside(item, first, rest, at, value)
}
