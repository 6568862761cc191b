//! What a file of the catalog holds.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Indexed;
use crate::{AcceleratorSpec, ModelSpec};

/// The table of a model's file that is its specification.
pub(super) const MODEL: &str = "model";
/// The table of an accelerator's file that is its specification.
pub(super) const ACCELERATOR: &str = "accelerator";

/// A model with where its figures come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// The family that tables group it under.
    pub family: String,
    /// Where the shape was read.
    pub source: Vec<String>,
    /// What the publisher says of its size.
    pub published: Published,
    /// The specification.
    pub model: ModelSpec,
}

/// What a publisher says of a model's size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Parameters of the whole model.
    pub parameters: u64,
    /// Parameters that one token passes through, as rounded by the publisher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_parameters: Option<u64>,
    /// Whether the publisher leaves the embedding table out of `active_parameters`.
    #[serde(default)]
    pub active_excludes_embedding: bool,
    /// Where it says so.
    pub source: String,
}

/// An accelerator with where its figures come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceleratorEntry {
    /// Where the figures were read.
    pub source: Vec<String>,
    /// Where and when the price was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_source: Option<String>,
    /// The specification.
    pub accelerator: AcceleratorSpec,
}

/// Reads a file of the catalog.
pub(super) fn parse<T: DeserializeOwned>(indexed: &Indexed) -> T {
    match toml::from_str(indexed.text) {
        Ok(entry) => entry,
        Err(error) => {
            panic!("the catalog's own file `{}.toml` does not read: {error}", indexed.name)
        }
    }
}

/// The specification of a file as a table.
pub(super) fn table(indexed: &Indexed, key: &str) -> toml::Table {
    let mut file: toml::Table = parse(indexed);
    match file.remove(key) {
        Some(toml::Value::Table(table)) => table,
        other => panic!("`{key}` of the catalog's `{}.toml` is {other:?}", indexed.name),
    }
}
