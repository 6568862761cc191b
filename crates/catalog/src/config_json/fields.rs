//! The fields of a `config.json`, and which of them were read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::error::ConfigError;
use super::families::Family;
use super::harmless::is_harmless;

/// Longest value that an error prints.
const PRINTED_MAX: usize = 40;

/// The table that holds the shape, with the file around it if it is nested.
pub(super) struct Fields<'a> {
    table: &'a Map<String, Value>,
    outer: Option<&'a Map<String, Value>>,
    family: &'static Family,
    read: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(
        table: &'a Map<String, Value>,
        outer: Option<&'a Map<String, Value>>,
        family: &'static Family,
    ) -> Self {
        Self { table, outer, family, read: RefCell::default() }
    }

    /// The value of a field, unless it is absent or null.
    pub(super) fn value(&self, key: &'static str) -> Option<&'a Value> {
        self.read.borrow_mut().insert(key);
        self.table.get(key).filter(|value| !value.is_null())
    }

    /// The value of a field that a multimodal file may also keep beside the text part.
    pub(super) fn value_anywhere(&self, key: &'static str) -> Option<&'a Value> {
        let outer = || self.outer.and_then(|outer| outer.get(key)).filter(|value| !value.is_null());
        self.value(key).or_else(outer)
    }

    /// Marks fields as read that carry nothing new.
    pub(super) fn skip(&self, keys: &[&'static str]) {
        self.read.borrow_mut().extend(keys);
    }

    /// A whole number under the first of several names, or the family's default.
    pub(super) fn number(&self, keys: &[&'static str]) -> Result<Option<u32>, ConfigError> {
        self.skip(keys);
        for key in keys {
            if let Some(value) = self.value(key) {
                let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
                let expected = "a whole number below 2^32";
                return number
                    .map(Some)
                    .ok_or_else(|| ConfigError::wrong(key, expected, printed(value)));
            }
        }
        let default = |key: &&str| {
            self.family.defaults.iter().find(|(name, _)| name == key).map(|&(_, number)| number)
        };
        Ok(keys.iter().find_map(default))
    }

    /// As [`Self::number`], but there must be one.
    pub(super) fn required(&self, keys: &[&'static str]) -> Result<u32, ConfigError> {
        let missing = || ConfigError::Missing { field: keys[0].to_owned() };
        self.number(keys)?.ok_or_else(missing)
    }

    /// A true or false, here or beside the text part.
    pub(super) fn flag(&self, key: &'static str) -> Result<Option<bool>, ConfigError> {
        let wrong = |value| ConfigError::wrong(key, "true or false", printed(value));
        self.value_anywhere(key)
            .map(|value| value.as_bool().ok_or_else(|| wrong(value)))
            .transpose()
    }

    /// A list of whole numbers.
    pub(super) fn numbers(&self, key: &'static str) -> Result<Option<Vec<u64>>, ConfigError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let numbers = value.as_array().and_then(|list| list.iter().map(Value::as_u64).collect());
        let wrong = || ConfigError::wrong(key, "a list of whole numbers", printed(value));
        numbers.map(Some).ok_or_else(wrong)
    }

    /// A list of words.
    pub(super) fn words(&self, key: &'static str) -> Result<Option<Vec<&'a str>>, ConfigError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let words = value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
        let wrong = || ConfigError::wrong(key, "a list of words", printed(value));
        words.map(Some).ok_or_else(wrong)
    }

    /// Fields that could be a shape (a number, a list or a table with something in it) and were
    /// neither read nor are known to be harmless.
    pub(super) fn not_understood(&self) -> Vec<String> {
        let read = self.read.borrow();
        let could_be_a_shape = |value: &Value| match value {
            Value::Number(number) => number.is_u64() || number.is_i64(),
            Value::Array(list) => !list.is_empty(),
            Value::Object(table) => !table.is_empty(),
            Value::Null | Value::Bool(_) | Value::String(_) => false,
        };
        self.table
            .iter()
            .filter(|(key, value)| {
                let key = key.as_str();
                could_be_a_shape(value)
                    && !read.contains(key)
                    && !self.family.ignored.contains(&key)
                    && !is_harmless(key)
            })
            .map(|(key, value)| format!("`{key}` = {}", printed(value)))
            .collect()
    }
}

/// A value as JSON, cut if long.
pub(super) fn printed(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(PRINTED_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
