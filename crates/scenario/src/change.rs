//! What flags change in a scenario: one value at one dotted path.

use std::ops::Range;
use std::sync::Arc;

use crate::compat::shorthand::string_to_table;
use crate::kind::set_kind;
use crate::parse::{Format, parse};
use crate::problem::Problem;
use crate::source::{Origin, Place, Source, SourceId, Sources};
use crate::tree::{Node, Table, Value};

/// One change that a flag makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The flag as it is typed, with its value: what an error shows.
    shown: String,
    /// The bytes of `shown` that are the path, if it is typed.
    path_at: Option<Range<usize>>,
    /// The bytes of `shown` that are the value.
    value_at: Range<usize>,
    /// Dotted path of the key.
    path: String,
    action: Action,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    /// To a TOML value, or to the text itself if it is none.
    Set(String),
    /// To this text.
    SetText(String),
    /// The key is taken out.
    Remove,
}

impl Change {
    /// `--set KEY=VALUE`. The value is TOML; what is not is text, so that names need no quotes.
    ///
    /// # Errors
    /// There is no `=`, or no key before it: the text says so.
    pub fn assignment(flag: &str, assignment: &str) -> Result<Self, String> {
        let Some((key, value)) = assignment.split_once('=') else {
            return Err(format!("`{assignment}` has no `=`: write KEY=VALUE"));
        };
        let path = key.trim();
        if path.is_empty() || path.split('.').any(|part| part.trim().is_empty()) {
            return Err(format!("`{assignment}` has no key: write KEY=VALUE"));
        }
        let shown = format!("{flag} {assignment}");
        let path_start = flag.len() + 1 + (key.len() - key.trim_start().len());
        let value_start = flag.len() + 1 + key.len() + 1;
        Ok(Self {
            path_at: Some(path_start..path_start + path.len()),
            value_at: value_start..shown.len(),
            shown,
            path: path.to_owned(),
            action: Action::Set(value.trim().to_owned()),
        })
    }

    /// A flag of its own, whose value is TOML or text.
    #[must_use]
    pub fn flag(flag: &str, path: &str, value: &str) -> Self {
        Self::typed(flag, path, value, Action::Set(value.to_owned()))
    }

    /// A flag of its own, whose value is text: a name or a path.
    #[must_use]
    pub fn text_flag(flag: &str, path: &str, value: &str) -> Self {
        Self::typed(flag, path, value, Action::SetText(value.to_owned()))
    }

    /// What a flag implies beyond its own value: a word.
    #[must_use]
    pub fn implied(path: &str, value: &str) -> Self {
        Self::typed("", path, value, Action::SetText(value.to_owned()))
    }

    /// Errors show this flag with its value as typed.
    #[must_use]
    pub fn by(self, flag: &str, typed: &str) -> Self {
        let shown = format!("{flag} {typed}");
        Self { value_at: 0..shown.len(), shown, ..self }
    }

    /// What a flag makes meaningless: the key falls away.
    #[must_use]
    pub fn remove(path: &str) -> Self {
        Self::typed("", path, "", Action::Remove)
    }

    fn typed(flag: &str, path: &str, value: &str, action: Action) -> Self {
        let shown = format!("{flag} {value}");
        Self {
            path_at: None,
            value_at: flag.len() + 1..shown.len(),
            shown,
            path: path.to_owned(),
            action,
        }
    }

    /// Whether it changes `section` or something in it.
    pub(crate) fn is_in(&self, section: &str) -> bool {
        let rest = self.path.strip_prefix(section);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Makes the change.
    pub(crate) fn apply(&self, root: &mut Table, sources: &mut Sources) -> Result<(), Problem> {
        let parts: Vec<&str> = self.path.split('.').map(str::trim).collect();
        if self.action == Action::Remove {
            remove(root, &parts);
            return Ok(());
        }
        let source = sources.add(Source {
            name: "command line".to_owned(),
            text: Arc::from(self.shown.as_str()),
            origin: Origin::Flag,
        });
        let key_at = match &self.path_at {
            Some(range) => source.place(range.clone()),
            None => source.place(0..self.shown.len()),
        };
        let value = self.value(source);
        set(root, &parts, key_at, value)
    }

    fn value(&self, source: SourceId) -> Node {
        let at = source.place(self.value_at.clone());
        let (Action::Set(text) | Action::SetText(text)) = &self.action else {
            return Node::new(Value::Null, at);
        };
        let parsed = match &self.action {
            Action::Set(text) => parse(source, &format!("value = {text}"), Format::Toml).ok(),
            _ => None,
        };
        let value = parsed.and_then(|mut root| {
            let table = root.as_table_mut()?;
            let entry = table.take("value")?;
            table.is_empty().then_some(entry)
        });
        match value {
            Some(entry) => located(entry.value, at),
            None => Node::string(text.as_str(), at),
        }
    }
}

/// All of a flag's value is shown for each of its parts.
fn located(mut node: Node, at: Place) -> Node {
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

fn remove(table: &mut Table, parts: &[&str]) {
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

fn set(table: &mut Table, parts: &[&str], at: Place, value: Node) -> Result<(), Problem> {
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

#[cfg(test)]
mod tests;
