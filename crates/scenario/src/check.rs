//! Walks a tree along the JSON schema of the types, and says of everything that does not fit where
//! it stands, what was expected and what was probably meant.
//!
//! Only for trees that the types refused: it may be slow, and it finds all problems, not the first.
//! Of JSON schema it knows what schemars makes of plain data: objects, tagged unions, enums of
//! words, numbers with a format, optional values, maps and lists.

mod leftovers;
mod values;

pub(crate) use leftovers::drop_leftovers;

use serde_json::{Map, Value as Json};

use crate::compat::{counts, inference_lab, shorthand};
use crate::fill;
use crate::hint;
use crate::problem::Problem;
use crate::tree::{Entry, Node, Table, Value};

/// All problems of a scenario. `schema` is [`crate::schema::strict`].
pub(crate) fn check(root: &Table, schema: &Json) -> Vec<Problem> {
    let mut checker = Checker { schema, path: Vec::new(), problems: Vec::new() };
    let root = Node::new(Value::Table(root.clone()), crate::source::Place::NOWHERE);
    checker.node(&root, schema);
    checker.problems
}

struct Checker<'a> {
    schema: &'a Json,
    /// Keys from the root to here; positions in lists as `[0]`.
    path: Vec<String>,
    problems: Vec<Problem>,
}

