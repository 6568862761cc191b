//! The report for a terminal.
//!
//! Readable without colour: structure comes from indentation and empty lines, and colour only dims
//! what is known and lifts what is looked for. No line is wider than the style says.

mod breakdown;
pub(crate) mod document;
pub(crate) mod figures;
pub(crate) mod grid;
pub(crate) mod header;
pub(crate) mod latency;
mod page;
mod steady;

use tokendrome::Report;

use document::{Document, Span};
use page::Page;

use crate::clock::Clock;

/// How a table looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use ANSI colours.
    pub color: bool,
    /// Columns of the terminal; fewer than 40 count as 40.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 80 }
    }
}

/// The report as text, with a line feed at its end.
///
/// What does not exist (the TPOT of single tokens, the cost without a price) is a `-` or left out.
#[must_use]
pub fn render(report: &Report, style: Style) -> String {
    set(&document(report), style)
}

/// A document as text.
pub(crate) fn set(document: &Document, style: Style) -> String {
    Page::new(style).set(document)
}

/// What the report says, in order.
pub(crate) fn document(report: &Report) -> Document {
    let mut document = Document::default();
    header::title(&mut document, report);
    figures_of(&mut document, report);
    let notices = report.notices.iter().cloned().chain(steady::notices(report));
    for (at, notice) in notices.enumerate() {
        if at == 0 {
            document.space();
        }
        document.paragraph(Span::warn("note: "), &notice);
    }
    document.space();
    document.items("Digest", vec![vec![Span::dim(report.digest.clone())]]);
    document
}

fn figures_of(document: &mut Document, report: &Report) {
    let summary = &report.summary;
    let clock = Clock::of(&report.scenario);
    header::requests(document, summary, clock);
    latency::table(document, summary, clock);
    steady::means(document, report);
    figures::throughput(document, &summary.throughput, clock);
    figures::slo(document, report);
    figures::utilisation(document, report);
    figures::pools(document, summary, clock);
    figures::cost(document, summary.cost.as_ref());
    breakdown::classes(document, summary, clock);
    breakdown::replicas(document, &summary.replicas, clock);
}

#[cfg(test)]
mod tests;
