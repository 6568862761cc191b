//! A place in a JSON document that knows its path, for messages that say where.

use serde_json::Value;

use crate::DatasetError;

/// Longest piece of a document that a message shows, in characters.
const SHOWN_CHARS: usize = 40;

/// A value and how it is reached.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    file: &'a str,
    /// Line of the file, where each line is a document of its own.
    line: Option<u64>,
    path: String,
    pub(super) value: &'a Value,
}

impl<'a> Node<'a> {
    /// The document itself.
    pub(super) fn root(file: &'a str, line: Option<u64>, value: &'a Value) -> Self {
        Self { file, line, path: String::new(), value }
    }

    fn child(&self, step: &str, value: &'a Value) -> Self {
        let path = match self.path.is_empty() || step.starts_with('[') {
            true => format!("{}{step}", self.path),
            false => format!("{}.{step}", self.path),
        };
        Self { file: self.file, line: self.line, path, value }
    }

    /// Whether there is something under this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some_and(|value| !value.is_null())
    }

    /// What is under a key; null is nothing.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(self.child(key, value))
    }

    /// What must be under a key.
    pub(super) fn need(&self, key: &str) -> Result<Self, DatasetError> {
        self.get(key).ok_or_else(|| {
            let what = match self.value.get(key) {
                Some(_) => format!("`{key}` is null, and a value was expected"),
                None => format!("there is no `{key}`"),
            };
            self.fault(&what)
        })
    }

    /// What is under a key, an object.
    pub(super) fn object(&self, key: &str) -> Result<Option<Self>, DatasetError> {
        match self.get(key) {
            Some(node) if !node.value.is_object() => Err(node.unexpected("an object")),
            node => Ok(node),
        }
    }

    /// The number under a key, if there is one: finite and not negative.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, DatasetError> {
        self.get(key).map(|node| node.as_number()).transpose()
    }

    /// The whole number under a key, if there is one.
    pub(super) fn count(&self, key: &str) -> Result<Option<u64>, DatasetError> {
        self.get(key).map(|node| node.as_count()).transpose()
    }

    /// The text under a key, if there is one.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, DatasetError> {
        let text = |node: Self| node.value.as_str().ok_or_else(|| node.unexpected("a text"));
        self.get(key).map(text).transpose()
    }

    /// The entries of the list under a key, if there is one.
    pub(super) fn list(&self, key: &str) -> Result<Option<Vec<Self>>, DatasetError> {
        self.get(key).map(|node| node.as_list()).transpose()
    }

    /// The entries of a list.
    pub(super) fn as_list(&self) -> Result<Vec<Self>, DatasetError> {
        let all = self.value.as_array().ok_or_else(|| self.unexpected("a list"))?;
        Ok(all.iter().enumerate().map(|(i, value)| self.child(&format!("[{i}]"), value)).collect())
    }

    /// A number that is finite and not negative.
    pub(super) fn as_number(&self) -> Result<f64, DatasetError> {
        let number = self.value.as_f64().filter(|number| number.is_finite() && *number >= 0.0);
        number.ok_or_else(|| self.unexpected("a number that is not negative"))
    }

    /// A whole number, which some clients write as a float.
    pub(super) fn as_count(&self) -> Result<u64, DatasetError> {
        let whole = |number: &f64| number.fract() == 0.0 && (0.0..=9e15).contains(number);
        let of_float = || self.value.as_f64().filter(whole).map(|number| number as u64);
        self.value
            .as_u64()
            .or_else(of_float)
            .ok_or_else(|| self.unexpected("a whole number that is not negative"))
    }

    /// A number of a known sign or none: clocks may begin anywhere.
    pub(super) fn as_time(&self) -> Result<f64, DatasetError> {
        let number = self.value.as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| self.unexpected("a number"))
    }

    /// Says that something else was expected here.
    pub(super) fn unexpected(&self, expected: &str) -> DatasetError {
        let found = self.value.to_string();
        let shown: String = found.chars().take(SHOWN_CHARS).collect();
        let more = if found.chars().count() > SHOWN_CHARS { "..." } else { "" };
        self.fault(&format!("expected {expected}, found {shown}{more}"))
    }

    /// Says what is wrong here.
    pub(super) fn fault(&self, what: &str) -> DatasetError {
        let what = match self.path.is_empty() {
            true => what.to_owned(),
            false => format!("at `{}`: {what}", self.path),
        };
        let name = self.file.to_owned();
        match self.line {
            Some(line) => DatasetError::Line { name, line, column: 1, what },
            None => DatasetError::Content { name, what },
        }
    }
}
