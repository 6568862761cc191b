//! What a file or a flag says, whatever its format: values with the place where they were written.
//!
//! A tree is small (a scenario) and is walked a few times; tables are lists, searched one by one,
//! in the order in which they were written.

use crate::source::Place;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// The value.
    pub(crate) value: Value,
    /// Where it was written.
    pub(crate) at: Place,
}

/// A value of any of the formats.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// Wide enough for every 64-bit number, signed or not.
    Integer(i128),
    Float(f64),
    String(String),
    Array(Vec<Node>),
    Table(Table),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key was written.
    pub(crate) at: Place,
    pub(crate) value: Node,
    /// Left over from a table whose `kind` was replaced: falls away if the new kind lacks the key.
    pub(crate) is_leftover: bool,
}

/// Keys and values; no key twice.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Table {
    entries: Vec<Entry>,
}

impl Node {
    pub(crate) fn new(value: Value, at: Place) -> Self {
        Self { value, at }
    }

    pub(crate) fn string(text: impl Into<String>, at: Place) -> Self {
        Self::new(Value::String(text.into()), at)
    }

    pub(crate) fn empty_table(at: Place) -> Self {
        Self::new(Value::Table(Table::default()), at)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn as_integer(&self) -> Option<i128> {
        match self.value {
            Value::Integer(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(crate) fn as_table_mut(&mut self) -> Option<&mut Table> {
        match &mut self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The value in words: `a table`, `the text "x"`, `-3`.
    pub(crate) fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing (null)".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Float(value) => format!("{value:?}"),
            Value::String(text) => format!("the text {}", quoted(text)),
            Value::Array(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }

    /// The node as JSON, which is what the types are read from. `None` of a number that JSON has
    /// no form for: callers refuse those beforehand.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => value.into(),
                (_, Ok(value)) => value.into(),
                _ => (*value as f64).into(),
            },
            Value::Float(value) => (*value).into(),
            Value::String(text) => text.as_str().into(),
            Value::Array(items) => items.iter().map(Self::to_json).collect(),
            Value::Table(table) => table
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// A tree out of data that nobody wrote here, such as the catalog's.
    pub(crate) fn from_toml(value: toml::Value, at: Place) -> Self {
        let value = match value {
            toml::Value::String(text) => Value::String(text),
            toml::Value::Integer(number) => Value::Integer(number.into()),
            toml::Value::Float(number) => Value::Float(number),
            toml::Value::Boolean(flag) => Value::Bool(flag),
            toml::Value::Datetime(time) => Value::String(time.to_string()),
            toml::Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| Self::from_toml(item, at)).collect())
            }
            toml::Value::Table(table) => {
                let mut filled = Table::default();
                for (key, value) in table {
                    filled.put(key, at, Self::from_toml(value, at));
                }
                Value::Table(filled)
            }
        };
        Self::new(value, at)
    }

    /// A tree out of JSON that nobody wrote here.
    pub(crate) fn from_json(value: serde_json::Value, at: Place) -> Self {
        use serde_json::Value as Json;
        let value = match value {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Bool(flag),
            Json::Number(number) => match number.as_i128() {
                Some(whole) => Value::Integer(whole),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::String(text),
            Json::Array(items) => {
                Value::Array(items.into_iter().map(|item| Self::from_json(item, at)).collect())
            }
            Json::Object(map) => {
                let mut table = Table::default();
                for (key, value) in map {
                    table.put(key, at, Self::from_json(value, at));
                }
                Value::Table(table)
            }
        };
        Self::new(value, at)
    }
}

/// Text in quotes, cut where it would fill the screen.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    if text.chars().count() <= SHOWN_MAX {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(SHOWN_MAX).collect();
    format!("{start:?}...")
}

impl Table {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut()
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let entry = self.entries.iter_mut().find(|entry| entry.key == key);
        entry.map(|entry| &mut entry.value)
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes a key out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Entry> {
        let position = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(position))
    }

    /// Sets a key, whatever it was before.
    pub(crate) fn put(&mut self, key: impl Into<String>, at: Place, value: Node) {
        let entry = Entry { key: key.into(), at, value, is_leftover: false };
        match self.entries.iter_mut().find(|old| old.key == entry.key) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    /// Adds a key that is known to be new.
    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(keep);
    }

    /// The table under `key`, made if there is none; `None` if something else stands there.
    pub(crate) fn table_mut(&mut self, key: &str, at: Place) -> Option<&mut Self> {
        if !self.contains(key) {
            self.put(key, at, Node::empty_table(at));
        }
        self.get_mut(key)?.as_table_mut()
    }

    /// Whether any key is left over from another kind.
    pub(crate) fn has_leftovers(&self) -> bool {
        self.entries.iter().any(|entry| {
            entry.is_leftover || entry.value.as_table().is_some_and(Self::has_leftovers)
        })
    }

    /// Where the value of a dotted path (`workload.classes[0].share`) was written; failing that,
    /// the nearest table above it that was written.
    pub(crate) fn place_of(&self, path: &str) -> Option<Place> {
        let mut parts = path.split(['.', '[', ']']).filter(|part| !part.is_empty());
        let mut node = self.get(parts.next()?)?;
        let mut at = node.at;
        for part in parts {
            let below = match &node.value {
                Value::Table(table) => table.get(part),
                Value::Array(items) => part.parse().ok().and_then(|index: usize| items.get(index)),
                _ => None,
            };
            let Some(below) = below else { break };
            node = below;
            if node.at.is_known() {
                at = node.at;
            }
        }
        at.is_known().then_some(at)
    }

    /// Lays `over` on this table: its keys win, tables are laid over tables. A table of another
    /// `kind` replaces the whole table.
    pub(crate) fn overlay(&mut self, over: Self) {
        for entry in over.entries {
            let below = self.get_mut(&entry.key).and_then(Node::as_table_mut);
            match (below, entry.value.value) {
                (Some(below), Value::Table(above)) if below.is_same_kind(&above) => {
                    below.overlay(above);
                }
                (_, value) => self.put(entry.key, entry.at, Node::new(value, entry.value.at)),
            }
        }
    }

    fn is_same_kind(&self, above: &Self) -> bool {
        match above.get("kind") {
            None => true,
            Some(kind) => self.get("kind").and_then(Node::as_str) == kind.as_str(),
        }
    }
}
