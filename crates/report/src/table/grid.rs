//! Tables of figures in columns.

use super::document::{Span, Tone};
use super::page::{LABEL, Page, cut, width};

/// Space between two columns.
const GAP: usize = 2;

/// A column, flush right.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) title: String,
    /// How much it is needed where not all fit: the column with the smallest number goes first.
    pub(crate) need: u8,
    pub(crate) tone: Tone,
    pub(crate) cells: Vec<String>,
}

/// Rows with a label each, and columns of figures.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    pub(crate) title: String,
    pub(crate) labels: Vec<String>,
    pub(crate) columns: Vec<Column>,
}

impl Grid {
    /// Puts the table on the page; leaves out columns that do not fit.
    pub(super) fn show(&self, page: &mut Page) {
        self.clone().fit(page);
    }

    fn fit(mut self, page: &mut Page) {
        let labels = self.labels.iter().map(|label| width(label)).max();
        let label = labels.unwrap_or(0).max(width(&self.title)).clamp(LABEL - 1, 2 * LABEL);
        while self.width(label) > page.width() && self.columns.len() > 1 {
            let least = self.columns.iter().enumerate().min_by_key(|(_, column)| column.need);
            let least = least.map_or(0, |(at, _)| at);
            self.columns.remove(least);
        }
        // What is left over goes between the columns, up to a comfortable width.
        let spare = page.width().min(80).saturating_sub(self.width(label));
        let gap = GAP + (spare / self.columns.len().max(1)).min(4);
        page.line(&self.row(label, gap, None));
        for row in 0..self.labels.len() {
            page.line(&self.row(label, gap, Some(row)));
        }
    }

    fn width(&self, label: usize) -> usize {
        label + self.columns.iter().map(|column| GAP + column.width()).sum::<usize>()
    }

    /// A row of cells, or that of the titles.
    fn row(&self, label: usize, gap: usize, row: Option<usize>) -> Vec<Span> {
        let name = row.map_or(&self.title, |row| &self.labels[row]);
        let name = cut(name, label);
        let fill = " ".repeat(label - width(&name));
        let mut spans = vec![Span::plain(name + &fill)];
        for column in &self.columns {
            let (text, tone) = match row {
                Some(row) => (&column.cells[row], column.tone),
                None => (&column.title, Tone::Dim),
            };
            spans.push(Span::plain(" ".repeat(gap + column.width() - width(text))));
            spans.push(Span { text: text.clone(), tone });
        }
        spans
    }
}

impl Column {
    /// A column without a cell yet.
    pub(crate) fn new(title: impl Into<String>, need: u8, tone: Tone) -> Self {
        Self { title: title.into(), need, tone, cells: Vec::new() }
    }

    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| width(cell)).max().unwrap_or(0);
        cells.max(width(&self.title))
    }
}
