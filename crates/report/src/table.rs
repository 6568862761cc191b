//! The report for a terminal.
//!
//! Readable without colour: structure comes from indentation and empty lines, and colour only dims
//! what is known and lifts what is looked for. No line is wider than the style says.

mod breakdown;
mod figures;
mod grid;
mod header;
mod latency;
mod page;

use tokendrome::Report;

use page::{Page, Span};

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
    let mut page = Page::new(style);
    header::title(&mut page, report);
    header::requests(&mut page, &report.summary);
    latency::table(&mut page, &report.summary);
    figures::throughput(&mut page, &report.summary.throughput);
    figures::slo(&mut page, report);
    figures::utilisation(&mut page, &report.summary);
    figures::cost(&mut page, report.summary.cost.as_ref());
    breakdown::classes(&mut page, &report.summary);
    breakdown::replicas(&mut page, &report.summary.replicas);
    notices(&mut page, report);
    page.blank();
    page.items("Digest", vec![vec![Span::dim(report.digest.clone())]]);
    page.into_text()
}

fn notices(page: &mut Page, report: &Report) {
    if !report.notices.is_empty() {
        page.blank();
    }
    for notice in &report.notices {
        page.paragraph(Span::warn("note: "), notice);
    }
}

#[cfg(test)]
mod tests;
