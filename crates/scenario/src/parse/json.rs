//! JSON.

use std::collections::BTreeSet;

use jsonc_parser::ast::{Object, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{duplicate, float, integer};
use crate::problem::Problem;
use crate::source::{Place, SourceId};
use crate::tree::{Entry, Node, Table, Value};

/// Plain JSON, but for comments, which a scenario may well need.
const DIALECT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: true,
    allow_extended_string_escapes: false,
};

pub(super) fn parse(source: SourceId, text: &str) -> Result<Node, Vec<Problem>> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &DIALECT).map_err(|error| {
        let range = error.range();
        let message = format!("not valid JSON: {}", error.kind());
        vec![Problem::new(message).at(source.place(range.start..range.end), "here")]
    })?;
    let mut reader = Reader { source, problems: Vec::new() };
    let root = match &parsed.value {
        Some(value) => reader.node(value),
        None => Node::new(Value::Null, Place::NOWHERE),
    };
    if reader.problems.is_empty() { Ok(root) } else { Err(reader.problems) }
}

struct Reader {
    source: SourceId,
    problems: Vec<Problem>,
}

impl Reader {
    fn place(&self, ranged: &impl Ranged) -> Place {
        let range = ranged.range();
        self.source.place(range.start..range.end)
    }

    fn node(&mut self, ast: &Ast<'_>) -> Node {
        let at = self.place(ast);
        let value = match ast {
            Ast::NullKeyword(_) => Value::Null,
            Ast::BooleanLit(flag) => Value::Bool(flag.value),
            Ast::StringLit(text) => Value::String(text.value.clone().into_owned()),
            Ast::NumberLit(number) => self.number(number.value, at),
            Ast::Array(items) => {
                Value::Array(items.elements.iter().map(|item| self.node(item)).collect())
            }
            Ast::Object(object) => Value::Table(self.table(object)),
        };
        Node::new(value, at)
    }

    fn number(&mut self, digits: &str, at: Place) -> Value {
        let is_whole = digits.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let number = if is_whole { integer(digits, 10, at) } else { float(digits, at) };
        number.unwrap_or_else(|problem| {
            self.problems.push(problem);
            Value::Null
        })
    }

    fn table(&mut self, object: &Object<'_>) -> Table {
        let mut seen = BTreeSet::new();
        let mut table = Table::default();
        for property in &object.properties {
            let (key, at) = (property.name.as_str(), self.place(&property.name));
            if !seen.insert(key) {
                self.problems.push(duplicate(key, at));
                continue;
            }
            table.push(Entry {
                key: key.to_owned(),
                at,
                value: self.node(&property.value),
                is_leftover: false,
            });
        }
        table
    }
}
