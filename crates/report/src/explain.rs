//! Iterations, operator by operator: for a terminal, and as JSON.

mod json;
mod table;

use std::io::{self, Write};

use tokendrome::Scenario;
use tokendrome::explain::Explanation;

use crate::table::{Style, set};

/// Version of the layout of [`write_json`]: the first number changes when a reader must, the second
/// when fields were added.
pub const SCHEMA_VERSION: &str = "1.0";

/// Explained iterations of one scenario.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'a> {
    /// The scenario, resolved.
    pub scenario: &'a Scenario,
    /// The iterations, in the order in which they are shown.
    pub iterations: &'a [Explanation],
    /// What a person should know of the scenario.
    pub notices: &'a [String],
}

/// The iterations as text, with a line feed at its end: a table of the operators of each, and what
/// the whole takes.
#[must_use]
pub fn render(explained: &Explained<'_>, style: Style) -> String {
    set(&table::document(explained), style)
}

/// Writes the iterations as indented JSON with a line feed at its end.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If a number is infinite or not a number, which none may be.
pub fn write_json(explained: &Explained<'_>, out: &mut impl Write) -> io::Result<()> {
    json::write(explained, out)
}

#[cfg(test)]
mod tests;
