//! What fits an accelerator's memory: for a terminal, and as JSON.

mod json;
mod table;

use std::io::{self, Write};

use tokendrome::catalog::DType;
use tokendrome::{Placed, Scenario};

use crate::table::{Style, set};

/// Version of the layout of [`write_json`]: the first number changes when a reader must, the second
/// when fields were added.
pub const SCHEMA_VERSION: &str = "1.0";

/// The placements of a model in one choice of number formats.
#[derive(Debug, Clone)]
pub struct FittedFormats {
    /// Format of the layers' weights.
    pub dtype: DType,
    /// Format of the KV cache.
    pub kv_dtype: DType,
    /// The placements, in the order in which they are shown.
    pub rows: Vec<Placed>,
}

/// What fits, in several number formats.
#[derive(Debug, Clone, Copy)]
pub struct Fitted<'a> {
    /// The scenario that says model and accelerator.
    pub scenario: &'a Scenario,
    /// The formats.
    pub formats: &'a [FittedFormats],
    /// What a person should know of it.
    pub notices: &'a [String],
}

/// The placements as a table, with a line feed at its end.
///
/// # Panics
/// If the scenario has no model or no accelerator.
#[must_use]
pub fn render(fitted: &Fitted<'_>, style: Style) -> String {
    set(&table::document(fitted), style)
}

/// Writes the placements as indented JSON with a line feed at its end.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If the scenario has no model or no accelerator.
pub fn write_json(fitted: &Fitted<'_>, out: &mut impl Write) -> io::Result<()> {
    json::write(fitted, out)
}

#[cfg(test)]
mod tests;
