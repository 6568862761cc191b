//! JSON whose values know where they stand, and errors that say so.
//!
//! A [`Field`] is a value with the way that leads to it from the root (`requests[3].max_tokens`).
//! Ways are chains on the stack, written out only for an error.

use std::fmt;
use std::ops::RangeInclusive;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::{Place, ScenarioError};

/// Plain JSON. Numbers that are not finite are let through, so that a better message can tell
/// which field they stand in.
const DIALECT: ParseOptions = ParseOptions {
    allow_comments: false,
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

/// Characters of a value that a message shows.
const SHOWN_MAX: usize = 60;

/// Reads a text that holds one value.
pub(crate) fn parse(text: &str) -> Result<Value<'_>, ScenarioError> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &DIALECT).map_err(|error| {
        let at = Place::of(text, error.range().start);
        ScenarioError::Syntax { at, what: error.kind().to_string() }
    })?;
    parsed.value.ok_or(ScenarioError::Empty)
}

/// The way from the root to a value.
#[derive(Debug, Clone, Copy)]
enum Way<'a> {
    Root,
    Key(&'a Way<'a>, &'a str),
    Index(&'a Way<'a>, usize),
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("the scenario"),
            Self::Key(Self::Root, key) => f.write_str(key),
            Self::Key(way, key) => write!(f, "{way}.{key}"),
            Self::Index(way, index) => write!(f, "{way}[{index}]"),
        }
    }
}

/// A value of a text, and the way to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    text: &'a str,
    value: &'a Value<'a>,
    way: Way<'a>,
}

impl<'a> Field<'a> {
    /// The root of a text.
    pub(crate) fn root(text: &'a str, value: &'a Value<'a>) -> Self {
        Self { text, value, way: Way::Root }
    }

    pub(crate) fn value(&self) -> &'a Value<'a> {
        self.value
    }

    pub(crate) fn at(&self) -> Place {
        Place::of(self.text, self.value.range().start)
    }

    /// The way to it, such as `requests[3].max_tokens`.
    pub(crate) fn name(&self) -> String {
        self.way.to_string()
    }

    /// The error of a value that must be something else.
    pub(crate) fn must(&self, rule: impl Into<String>) -> ScenarioError {
        self.must_not_be(describe(self.value), rule)
    }

    /// The same, with what was found in other words than the value's own.
    pub(crate) fn must_not_be(
        &self,
        found: impl Into<String>,
        rule: impl Into<String>,
    ) -> ScenarioError {
        let (rule, found) = (rule.into(), found.into());
        ScenarioError::Value { at: self.at(), field: self.name(), rule, found }
    }

    pub(crate) fn flag(&self) -> Result<bool, ScenarioError> {
        match self.value {
            Value::BooleanLit(flag) => Ok(flag.value),
            _ => Err(self.must("be true or false")),
        }
    }

    pub(crate) fn text(&self) -> Result<&'a str, ScenarioError> {
        match self.value {
            Value::StringLit(text) => Ok(&text.value),
            _ => Err(self.must("be text")),
        }
    }

    /// A number of any kind that is finite.
    pub(crate) fn number(&self, rule: &str) -> Result<f64, ScenarioError> {
        let Value::NumberLit(number) = self.value else { return Err(self.must(rule)) };
        let number = number.value.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| self.must(rule))
    }

    /// A whole number within `range`.
    pub(crate) fn whole<T>(&self, range: RangeInclusive<T>) -> Result<T, ScenarioError>
    where
        T: Copy + TryFrom<i128> + Into<i128>,
    {
        let Value::NumberLit(number) = self.value else {
            return Err(self.must("be a whole number"));
        };
        if number.value.contains(|c: char| !c.is_ascii_digit() && c != '-') {
            return Err(self.must("be a whole number, written with digits only"));
        }
        let (least, most): (i128, i128) = ((*range.start()).into(), (*range.end()).into());
        match number.value.parse::<i128>() {
            Ok(whole) if whole < least => Err(self.must(format!("be at least {least}"))),
            Err(_) if number.value.starts_with('-') => {
                Err(self.must(format!("be at least {least}")))
            }
            Ok(whole) if whole <= most => T::try_from(whole).map_err(|_| self.must("fit")),
            _ => Err(self.must(format!("be at most {most}"))),
        }
    }

    pub(crate) fn list(&'a self) -> Result<impl ExactSizeIterator<Item = Self>, ScenarioError> {
        let Value::Array(array) = self.value else { return Err(self.must("be a list")) };
        let fields = array.elements.iter().enumerate().map(|(index, value)| Self {
            text: self.text,
            value,
            way: Way::Index(&self.way, index),
        });
        Ok(fields)
    }

    pub(crate) fn table(&'a self) -> Result<Table<'a>, ScenarioError> {
        match self.value {
            Value::Object(object) => Ok(Table { object, field: self }),
            _ => Err(self.must("be an object")),
        }
    }
}

