//! The JSON schema of a scenario file.

mod spellings;
mod sweep;

use serde_json::Value as Json;
use tokendrome::Scenario;

/// The schema of the types: what a tree must fit once it is rewritten into our own spelling.
pub(crate) fn strict() -> Json {
    schemars::schema_for!(Scenario).to_value()
}

/// The schema of what a file may hold: the types, short forms, names filled in from the catalog,
/// and every other spelling.
#[must_use]
pub fn file_schema() -> Json {
    let mut schema = strict();
    spellings::add(&mut schema);
    sweep::add(&mut schema);
    schema
}

#[cfg(test)]
mod tests;
