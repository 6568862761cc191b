//! The catalog: models and accelerators by name.
//!
//! Every entry is a TOML file under `models/` or `accelerators/`, embedded as text. Asking for one
//! compares names and parses that file only (below 0.1 ms in all).
//!
//! Names are compared by their letters and digits: case does not matter, nor which of `-`, `_`,
//! `.` or space separates two digits or two letters. Of a model's name, what stands before the last
//! `/` (a Hugging Face organisation, a folder) is left out; of an accelerator's, who makes it.
//! `Llama-3.1-8B` and `llama_3_1_8b` are the same, `llama-3-18b` is not.

mod accelerator_index;
mod entry;
mod lookup;
mod model_index;
mod profile_index;
mod summary;

pub use entry::{AcceleratorEntry, ModelEntry, Published};
pub use lookup::LookupError;
pub use summary::{AcceleratorSummary, ModelSummary};

use accelerator_index::ACCELERATORS;
use entry::{ACCELERATOR, MODEL};
use lookup::Kind;
use model_index::MODELS;
use profile_index::PROFILES;

use crate::{AcceleratorSpec, ModelSpec};

/// The models and accelerators that come with the program.
#[derive(Debug, Clone, Copy)]
pub struct Catalog;

/// One file of the catalog with the names it goes by.
#[derive(Debug)]
struct Indexed {
    /// The file's stem, which is also the name inside.
    name: &'static str,
    /// Other names, of any spelling.
    aliases: &'static [&'static str],
    /// The whole file.
    text: &'static str,
}

impl Catalog {
    /// The model of this name or alias.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn model(name: &str) -> Result<ModelSpec, LookupError> {
        Self::model_entry(name).map(|entry| entry.model)
    }

    /// The accelerator of this name or alias.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn accelerator(name: &str) -> Result<AcceleratorSpec, LookupError> {
        Self::accelerator_entry(name).map(|entry| entry.accelerator)
    }

    /// The model with its family, sources and published counts.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn model_entry(name: &str) -> Result<ModelEntry, LookupError> {
        lookup::find(Kind::Model, MODELS, name).map(entry::parse)
    }

    /// The accelerator with its sources.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn accelerator_entry(name: &str) -> Result<AcceleratorEntry, LookupError> {
        lookup::find(Kind::Accelerator, ACCELERATORS, name).map(entry::parse)
    }

    /// The model as the table that a [`ModelSpec`] is read from, to lay inline figures over.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn model_table(name: &str) -> Result<toml::Table, LookupError> {
        lookup::find(Kind::Model, MODELS, name).map(|indexed| entry::table(indexed, MODEL))
    }

    /// The accelerator as the table that an [`AcceleratorSpec`] is read from, to lay inline figures
    /// over.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn accelerator_table(name: &str) -> Result<toml::Table, LookupError> {
        lookup::find(Kind::Accelerator, ACCELERATORS, name)
            .map(|indexed| entry::table(indexed, ACCELERATOR))
    }

    /// The model's file as it stands.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn model_text(name: &str) -> Result<&'static str, LookupError> {
        lookup::find(Kind::Model, MODELS, name).map(|indexed| indexed.text)
    }

    /// The accelerator's file as it stands.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn accelerator_text(name: &str) -> Result<&'static str, LookupError> {
        lookup::find(Kind::Accelerator, ACCELERATORS, name).map(|indexed| indexed.text)
    }

    /// The name under which the catalog holds a model that is known by many.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn model_name(name: &str) -> Result<&'static str, LookupError> {
        lookup::find(Kind::Model, MODELS, name).map(|indexed| indexed.name)
    }

    /// The name under which the catalog holds an accelerator that is known by many.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn accelerator_name(name: &str) -> Result<&'static str, LookupError> {
        lookup::find(Kind::Accelerator, ACCELERATORS, name).map(|indexed| indexed.name)
    }

    /// Names of all models, in the order of the catalog (by family).
    pub fn model_names() -> impl ExactSizeIterator<Item = &'static str> {
        MODELS.iter().map(|indexed| indexed.name)
    }

    /// Names of all accelerators, in the order of the catalog (by vendor and age).
    pub fn accelerator_names() -> impl ExactSizeIterator<Item = &'static str> {
        ACCELERATORS.iter().map(|indexed| indexed.name)
    }

    /// Other names of a model, as the catalog spells them.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn model_aliases(name: &str) -> Result<&'static [&'static str], LookupError> {
        lookup::find(Kind::Model, MODELS, name).map(|indexed| indexed.aliases)
    }

    /// Other names of an accelerator, as the catalog spells them.
    ///
    /// # Errors
    /// No such name; the error lists the nearest ones.
    pub fn accelerator_aliases(name: &str) -> Result<&'static [&'static str], LookupError> {
        lookup::find(Kind::Accelerator, ACCELERATORS, name).map(|indexed| indexed.aliases)
    }

    /// Name and file of every engine profile: constants of step times, and where they come from.
    /// They are read where step times are known.
    pub fn profiles() -> impl ExactSizeIterator<Item = (&'static str, &'static str)> {
        PROFILES.iter().copied()
    }

    /// A row for every model. Parses the whole catalog (some milliseconds).
    #[must_use]
    pub fn models() -> Vec<ModelSummary> {
        MODELS.iter().map(|indexed| ModelSummary::of(&entry::parse(indexed))).collect()
    }

    /// A row for every accelerator. Parses the whole catalog (some milliseconds).
    #[must_use]
    pub fn accelerators() -> Vec<AcceleratorSummary> {
        ACCELERATORS.iter().map(|indexed| AcceleratorSummary::of(&entry::parse(indexed))).collect()
    }
}

#[cfg(test)]
mod tests;