/// An object, and the way to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    object: &'a Object<'a>,
    field: &'a Field<'a>,
}

impl<'a> Table<'a> {
    /// The keys with their values, in order; no key stands twice.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Result<Entry<'a>, ScenarioError>> {
        let Self { object, field } = *self;
        object.properties.iter().enumerate().map(move |(index, property)| {
            let key = property.name.as_str();
            let way = Way::Key(&field.way, key);
            let value = Field { text: field.text, value: &property.value, way };
            let entry = Entry { key, key_start: property.name.range().start, value };
            if object.properties[..index].iter().any(|other| other.name.as_str() == key) {
                return Err(ScenarioError::Twice { at: entry.at(), field: way.to_string() });
            }
            Ok(entry)
        })
    }

    /// The value of a key without which there is no scenario.
    pub(crate) fn need(&self, key: &'a str) -> Result<Field<'a>, ScenarioError> {
        self.get(key).ok_or_else(|| self.lacks(key))
    }

    /// The error of a table without this key.
    pub(crate) fn lacks(&self, key: &str) -> ScenarioError {
        let field = Way::Key(&self.field.way, key).to_string();
        ScenarioError::Missing { at: self.field.at(), field }
    }

    /// Whether a switch is on. Null is its default, unless that is on: what Python code makes of
    /// null is off, so that one cannot tell what is meant.
    pub(crate) fn switch(&self, key: &'a str, default: bool) -> Result<bool, ScenarioError> {
        match self.get(key) {
            Some(field) => field.flag(),
            None if default && self.object.get(key).is_some() => {
                let at = self.field.at();
                let field = Way::Key(&self.field.way, key).to_string();
                let rule = "be true or false, or be left out for true".to_owned();
                Err(ScenarioError::Value { at, field, rule, found: "null".to_owned() })
            }
            None => Ok(default),
        }
    }

    /// The value of a key; none if it is absent or null.
    pub(crate) fn get(&self, key: &'a str) -> Option<Field<'a>> {
        let property = self.object.get(key)?;
        let is_null = matches!(property.value, Value::NullKeyword(_));
        (!is_null).then_some(Field {
            text: self.field.text,
            value: &property.value,
            way: Way::Key(&self.field.way, key),
        })
    }
}

/// A key and its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) key: &'a str,
    key_start: usize,
    pub(crate) value: Field<'a>,
}

impl Entry<'_> {
    /// Where the key stands.
    pub(crate) fn at(&self) -> Place {
        Place::of(self.value.text, self.key_start)
    }
}

/// A value in words: `-3`, `the text "x"`, `a list`.
fn describe(value: &Value<'_>) -> String {
    match value {
        Value::NullKeyword(_) => "null".to_owned(),
        Value::BooleanLit(flag) => flag.value.to_string(),
        Value::NumberLit(number) => short(number.value),
        Value::StringLit(text) => format!("the text {:?}", short(&text.value)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// Text, cut where it would fill the screen.
pub(crate) fn short(text: &str) -> String {
    if text.chars().count() <= SHOWN_MAX {
        return text.to_owned();
    }
    let start: String = text.chars().take(SHOWN_MAX).collect();
    format!("{start}...")
}
