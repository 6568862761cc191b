//! The largest rates that scenarios can take: for a terminal, as JSON, as CSV.

mod csv;
mod json;
mod table;

use std::io::{self, Write};
use std::path::Path;

use tokendrome::Scenario;
use tokendrome_explore::{Capacity, Method, Verdict};

pub use self::json::SCHEMA_VERSION;
use crate::OutputError;
use crate::clock::Clock;
use crate::error::extension;
use crate::table::document::Document;
use crate::table::{Style, set};

/// What was searched for, and what came out.
#[derive(Debug, Clone, Copy)]
pub struct Searched<'a> {
    /// How it was searched for.
    pub method: &'a Method,
    /// The scenarios, of which there is at least one. All have the same clock and seed.
    pub sides: &'a [Side<'a>],
    /// What holds for all of them.
    pub notices: &'a [String],
}

/// One scenario and its capacity.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its name.
    pub name: &'a str,
    /// The scenario, resolved.
    pub scenario: &'a Scenario,
    /// What came out.
    pub capacity: &'a Capacity,
}

/// What a file with all figures is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Everything.
    Json,
    /// The rates that were tried, one a row.
    Csv,
}

impl Format {
    /// The format that the name's ending asks for; JSON where there is no ending.
    ///
    /// # Errors
    /// The ending is neither `.json` nor `.csv`.
    pub fn from_path(path: &Path) -> Result<Self, OutputError> {
        match extension(path).as_str() {
            "json" | "" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            _ => Err(OutputError::UnknownFormat {
                path: path.to_path_buf(),
                what: "the capacity",
                known: "`.json` or `.csv`",
            }),
        }
    }
}

impl Searched<'_> {
    /// What the clocks of all scenarios count.
    pub(crate) fn clock(&self) -> Clock {
        Clock::of(self.first())
    }

    fn first(&self) -> &Scenario {
        self.sides.first().expect("a search has a scenario").scenario
    }

    /// One line that says what was searched for.
    pub(crate) fn title(&self) -> &'static str {
        match self.method {
            Method::Drift(_) => "The largest stable rate, by the drift of the backlog",
            Method::MannKendall(_) => "The largest stable rate, by the trend of response times",
            Method::Objectives(..) => "The largest rate at which the objectives hold",
        }
    }

    /// What rates are of: `requests/s`, `sessions/1k ticks`.
    pub(crate) fn unit(&self) -> String {
        let of_sessions = self.sides.iter().filter(|side| side.capacity.has_sessions).count();
        self.clock().per(match of_sessions {
            0 => "requests",
            all if all == self.sides.len() => "sessions",
            _ => "requests or sessions",
        })
    }

    /// What holds for all scenarios: `seed 42 · tokendrome 0.1.0`.
    pub(crate) fn facts(&self) -> String {
        let seed = self.first().simulation.seed;
        let interrupted = self.sides.iter().any(|side| !side.capacity.is_complete);
        let interrupted = if interrupted { " · interrupted" } else { "" };
        format!("seed {seed} · tokendrome {}{interrupted}", env!("CARGO_PKG_VERSION"))
    }

    /// What the table says, in order.
    pub(crate) fn document(&self, tells_all: bool) -> Document {
        table::document(self, tells_all)
    }

    /// The word for a verdict.
    pub(crate) fn word(&self, verdict: Option<Verdict>) -> &'static str {
        let is_of_limits = matches!(self.method, Method::Objectives(..));
        match verdict {
            Some(Verdict::Holds) if is_of_limits => "met",
            Some(Verdict::Fails) if is_of_limits => "missed",
            Some(Verdict::Holds) => "stable",
            Some(Verdict::Fails) => "unstable",
            Some(Verdict::Undecided) => "undecided",
            None => "-",
        }
    }
}

/// The capacities as text, with a line feed at its end; with all rates that were tried if
/// `tells_all`.
#[must_use]
pub fn render(searched: &Searched<'_>, tells_all: bool, style: Style) -> String {
    set(&searched.document(tells_all), style)
}

/// Writes everything in a format. Equal searches give equal bytes.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If a number is infinite or not a number, which none may be.
pub fn write(format: Format, searched: &Searched<'_>, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Json => json::write(searched, out),
        Format::Csv => csv::write(searched, out),
    }
}

#[cfg(test)]
pub(crate) mod tests;
