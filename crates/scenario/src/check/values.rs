//! Values that are not tables: words, numbers, quantities.

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use tokendrome::catalog::DType;
use tokendrome::units::{Bytes, BytesPerSecond, Dollars, FlopsPerSecond};

use super::Checker;
use crate::hint;
use crate::problem::Problem;
use crate::tree::{Node, Value, quoted};

impl Checker<'_> {
    /// How messages call the value.
    fn name(&self) -> String {
        match self.path.as_slice() {
            [] => "the scenario".to_owned(),
            [.., name, position] if position.starts_with('[') => format!("`{name}{position}`"),
            [.., last] => format!("`{last}`"),
        }
    }

    pub(super) fn mismatch(&mut self, node: &Node, expected: &str) {
        let message = format!("{} must be {expected}; found {}", self.name(), node.describe());
        self.problems.push(Problem::new(message).at(node.at, format!("not {expected}")));
    }

    pub(super) fn word(&mut self, node: &Node, words: &[&str]) {
        let Some(found) = node.as_str() else {
            return self.mismatch(node, &format!("one of {}", hint::list(words.iter().copied())));
        };
        let is_dtype = words.contains(&"bf16");
        if words.contains(&found) || (is_dtype && read::<DType>(node).is_ok()) {
            return;
        }
        let label = match hint::nearest(found, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "not one of them".to_owned(),
        };
        let message = format!("{} cannot be {}", self.name(), quoted(found));
        let help = format!("it is one of {}", hint::list(words.iter().copied()));
        self.problems.push(Problem::new(message).at(node.at, label).help(help));
    }

    pub(super) fn quantity(&mut self, node: &Node, name: &str) {
        let result = match name {
            "Bytes" => read::<Bytes>(node),
            "BytesPerSecond" => read::<BytesPerSecond>(node),
            "FlopsPerSecond" => read::<FlopsPerSecond>(node),
            _ => read::<Dollars>(node),
        };
        if let Err(error) = result {
            let message = format!("{}: {error}", self.name());
            self.problems.push(Problem::new(message).at(node.at, "not usable"));
        }
    }

    pub(super) fn plain(&mut self, node: &Node, object: &Map<String, Json>) {
        let types = types(object);
        if node.value == Value::Null && types.contains(&"null") {
            return;
        }
        for kind in types {
            match kind {
                "integer" => return self.integer(node, object),
                "number" => return self.number(node),
                "boolean" if node.as_bool().is_none() => {
                    return self.mismatch(node, "`true` or `false`");
                }
                "string" if node.as_str().is_none() => return self.mismatch(node, "text"),
                _ => {}
            }
        }
    }

    fn number(&mut self, node: &Node) {
        if !matches!(node.value, Value::Integer(_) | Value::Float(_)) {
            self.mismatch(node, "a number");
        }
    }

    fn integer(&mut self, node: &Node, object: &Map<String, Json>) {
        let (low, high) = range(object);
        match node.value {
            Value::Integer(number) if (low..=high).contains(&number) => {}
            Value::Float(number) if number.fract() == 0.0 && is_within(number, low, high) => {
                let found = node.describe();
                let message = format!("{} must be a whole number; found {found}", self.name());
                let label = format!("write it as `{number:.0}`");
                self.problems.push(Problem::new(message).at(node.at, label));
            }
            Value::Float(number) if number.fract() != 0.0 => self.mismatch(node, "a whole number"),
            Value::Integer(_) | Value::Float(_) => {
                let (name, found) = (self.name(), node.describe());
                let message = format!("{name} must lie between {low} and {high}; found {found}");
                self.problems.push(Problem::new(message).at(node.at, "out of range"));
            }
            _ => self.mismatch(node, "a whole number"),
        }
    }
}

fn read<'de, T: Deserialize<'de>>(node: &Node) -> Result<(), serde_json::Error> {
    T::deserialize(node.to_json()).map(|_| ())
}

/// The types that a schema allows.
fn types(object: &Map<String, Json>) -> Vec<&str> {
    match object.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_within(number: f64, low: i128, high: i128) -> bool {
    (low as f64..=high as f64).contains(&number)
}

/// The whole numbers that a format holds, with the schema's own bounds.
fn range(object: &Map<String, Json>) -> (i128, i128) {
    let (low, high): (i128, i128) = match object.get("format").and_then(Json::as_str) {
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("int64") => (i64::MIN.into(), i64::MAX.into()),
        _ => (0, u64::MAX.into()),
    };
    let bound = |key: &str, otherwise: i128| {
        object.get(key).and_then(Json::as_i64).map_or(otherwise, i128::from)
    };
    (bound("minimum", low).max(low), bound("maximum", high).min(high))
}
