//! What flags change in a scenario: one value at one dotted path.

pub(crate) mod edit;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::compat::shorthand::find;
use crate::compat::ticks;
use crate::parse::{Format, parse};
use crate::problem::Problem;
use crate::source::{Origin, Source, SourceId, Sources};
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
    /// What errors call the text that the flag stands in.
    within: String,
}

/// What errors call the arguments of this program.
pub(crate) const COMMAND_LINE: &str = "command line";

#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    /// To a TOML value, or to the text itself if it is none.
    Set(String),
    /// To this text.
    SetText(String),
    /// The key is taken out.
    Remove,
    /// To an empty table, unless something stands there.
    Open,
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
            within: COMMAND_LINE.to_owned(),
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

    /// A flag without a value, which says that there is such a section: empty if it is not there.
    #[must_use]
    pub fn section(flag: &str, path: &str) -> Self {
        Self::typed(flag, path, "", Action::Open)
    }

    fn typed(flag: &str, path: &str, value: &str, action: Action) -> Self {
        let shown = format!("{flag} {value}");
        Self {
            path_at: None,
            value_at: flag.len() + 1..shown.len(),
            shown,
            path: path.to_owned(),
            action,
            within: COMMAND_LINE.to_owned(),
        }
    }

    /// The flags of a model: of the catalog, or by the path of its `config.json` or of the folder
    /// that holds one. It replaces the section.
    #[must_use]
    pub fn model(flag: &str, name: &str) -> Vec<Self> {
        let is_json = Path::new(name).extension().is_some_and(|end| end == "json");
        if is_json || Path::new(name).exists() {
            vec![Self::remove("model"), Self::text_flag(flag, "model.config", name)]
        } else {
            vec![Self::text_flag(flag, "model", name)]
        }
    }

    /// A flag of another program, typed with or without a value, that means `value` here.
    pub(crate) fn foreign(typed: &str, argument: Option<&str>, path: &str, value: &str) -> Self {
        let change = Self::flag(typed, path, argument.unwrap_or_default());
        let shown = change.shown.trim_end().to_owned();
        let start = if argument.is_some() { change.value_at.start.min(shown.len()) } else { 0 };
        Self {
            value_at: start..shown.len(),
            shown,
            action: Action::Set(value.to_owned()),
            ..change
        }
    }

    /// Errors say that the flag stands in this text.
    pub(crate) fn within(self, text: &str) -> Self {
        Self { within: text.to_owned(), ..self }
    }

    fn source(&self, sources: &mut Sources) -> SourceId {
        sources.add(Source {
            name: self.within.clone(),
            text: Arc::from(self.shown.as_str()),
            origin: Origin::Flag,
        })
    }

    /// Whether it changes `section` or something in it.
    pub(crate) fn is_in(&self, section: &str) -> bool {
        let rest = self.path.strip_prefix(section);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Makes the change.
    pub(crate) fn apply(&self, root: &mut Table, sources: &mut Sources) -> Result<(), Problem> {
        let path = self.path_in(root);
        let parts: Vec<&str> = path.split('.').map(str::trim).collect();
        if self.action == Action::Remove {
            edit::remove(root, &parts);
            return Ok(());
        }
        if self.action == Action::Open && find(root, &parts).is_some() {
            return Ok(());
        }
        let source = self.source(sources);
        let key_at = match &self.path_at {
            Some(range) => source.place(range.clone()),
            None => source.place(0..self.shown.len()),
        };
        let value = self.value(source);
        edit::set(root, &parts, key_at, value)
    }

    /// Where it makes the change: flags of their own count in what the scenario's clock counts.
    fn path_in(&self, root: &Table) -> String {
        match self.path.rsplit_once('.') {
            Some((section, field)) if self.path_at.is_none() => {
                format!("{section}.{}", ticks::shown(root, field))
            }
            _ => self.path.clone(),
        }
    }

    fn value(&self, source: SourceId) -> Node {
        let at = source.place(self.value_at.clone());
        let text = match &self.action {
            Action::Set(text) | Action::SetText(text) => text,
            Action::Open => return Node::empty_table(at),
            Action::Remove => return Node::new(Value::Null, at),
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
            Some(entry) => edit::located(entry.value, at),
            None => Node::string(text.as_str(), at),
        }
    }
}

#[cfg(test)]
mod tests;
