//! TOML.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{float, integer};
use crate::problem::Problem;
use crate::source::SourceId;
use crate::tree::{Entry, Node, Table, Value};

pub(super) fn parse(source: SourceId, text: &str) -> Result<Node, Vec<Problem>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.iter().map(|error| explain(source, error)).collect());
    }
    let mut reader = Reader { source, problems: Vec::new() };
    let (span, table) = (root.span(), root.into_inner());
    let table = reader.table(table);
    if reader.problems.is_empty() {
        Ok(Node::new(Value::Table(table), source.place(span)))
    } else {
        Err(reader.problems)
    }
}

fn explain(source: SourceId, error: &toml::de::Error) -> Problem {
    let problem = Problem::new(format!("not valid TOML: {}", error.message()));
    match error.span() {
        Some(span) => problem.at(source.place(span), "here"),
        None => problem,
    }
}

struct Reader {
    source: SourceId,
    problems: Vec<Problem>,
}

impl Reader {
    fn table(&mut self, table: DeTable<'_>) -> Table {
        let mut filled = Table::default();
        for (key, value) in table {
            let at = self.source.place(key.span());
            let value = self.node(value);
            filled.push(Entry {
                key: key.into_inner().into_owned(),
                at,
                value,
                is_leftover: false,
            });
        }
        filled
    }

    fn node(&mut self, value: Spanned<DeValue<'_>>) -> Node {
        let span = value.span();
        let at = self.source.place(span.clone());
        let value = self.value(value.into_inner(), span);
        Node::new(value, at)
    }

    fn value(&mut self, value: DeValue<'_>, span: Range<usize>) -> Value {
        let at = self.source.place(span);
        let number = match value {
            DeValue::Integer(number) => integer(number.as_str(), number.radix(), at),
            DeValue::Float(number) => float(number.as_str(), at),
            DeValue::String(text) => return Value::String(text.into_owned()),
            DeValue::Boolean(flag) => return Value::Bool(flag),
            DeValue::Datetime(time) => return Value::String(time.to_string()),
            DeValue::Table(table) => return Value::Table(self.table(table)),
            DeValue::Array(items) => {
                let items = items.into_iter().map(|item| self.node(item));
                return Value::Array(items.collect());
            }
        };
        number.unwrap_or_else(|problem| {
            self.problems.push(problem);
            Value::Null
        })
    }
}
