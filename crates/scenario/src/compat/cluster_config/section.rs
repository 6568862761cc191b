//! One section, taken apart key by key; what stays is refused.

use crate::compat::Rewriter;
use crate::hint;
use crate::problem::Problem;
use crate::tree::{Entry, Node, Table, Value};

/// What is left of a section.
pub(super) struct Section {
    /// Dotted path; empty: the file itself.
    name: String,
    table: Table,
}

impl Section {
    pub(super) fn new(name: impl Into<String>, table: Table) -> Self {
        Self { name: name.into(), table }
    }

    /// Takes a key out; one that is null is as if it were not there.
    pub(super) fn take(&mut self, key: &str) -> Option<Entry> {
        self.table.take(key).filter(|entry| entry.value.value != Value::Null)
    }

    /// Takes a section out.
    pub(super) fn section(&mut self, rewriter: &mut Rewriter<'_>, key: &str) -> Option<Self> {
        let entry = self.take(key)?;
        let name = if self.name.is_empty() { key.into() } else { format!("{}.{key}", self.name) };
        match entry.value.value {
            Value::Table(table) => Some(Self::new(name, table)),
            _ => {
                let message = format!("`{name}` must be a table; found {}", entry.value.describe());
                rewriter.problem(Problem::new(message).at(entry.value.at, "not a table"));
                None
            }
        }
    }

    /// Moves a key into another table.
    pub(super) fn move_to(&mut self, key: &str, table: &mut Table, to: &str) {
        if let Some(entry) = self.take(key) {
            table.put(to, entry.at, entry.value);
        }
    }

    /// Moves a rate in GB/s into another table, in bytes per second.
    pub(super) fn move_rate(&mut self, key: &str, table: &mut Table, to: &str) {
        let Some(Entry { at, mut value, .. }) = self.take(key) else { return };
        value.value = match value.value {
            Value::Integer(rate) => Value::Float(rate as f64 * 1e9),
            Value::Float(rate) => Value::Float(rate * 1e9),
            // What has a unit is read as ours; what is no rate the check of the types refuses.
            other => other,
        };
        table.put(to, at, value);
    }

    /// Refuses what is left.
    pub(super) fn finish(self, rewriter: &mut Rewriter<'_>, keys: &[&'static str]) {
        for entry in self.table.iter() {
            if entry.value.value == Value::Null && keys.contains(&entry.key.as_str()) {
                continue;
            }
            let within =
                if self.name.is_empty() { String::new() } else { format!(" in `{}`", self.name) };
            let label = match hint::nearest(&entry.key, keys.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "not a key of this kind of file".to_owned(),
            };
            let problem = Problem::new(format!("unknown key `{}`{within}", entry.key))
                .at(entry.at, label)
                .help(format!("its keys are {}", hint::list(keys.iter().copied())));
            rewriter.problem(problem);
        }
    }
}

/// One of the words that a key may say; `None` if it says another, which is refused.
pub(super) fn word<T: Copy>(
    rewriter: &mut Rewriter<'_>,
    entry: &Entry,
    words: &[(&'static str, T)],
) -> Option<T> {
    let said = entry.value.as_str().map(|text| text.to_lowercase().replace('_', "-"));
    let found = words.iter().find(|(word, _)| Some(*word) == said.as_deref());
    if found.is_none() {
        let known = hint::list(words.iter().map(|(word, _)| *word));
        let message = format!("`{}` is unknown: {}", entry.key, entry.value.describe());
        let problem = Problem::new(message).at(entry.value.at, "not one of its words");
        rewriter.problem(problem.help(format!("it may say {known}")));
    }
    found.map(|(_, meaning)| *meaning)
}

/// The key's value if it is this whole number, which says what is so anyway.
pub(super) fn is_integer(value: &Node, number: i128) -> bool {
    value.as_integer() == Some(number)
}
