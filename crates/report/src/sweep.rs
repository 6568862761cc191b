//! The points of a sweep: for a terminal, as CSV, Parquet and JSON, and what a plot needs of them.

mod columns;
mod csv;
mod json;
mod parquet;
mod table;

use std::io::{self, Write};
use std::path::Path;

use tokendrome_explore::{Estimate, Sweep, SweepPoint, Swept, Trials};

pub use self::json::SCHEMA_VERSION;
use crate::OutputError;
use crate::clock::Clock;
use crate::error::extension;
use crate::table::document::Document;
use crate::table::{Style, set};

/// A sweep and what came out of it.
#[derive(Debug, Clone, Copy)]
pub struct SweptPoints<'a> {
    /// What was simulated.
    pub sweep: &'a Sweep,
    /// What came out.
    pub swept: &'a Swept,
}

/// What the points are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, a row a point.
    Csv,
    /// Apache Parquet, with the same columns.
    Parquet,
    /// JSON, with the scenario.
    Json,
}

impl Format {
    /// The format that the name's ending asks for.
    ///
    /// # Errors
    /// The ending is none of `.csv`, `.parquet` and `.json`.
    pub fn from_path(path: &Path) -> Result<Self, OutputError> {
        match extension(path).as_str() {
            "csv" => Ok(Self::Csv),
            "parquet" => Ok(Self::Parquet),
            "json" => Ok(Self::Json),
            _ => Err(OutputError::UnknownFormat {
                path: path.to_path_buf(),
                what: "the points of a sweep",
                known: "`.csv`, `.parquet` or `.json`",
            }),
        }
    }
}

impl<'a> SweptPoints<'a> {
    /// The points that were simulated, with what came out, in order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'a SweepPoint, &'a Trials)> {
        let all = self.sweep.points.iter().zip(&self.swept.points);
        all.filter_map(|(point, trials)| Some((point, trials.as_ref()?)))
    }

    /// What the clocks of all of them count.
    pub(crate) fn clock(&self) -> Clock {
        Clock::of(&self.sweep.base)
    }

    /// What is known of a figure at every simulated point.
    pub(crate) fn estimates(&self, name: &str) -> Vec<Option<&'a Estimate>> {
        self.rows().map(|(_, trials)| trials.estimate(name)).collect()
    }

    /// Fields by the ends of their paths, as far as these tell them apart.
    pub(crate) fn short_names(&self) -> Vec<&'a str> {
        let fields: Vec<&str> =
            self.sweep.parameters.iter().map(|parameter| parameter.field.as_str()).collect();
        let end = |field: &'a str, parts: usize| {
            let dots = field.rmatch_indices('.').nth(parts - 1);
            dots.map_or(field, |(at, _)| &field[at + 1..])
        };
        let short = |field: &&'a str| {
            let is_clear = |parts: &usize| {
                let name = end(field, *parts);
                let alike = fields.iter().filter(|other| end(other, *parts) == name).count();
                alike == 1 && !matches!(name, "kind" | "name")
            };
            let parts = (1..=field.matches('.').count()).find(is_clear);
            parts.map_or(*field, |parts| end(field, parts))
        };
        fields.iter().map(short).collect()
    }

    /// What the table says, in order.
    pub(crate) fn document(&self) -> Document {
        table::document(self)
    }

    /// What holds for all points.
    pub(crate) fn facts(&self) -> String {
        table::facts(self)
    }

    /// Figures that no simulated point has, of those that are asked for, each with the nearest
    /// name that there is.
    #[must_use]
    pub fn unknown_figures<'n>(&self, names: &'n [String]) -> Vec<&'n str> {
        let is_unknown = |name: &&String| !self.rows().any(|(_, of)| of.estimate(name).is_some());
        names.iter().filter(is_unknown).map(String::as_str).collect()
    }
}

/// The points as text, with a line feed at its end: what varies, and the main figures with half the
/// widths of their 95 % intervals.
#[must_use]
pub fn render(points: &SweptPoints<'_>, style: Style) -> String {
    set(&points.document(), style)
}

/// Writes all figures of all simulated points. Equal sweeps give equal bytes.
///
/// CSV and Parquet have a column for each field that varies, by its path, then `trials`, and for
/// every figure its mean, the ends of its 95 % interval and its standard deviation over the trials:
/// `NAME`, `NAME.ci95_low`, `NAME.ci95_high`, `NAME.std`. What a point does not have is empty, or a
/// null. JSON has the resolved scenario, too.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If a number of the JSON is infinite or not a number, which no metric may be.
pub fn write(
    format: Format,
    points: &SweptPoints<'_>,
    out: &mut (impl Write + Send),
) -> io::Result<()> {
    match format {
        Format::Csv => csv::write(points, out),
        Format::Parquet => parquet::write(points, out),
        Format::Json => json::write(points, out),
    }
}

#[cfg(test)]
pub(crate) mod tests;
