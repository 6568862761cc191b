//! The values of a field: a list, a range, or a number of equal steps.

use super::numbers::{Decimal, linspace, range, range_of};
use crate::problem::Problem;
use crate::source::Place;
use crate::tree::{Node, Table, Value};

/// The values that `node` says.
pub(super) fn listed(field: &str, node: &Node) -> Result<Vec<Node>, Problem> {
    match &node.value {
        Value::Array(items) if items.is_empty() => {
            let message = format!("the list of values of `{field}` is empty");
            Err(Problem::new(message).at(node.at, "").help("give one value at least"))
        }
        Value::Array(items) => Ok(items.clone()),
        Value::String(text) => of_range(field, text, node.at),
        Value::Table(table) => of_linspace(field, table, node.at),
        _ => {
            let message = format!("`{field}` varies over {}", node.describe());
            let help = format!("{FORMS}; what does not vary stands in its own section");
            Err(Problem::new(message).at(node.at, "not a list of values").help(help))
        }
    }
}

const FORMS: &str = "write a list `[1, 2, 4]`, a range \"1:9:2\" (start:end:step), or \
                     `{ linspace = [1, 9, 5] }` (start, end, number of values)";

/// `"start:end:step"`.
pub(super) fn of_range(field: &str, text: &str, at: Place) -> Result<Vec<Node>, Problem> {
    let wrong = |message: String| Problem::new(message).at(at, "not a range").help(FORMS);
    let Some(range_of) = range_of(text) else {
        return Err(wrong(format!("the values of `{field}` are {text:?}, which is no range")));
    };
    let values =
        range(range_of).map_err(|why| Problem::new(format!("`{field}`: {why}")).at(at, ""))?;
    Ok(nodes(values, at))
}

/// `{ linspace = [start, end, count] }`.
fn of_linspace(field: &str, table: &Table, at: Place) -> Result<Vec<Node>, Problem> {
    let wrong = |message: String| Problem::new(message).at(at, "").help(FORMS);
    if let Some(other) = table.iter().find(|entry| entry.key != "linspace") {
        return Err(wrong(format!("`{}` does not go with `linspace`", other.key)));
    }
    let items = match table.get("linspace").map(|node| &node.value) {
        Some(Value::Array(items)) => items.as_slice(),
        _ => &[],
    };
    divided(items).map_err(|why| wrong(format!("`{field}`: {why}"))).map(|all| nodes(all, at))
}

/// Equal steps between the first number and the second.
fn divided(items: &[Node]) -> Result<Vec<Value>, String> {
    let [start, end, count] = items else {
        return Err("`linspace` wants three numbers: start, end, number of values".to_owned());
    };
    let number = |node: &Node| {
        Decimal::of(&node.value)
            .ok_or_else(|| format!("`linspace` cannot begin or end at {}", node.describe()))
    };
    let count = count.as_integer().ok_or_else(|| {
        format!("`linspace` wants a whole number of values; found {}", count.describe())
    })?;
    linspace(number(start)?, number(end)?, count)
}

fn nodes(values: Vec<Value>, at: Place) -> Vec<Node> {
    values.into_iter().map(|value| Node::new(value, at)).collect()
}

/// The same from the text of a flag: `linspace(start,end,count)`.
pub(super) fn of_call(field: &str, arguments: &str, at: Place) -> Result<Vec<Node>, Problem> {
    let number = |text: &str| match text.trim().parse::<i128>() {
        Ok(whole) => Value::Integer(whole),
        Err(_) => match text.trim().parse::<f64>() {
            Ok(number) => Value::Float(number),
            Err(_) => Value::String(text.trim().to_owned()),
        },
    };
    let items = arguments.split(',').map(|text| Node::new(number(text), at));
    let items: Vec<Node> = items.collect();
    let wrong = |why: String| Problem::new(format!("`{field}`: {why}")).at(at, "");
    divided(&items).map_err(wrong).map(|all| nodes(all, at))
}
