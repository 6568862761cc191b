//! `--vary KEY=VALUES`: a field that varies, from the command line.

use std::sync::Arc;

use super::numbers::range_of;
use super::values::{listed, of_call};
use super::{Parameter, labels};
use crate::change::COMMAND_LINE;
use crate::change::edit::located;
use crate::parse::{Format, parse};
use crate::problem::Problem;
use crate::source::{Origin, Place, Source, SourceId, Sources};
use crate::tree::{Node, Value};

/// A field that varies, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vary {
    /// The flag and its value: what an error shows.
    shown: String,
    field: String,
    values: String,
    /// Where the values begin in `shown`.
    start: usize,
}

impl Vary {
    /// `--vary KEY=VALUES`. The values are a list `a,b,c`, `linspace(a,b,n)` or a range `a:b:step`;
    /// or what a file would have.
    ///
    /// # Errors
    /// There is no `=`, no key before it or nothing behind it: the text says so.
    pub fn assignment(flag: &str, assignment: &str) -> Result<Self, String> {
        const FORM: &str = "write KEY=VALUES, such as workload.arrivals.rate_per_s=2,4,8";
        let Some((key, values)) = assignment.split_once('=') else {
            return Err(format!("`{assignment}` has no `=`: {FORM}"));
        };
        let field = key.trim();
        if field.is_empty() || field.split('.').any(|part| part.trim().is_empty()) {
            return Err(format!("`{assignment}` has no key: {FORM}"));
        }
        if values.trim().is_empty() {
            return Err(format!("`{assignment}` has no values: {FORM}"));
        }
        Ok(Self {
            shown: format!("{flag} {assignment}"),
            field: field.to_owned(),
            values: values.trim().to_owned(),
            start: flag.len() + 1 + key.len() + 1,
        })
    }

    pub(super) fn field(&self) -> &str {
        &self.field
    }

    pub(super) fn parameter(&self, sources: &mut Sources) -> Result<Parameter, Problem> {
        let source = sources.add(Source {
            name: COMMAND_LINE.to_owned(),
            text: Arc::from(self.shown.as_str()),
            origin: Origin::Flag,
        });
        let at = source.place(self.start..self.shown.len());
        let nodes = self.nodes(source, at)?;
        let values = labels::labelled(&self.field, nodes)?;
        Ok(Parameter { field: self.field.clone(), at, values })
    }

    fn nodes(&self, source: SourceId, at: Place) -> Result<Vec<Node>, Problem> {
        let text = self.values.as_str();
        let call = text.strip_prefix("linspace(").and_then(|rest| rest.strip_suffix(')'));
        if let Some(arguments) = call {
            return of_call(&self.field, arguments, at);
        }
        if range_of(text).is_some() {
            return listed(&self.field, &Node::string(text, at));
        }
        // What a file would have: a list in brackets, or a table with `linspace`.
        if let Some(node) = toml(source, text).map(|node| located(node, at)) {
            let is_list = matches!(node.value, Value::Array(_));
            let is_linspace = node.as_table().is_some_and(|table| table.contains("linspace"));
            if is_list || is_linspace {
                return listed(&self.field, &node);
            }
        }
        let item = |text: &str| match toml(source, text) {
            Some(node) => located(node, at),
            None => Node::string(text, at),
        };
        let items: Vec<&str> = split(text).into_iter().map(str::trim).collect();
        if items.iter().any(|item| item.is_empty()) {
            let message = format!("a value of `{}` is missing between two commas", self.field);
            return Err(Problem::new(message).at(at, "one is empty"));
        }
        Ok(items.into_iter().map(item).collect())
    }
}

/// A text as a TOML value, if it is one.
fn toml(source: SourceId, text: &str) -> Option<Node> {
    let mut root = parse(source, &format!("value = {text}"), Format::Toml).ok()?;
    let table = root.as_table_mut()?;
    let entry = table.take("value")?;
    table.is_empty().then_some(entry.value)
}

/// Parts between commas that stand in no brackets and no quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start) = (0_usize, None, 0);
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