/// What a schema asks of a value.
enum Asked<'a> {
    Table(&'a Map<String, Json>),
    /// Tables told apart by their `kind`.
    Union(Vec<&'a Map<String, Json>>),
    Words(Vec<&'a str>),
    /// A size or rate, by the name of its type.
    Quantity(&'a str),
    List(&'a Json),
    Plain(&'a Map<String, Json>),
}

impl<'a> Checker<'a> {
    /// Follows references and optional values to what is asked, with the name of its type.
    fn asked(&self, schema: &'a Json) -> Option<Asked<'a>> {
        let mut object = schema.as_object()?;
        let mut name = "";
        loop {
            if let Some(reference) = object.get("$ref").and_then(Json::as_str) {
                name = reference.rsplit('/').next()?;
                object = self.schema.get("$defs")?.get(name)?.as_object()?;
            } else if let Some(some) = optional(object) {
                object = some;
            } else {
                break;
            }
        }
        if ["Bytes", "BytesPerSecond", "FlopsPerSecond", "Dollars"].contains(&name) {
            return Some(Asked::Quantity(name));
        }
        if let Some(variants) = object.get("oneOf").and_then(Json::as_array) {
            let variants: Vec<_> = variants.iter().filter_map(Json::as_object).collect();
            let words: Vec<_> = variants.iter().flat_map(|variant| words(variant)).collect();
            return Some(if words.is_empty() {
                Asked::Union(variants)
            } else {
                Asked::Words(words)
            });
        }
        let words = words(object);
        if !words.is_empty() {
            return Some(Asked::Words(words));
        }
        Some(match object.get("type").and_then(Json::as_str) {
            Some("object") => Asked::Table(object),
            Some("array") => Asked::List(object.get("items")?),
            _ => Asked::Plain(object),
        })
    }

    fn node(&mut self, node: &Node, schema: &'a Json) {
        match self.asked(schema) {
            Some(Asked::Table(object)) => self.table_or_problem(node, object),
            Some(Asked::Union(variants)) => self.union(node, &variants),
            Some(Asked::Words(words)) => self.word(node, &words),
            Some(Asked::Quantity(name)) => self.quantity(node, name),
            Some(Asked::List(items)) => self.list(node, items),
            Some(Asked::Plain(object)) => self.plain(node, object),
            None => {}
        }
    }

    fn table_or_problem(&mut self, node: &Node, object: &'a Map<String, Json>) {
        match &node.value {
            Value::Table(table) => self.table(table, node, object),
            _ => self.mismatch(node, "a table"),
        }
    }

    fn table(&mut self, table: &Table, node: &Node, object: &'a Map<String, Json>) {
        let properties = object.get("properties").and_then(Json::as_object);
        let others = object.get("additionalProperties").filter(|others| others.is_object());
        for entry in table.iter() {
            let below = properties.and_then(|properties| properties.get(&entry.key)).or(others);
            match below {
                Some(below) => {
                    if let Some(names) = object.get("propertyNames") {
                        self.node(&Node::string(&entry.key, entry.at), names);
                    }
                    self.path.push(entry.key.clone());
                    self.node(&entry.value, below);
                    self.path.pop();
                }
                None => self.unknown_key(entry, properties),
            }
        }
        let required = object.get("required").and_then(Json::as_array);
        for key in required.into_iter().flatten().filter_map(Json::as_str) {
            if !table.contains(key) {
                self.missing_key(key, (node, table), properties);
            }
        }
    }

    fn unknown_key(&mut self, entry: &Entry, properties: Option<&Map<String, Json>>) {
        let own: Vec<&str> =
            properties.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        let section = self.path.join(".");
        let others = other_names(&section);
        let all = own.iter().chain(&others).copied();
        let label = match hint::nearest(&entry.key, all) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "not a key of this section".to_owned(),
        };
        let (within, known) = if section.is_empty() {
            (String::new(), "the sections are")
        } else {
            (format!(" in `[{section}]`"), "its keys are")
        };
        let help = match (self.kinds_with(&entry.key).as_slice(), self.elsewhere(&entry.key)) {
            ([], Some(place)) => format!("`{}` is a key of `[{place}]`", entry.key),
            ([], None) => format!("{known} {}", hint::list(own)),
            (kinds, _) => format!(
                "it is a key of `{section}.kind` = {}; {known} {}",
                hint::list(kinds.iter().copied()),
                hint::list(own)
            ),
        };
        let what = if section.is_empty() { "section" } else { "key" };
        let message = format!("unknown {what} `{}`{within}", entry.key);
        self.problems.push(Problem::new(message).at(entry.at, label).help(help));
    }

    /// Other kinds of this section that have this key.
    fn kinds_with(&self, key: &str) -> Vec<&'a str> {
        let [section] = self.path.as_slice() else { return Vec::new() };
        let section = self.schema.get("properties").and_then(|sections| sections.get(section));
        let Some(Asked::Union(variants)) = section.and_then(|section| self.asked(section)) else {
            return Vec::new();
        };
        let has = |variant: &&Map<String, Json>| {
            variant.get("properties").is_some_and(|properties| properties.get(key).is_some())
        };
        variants.into_iter().filter(has).filter_map(kind).collect()
    }

    /// The section that does have this key.
    fn elsewhere(&self, key: &str) -> Option<String> {
        let sections = self.schema.get("properties")?.as_object()?;
        let has = |object: &Map<String, Json>| {
            let properties = object.get("properties").and_then(Json::as_object);
            properties.is_some_and(|properties| properties.contains_key(key))
        };
        let here = self.path.first();
        let found = sections.iter().find(|(name, schema)| {
            Some(*name) != here
                && match self.asked(schema) {
                    Some(Asked::Table(object)) => has(object),
                    Some(Asked::Union(variants)) => variants.iter().any(|variant| has(variant)),
                    _ => false,
                }
        });
        found.filter(|_| key != "kind" && key != "name").map(|(name, _)| name.clone())
    }

    fn missing_key(
        &mut self,
        key: &str,
        (node, table): (&Node, &Table),
        properties: Option<&Map<String, Json>>,
    ) {
        let about = properties
            .and_then(|properties| properties.get(key)?.get("description")?.as_str())
            .unwrap_or_default();
        let section = self.path.join(".");
        let message = if section.is_empty() {
            format!("the scenario has no `{key}`")
        } else {
            format!("`[{section}]` has no `{key}`")
        };
        let kind = table.entry("kind").map(|kind| kind.value.at).filter(|at| at.is_known());
        let at = kind.unwrap_or(node.at);
        let problem = Problem::new(message).at(at, format!("needs `{key}`"));
        let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
        self.problems.push(problem.help(format!("`{key}`: {about}")));
    }

    fn union(&mut self, node: &Node, variants: &[&'a Map<String, Json>]) {
        let Value::Table(table) = &node.value else {
            return self.mismatch(node, "a table with a `kind`");
        };
        let kinds: Vec<&str> = variants.iter().filter_map(|variant| kind(variant)).collect();
        let Some(given) = table.entry("kind") else {
            let message = format!("`[{}]` has no `kind`", self.path.join("."));
            let help = format!("the kinds are {}", hint::list(kinds));
            self.problems.push(Problem::new(message).at(node.at, "needs a `kind`").help(help));
            return;
        };
        let found = variants.iter().find(|variant| kind(variant) == given.value.as_str());
        match found {
            Some(variant) => self.table(table, node, variant),
            None => {
                self.path.push("kind".to_owned());
                self.word(&given.value, &kinds);
                self.path.pop();
            }
        }
    }

    fn list(&mut self, node: &Node, items: &'a Json) {
        let Value::Array(found) = &node.value else {
            return self.mismatch(node, "a list");
        };
        for (index, item) in found.iter().enumerate() {
            self.path.push(format!("[{index}]"));
            self.node(item, items);
            self.path.pop();
        }
    }
}

/// What is asked of an optional value when it is there.
fn optional(object: &Map<String, Json>) -> Option<&Map<String, Json>> {
    let choices = object.get("anyOf")?.as_array()?;
    let is_null = |choice: &Json| choice.get("type").and_then(Json::as_str) == Some("null");
    if !choices.iter().any(is_null) {
        return None;
    }
    choices.iter().find(|choice| !is_null(choice))?.as_object()
}

/// The words that a schema lists, if it does.
fn words(object: &Map<String, Json>) -> Vec<&str> {
    let listed = object.get("enum").and_then(Json::as_array);
    let single = object.get("const");
    listed.into_iter().flatten().chain(single).filter_map(Json::as_str).collect()
}

/// The `kind` of a variant.
fn kind(variant: &Map<String, Json>) -> Option<&str> {
    variant.get("properties")?.get("kind")?.get("const")?.as_str()
}

/// Names that a section takes beyond those of its type.
fn other_names(section: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    if section.is_empty() {
        names.push("sweep");
    }
    if section == "model" {
        names.extend(fill::MODEL_KEYS);
    }
    if section == "step_time" {
        names.push(fill::calibration::KEY);
    }
    if counts::SECTIONS.contains(&section) {
        names.extend(counts::NAMES);
    }
    for (of, theirs) in inference_lab::NAMES {
        if of == section {
            names.extend(theirs);
        }
    }
    let aliases = shorthand::ALIASES.iter().filter(|(of, _, _)| *of == section);
    names.extend(aliases.map(|(_, other, _)| *other));
    names
}

#[cfg(test)]
mod tests;
