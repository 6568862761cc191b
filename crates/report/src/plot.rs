//! One page of plots: how latencies are distributed, and how the run went over time.
//!
//! The page is drawn once, as shapes, and then written as SVG, as PNG (at twice the size, for sharp
//! screens and print) or as an HTML page with the report's tables below it. All of them stand
//! alone: letters are embedded, nothing is fetched.

mod axis;
mod capacity;
mod compare;
mod distribution;
mod errors;
mod font;
mod frame;
mod headline;
mod html;
mod over_time;
mod page;
mod png;
mod scene;
mod svg;
mod sweep;
mod ticks;

use std::io::{self, Write};
use std::path::Path;

use tokendrome::{Curves, Report};

use crate::OutputError;
use crate::capacity::Searched;
use crate::compare::Compared;
use crate::error::extension;
use crate::sweep::SweptPoints;

pub use errors::{ErrorPoint, write_errors};
pub(crate) use svg::{escape, fonts, schemes};

/// What a plot is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A drawing.
    Svg,
    /// A picture.
    Png,
    /// A page with the drawing, which follows the reader's light or dark scheme, and the tables.
    Html,
}

impl Format {
    /// The format that the name's ending asks for.
    ///
    /// # Errors
    /// The ending is none of `.svg`, `.png` and `.html`.
    pub fn from_path(path: &Path) -> Result<Self, OutputError> {
        match extension(path).as_str() {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            "html" | "htm" => Ok(Self::Html),
            _ => Err(OutputError::UnknownFormat {
                path: path.to_path_buf(),
                what: "a plot",
                known: "`.svg`, `.png` or `.html`",
            }),
        }
    }
}

/// Draws the report.
///
/// # Errors
/// `out` fails.
pub fn write(
    format: Format,
    report: &Report,
    curves: &Curves,
    out: &mut impl Write,
) -> io::Result<()> {
    let scene = page::draw(report, curves);
    match format {
        Format::Svg => out.write_all(svg::document(&scene).as_bytes()),
        Format::Png => out.write_all(&png::encode(&scene)?),
        Format::Html => out.write_all(html::page(report, &scene).as_bytes()),
    }
}

/// Draws a comparison: the queues over time, and the batch slots of each scenario, as the first
/// trial had them.
///
/// # Errors
/// `out` fails.
pub fn write_comparison(
    format: Format,
    compared: &Compared<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let scene = compare::draw(compared);
    match format {
        Format::Svg => out.write_all(svg::document(&scene).as_bytes()),
        Format::Png => out.write_all(&png::encode(&scene)?),
        Format::Html => out.write_all(compare::html(compared, &scene).as_bytes()),
    }
}

/// Draws the points of a sweep: each of the figures in a panel against the field that varies, one
/// line for each combination of the others, with 95 % bands; without names TTFT, TPOT, E2E latency
/// and throughput.
///
/// # Errors
/// `out` fails.
pub fn write_sweep(
    format: Format,
    points: &SweptPoints<'_>,
    figures: &[String],
    out: &mut impl Write,
) -> io::Result<()> {
    let scene = sweep::draw(points, figures);
    match format {
        Format::Svg => out.write_all(svg::document(&scene).as_bytes()),
        Format::Png => out.write_all(&png::encode(&scene)?),
        Format::Html => out.write_all(sweep::html(points, &scene).as_bytes()),
    }
}

/// Draws capacities: what was measured against the rate, and the largest rates.
///
/// # Errors
/// `out` fails.
pub fn write_capacity(
    format: Format,
    searched: &Searched<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let scene = capacity::draw(searched);
    match format {
        Format::Svg => out.write_all(svg::document(&scene).as_bytes()),
        Format::Png => out.write_all(&png::encode(&scene)?),
        Format::Html => out.write_all(capacity::html(searched, &scene).as_bytes()),
    }
}

#[cfg(test)]
mod tests;
