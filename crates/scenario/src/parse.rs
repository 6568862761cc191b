//! From text to a tree. Every format gives the same tree, and the same rules hold for all: no key
//! twice, at least one key, no number that is not finite.

mod json;
mod toml;
mod yaml;

use crate::problem::Problem;
use crate::source::{Place, SourceId};
use crate::tree::{Node, Table, Value};

/// The format of a scenario file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TOML.
    Toml,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// Told from the file's name; failing that, from how the text begins.
    pub(crate) fn of(name: &str, text: &str) -> Self {
        let extension = name.rsplit_once('.').map(|(_, end)| end.to_lowercase());
        match extension.as_deref() {
            Some("toml") => Self::Toml,
            Some("json") => Self::Json,
            Some("yaml" | "yml") => Self::Yaml,
            _ if text.trim_start().starts_with('{') => Self::Json,
            _ => Self::Toml,
        }
    }
}

/// Most lists or tables inside one another: beyond it parsers would run out of stack.
const DEPTH_MAX: usize = 64;

/// Reads the text of a scenario into a tree whose root is a table.
pub(crate) fn parse(source: SourceId, text: &str, format: Format) -> Result<Node, Vec<Problem>> {
    let root = parse_any(source, text, format)?;
    if root.as_table().is_none_or(Table::is_empty) {
        return Err(vec![nothing(&root)]);
    }
    Ok(root)
}

/// Reads a text into a tree.
pub(crate) fn parse_any(
    source: SourceId,
    text: &str,
    format: Format,
) -> Result<Node, Vec<Problem>> {
    if let Some(at) = too_deep(text, format) {
        let place = source.place(at..at + 1);
        let message = format!("brackets nest deeper than {DEPTH_MAX}");
        return Err(vec![Problem::new(message).at(place, "this one")]);
    }
    let root = match format {
        Format::Toml => toml::parse(source, text)?,
        Format::Json => json::parse(source, text)?,
        Format::Yaml => yaml::parse(source, text)?,
    };
    let mut problems = Vec::new();
    check_numbers(&root, &mut problems);
    if problems.is_empty() { Ok(root) } else { Err(problems) }
}

/// The first bracket that is too deep. Text and comments count too: they hold few brackets.
fn too_deep(text: &str, format: Format) -> Option<usize> {
    if format == Format::Toml {
        return None; // That parser has a limit of its own.
    }
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEPTH_MAX
    })
}

fn nothing(root: &Node) -> Problem {
    const HELP: &str = "the shortest scenario is `model = \"llama-3.1-8b\"` and `hardware = \
                        \"h100-sxm\"`; `tokendrome schema` describes them all";
    match root.value {
        Value::Table(_) | Value::Null => Problem::new("the scenario is empty").help(HELP),
        _ => Problem::new(format!("a scenario is a table of sections; found {}", root.describe()))
            .at(root.at, "")
            .help(HELP),
    }
}

fn check_numbers(node: &Node, problems: &mut Vec<Problem>) {
    match &node.value {
        Value::Float(number) if !number.is_finite() => {
            let message = format!("a number must be finite; found {}", node.describe());
            problems.push(Problem::new(message).at(node.at, "not a finite number"));
        }
        Value::Array(items) => items.iter().for_each(|item| check_numbers(item, problems)),
        Value::Table(table) => table.iter().for_each(|entry| check_numbers(&entry.value, problems)),
        _ => {}
    }
}

/// A whole number of any size, as all formats read it.
fn integer(digits: &str, radix: u32, at: Place) -> Result<Value, Problem> {
    i128::from_str_radix(digits, radix)
        .map(Value::Integer)
        .map_err(|_| Problem::new("the number is too large").at(at, "beyond 128 bits"))
}

/// A number with a fraction or an exponent.
fn float(text: &str, at: Place) -> Result<Value, Problem> {
    text.parse().map(Value::Float).map_err(|_| Problem::new("this is not a number").at(at, ""))
}

/// Refuses a key that stands twice.
fn duplicate(key: &str, at: Place) -> Problem {
    Problem::new(format!("the key `{key}` stands twice"))
        .at(at, "the second time")
        .help("remove one of the two")
}

#[cfg(test)]
mod tests;
