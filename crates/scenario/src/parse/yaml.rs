//! YAML.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::duplicate;
use crate::problem::Problem;
use crate::source::{Place, SourceId};
use crate::tree::{Entry, Node, Table, Value};

pub(super) fn parse(source: SourceId, text: &str) -> Result<Node, Vec<Problem>> {
    let root: Spanned<Yaml> = serde_saphyr::from_str(text).map_err(|error| {
        let message = format!("not valid YAML: {}", first_line(&error));
        let problem = Problem::new(message);
        vec![match error.location() {
            Some(location) => problem.at(place(source, text, location), "here"),
            None => problem,
        }]
    })?;
    let mut reader = Reader { source, text, problems: Vec::new() };
    let root = reader.node(root);
    if reader.problems.is_empty() { Ok(root) } else { Err(reader.problems) }
}

/// The message alone: the lines of the text are shown by whoever shows the problem.
fn first_line(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    line.rsplit_once(" at line ").map_or(line, |(message, _)| message).to_owned()
}

fn place(source: SourceId, text: &str, location: Location) -> Place {
    let span = location.span();
    let Some(start) = span.byte_offset() else {
        return Place::NOWHERE;
    };
    let start = usize::try_from(start).unwrap_or(0).min(text.len());
    let length = span.byte_len().unwrap_or(0);
    let end = start.saturating_add(usize::try_from(length).unwrap_or(0));
    let inside = text.get(start..end.min(text.len())).unwrap_or_default();
    source.place(start..start + inside.trim_end().len())
}

/// A YAML value as its reader sees it.
enum Yaml {
    Scalar(Value),
    Array(Vec<Spanned<Yaml>>),
    Map(Vec<(Spanned<String>, Spanned<Yaml>)>),
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(YamlVisitor)
    }
}

struct YamlVisitor;

impl<'de> Visitor<'de> for YamlVisitor {
    type Value = Yaml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::Null))
    }

    fn visit_none<E: de::Error>(self) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::Null))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::Bool(flag)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::Integer(number.into())))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::Integer(number.into())))
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::Integer(number)))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::Float(number)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::String(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Yaml, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Yaml::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Yaml, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Yaml::Map(map))
    }
}

struct Reader<'a> {
    source: SourceId,
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn node(&mut self, yaml: Spanned<Yaml>) -> Node {
        let at = place(self.source, self.text, yaml.referenced);
        let value = match yaml.value {
            Yaml::Scalar(value) => value,
            Yaml::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.node(item)).collect())
            }
            Yaml::Map(map) => Value::Table(self.table(map)),
        };
        Node::new(value, at)
    }

    fn table(&mut self, map: Vec<(Spanned<String>, Spanned<Yaml>)>) -> Table {
        let mut seen = BTreeSet::new();
        let mut table = Table::default();
        for (key, value) in map {
            let at = place(self.source, self.text, key.referenced);
            if !seen.insert(key.value.clone()) {
                self.problems.push(duplicate(&key.value, at));
                continue;
            }
            table.push(Entry { key: key.value, at, value: self.node(value), is_leftover: false });
        }
        table
    }
}
