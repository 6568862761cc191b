//! Several scenarios beside each other: for a terminal, as JSON, and what a plot needs of them.

mod fields;
mod json;
pub(crate) mod lengths;
mod table;

use std::io::{self, Write};

use tokendrome_explore::{Cases, Comparison};

pub use self::json::SCHEMA_VERSION;
pub use self::lengths::Lengths;
use crate::clock::Clock;
use crate::table::document::Document;
use crate::table::{Style, set};

/// A comparison and what was compared.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// The scenarios.
    pub cases: &'a Cases,
    /// What came out.
    pub comparison: &'a Comparison,
    /// The cuts, where one scenario is compared with itself at two lengths.
    pub lengths: Option<&'a Lengths>,
}

impl Compared<'_> {
    /// The scenarios' names, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.cases.list.iter().map(|case| case.name.as_str()).collect()
    }

    /// What the clocks of all of them count.
    pub(crate) fn clock(&self) -> Clock {
        let first = self.cases.list.first();
        let first = first.expect("a comparison has scenarios");
        Clock::of(first.simulation.scenario())
    }

    /// One line that says what is compared.
    pub(crate) fn title(&self) -> String {
        match (&self.lengths, &self.names()[..]) {
            (Some(_), [short, .., long]) => format!("The same run, cut at {short} and {long}"),
            (_, [first, second]) => format!("{first} and {second} on the same requests"),
            (_, [first, others @ ..]) => {
                format!("{first} and {} others on the same requests", others.len())
            }
            (_, []) => String::new(),
        }
    }

    /// What holds for all scenarios.
    pub(crate) fn facts(&self) -> String {
        table::facts(self)
    }

    /// What the table says, in order.
    pub(crate) fn document(&self) -> Document {
        table::document(self)
    }
}

/// The comparison as text, with a line feed at its end: the main figures of every scenario, and
/// their differences to the first.
#[must_use]
pub fn render(compared: &Compared<'_>, style: Style) -> String {
    set(&compared.document(), style)
}

/// Writes all figures and differences as indented JSON with a line feed at its end. Equal
/// comparisons give equal bytes.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If a number is infinite or not a number, which JSON cannot say and no metric may be.
pub fn write_json(compared: &Compared<'_>, out: &mut impl Write) -> io::Result<()> {
    json::write(compared, out)
}

#[cfg(test)]
pub(crate) mod tests;
