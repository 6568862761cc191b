//! Finding an entry by any of its names, and the nearest names when there is none.

use std::fmt;

use thiserror::Error;

use super::Indexed;

/// Words that say who makes an accelerator, not which it is.
const MAKERS: [&str; 8] =
    ["nvidia", "geforce", "amd", "instinct", "google", "intel", "aws", "tesla"];
/// Most names that an error suggests.
const SUGGESTIONS_MAX: usize = 3;

/// What is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Model,
    Accelerator,
}

/// A name that the catalog does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the catalog has no {what} named `{name}`{}", DidYouMean(.nearest))]
pub struct LookupError {
    /// What was looked up: `model` or `accelerator`.
    pub what: &'static str,
    /// The name as given.
    pub name: String,
    /// The nearest names of the catalog, nearest first; may be empty.
    pub nearest: Vec<&'static str>,
}

struct DidYouMean<'a>(&'a [&'static str]);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let before = match index {
                0 => "; did you mean ",
                _ if index + 1 == self.0.len() => " or ",
                _ => ", ",
            };
            write!(f, "{before}`{name}`")?;
        }
        if self.0.is_empty() { Ok(()) } else { f.write_str("?") }
    }
}

/// The entry that goes by `name`.
pub(super) fn find(
    kind: Kind,
    index: &'static [Indexed],
    name: &str,
) -> Result<&'static Indexed, LookupError> {
    let wanted = key(kind, name);
    let goes_by = |indexed: &&Indexed| {
        std::iter::once(&indexed.name)
            .chain(indexed.aliases)
            .any(|alias| key(kind, alias) == wanted)
    };
    index.iter().find(goes_by).ok_or_else(|| LookupError {
        what: match kind {
            Kind::Model => "model",
            Kind::Accelerator => "accelerator",
        },
        name: name.to_owned(),
        nearest: nearest(kind, index, &wanted),
    })
}

/// What two spellings of a name have in common.
///
/// Lower-case letters and digits, with one `-` wherever the name has a separator between two
/// letters or two digits (`3.1` and `31` stay apart); between a letter and a digit none is needed
/// (`llama-3` is `llama3`).
pub(super) fn key(kind: Kind, name: &str) -> String {
    let name = match kind {
        Kind::Model => name.rsplit('/').find(|part| !part.trim().is_empty()).unwrap_or(name),
        Kind::Accelerator => name,
    };
    let lower = name.to_lowercase();
    let words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .filter(|word| kind == Kind::Model || !MAKERS.contains(word));
    let mut key = String::with_capacity(name.len());
    for word in words {
        let before = key.chars().next_back();
        let same_class = |a: char, b: char| a.is_ascii_digit() == b.is_ascii_digit();
        if before.zip(word.chars().next()).is_some_and(|(a, b)| same_class(a, b)) {
            key.push('-');
        }
        key.push_str(word);
    }
    key
}

/// The names that differ least from `wanted`, by their best alias.
fn nearest(kind: Kind, index: &'static [Indexed], wanted: &str) -> Vec<&'static str> {
    let distance = |indexed: &Indexed| {
        let names = std::iter::once(&indexed.name).chain(indexed.aliases);
        names.map(|alias| edit_distance(&key(kind, alias), wanted)).min()
    };
    // Of a name that begins like the wanted one, more may differ.
    let length = wanted.chars().count();
    let limit = |name: &str| {
        let alike = wanted.get(..3).is_some_and(|start| name.starts_with(start));
        (length / 3).max(2) + if alike { length / 3 } else { 0 }
    };
    let mut found: Vec<(usize, &'static str)> = index
        .iter()
        .filter_map(|indexed| distance(indexed).map(|distance| (distance, indexed.name)))
        .filter(|&(distance, name)| distance <= limit(name))
        .collect();
    found.sort_unstable();
    found.truncate(SUGGESTIONS_MAX);
    found.into_iter().map(|(_, name)| name).collect()
}

/// Letters to insert, delete or replace to make `b` of `a` (Levenshtein), in `O(|a| |b|)`.
fn edit_distance(a: &str, b: &str) -> usize {
    /// Names longer than this are compared by their beginning.
    const COMPARED_MAX: usize = 80;
    let b: Vec<char> = b.chars().take(COMPARED_MAX).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(COMPARED_MAX).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
