//! What a report says, in order, before it is set in lines or in HTML.

use super::grid::Grid;

/// How a piece of text is shown where there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    /// Known beforehand: labels, units.
    Dim,
    /// Looked for.
    Bold,
    /// Not to be missed.
    Warn,
}

/// A piece of text with one tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

impl Span {
    pub(crate) fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }

    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Plain)
    }

    pub(crate) fn dim(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Dim)
    }

    pub(crate) fn bold(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Bold)
    }

    pub(crate) fn warn(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Warn)
    }
}

/// A piece of the document.
#[derive(Debug)]
pub(crate) enum Block {
    /// What follows is about something else.
    Space,
    /// One line.
    Line(Vec<Span>),
    /// A label, and figures that belong to it.
    Items { label: String, items: Vec<Vec<Span>> },
    /// Running text.
    Paragraph { first: Span, text: String },
    /// Figures in rows and columns.
    Grid(Grid),
}

/// A report in words and figures.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) blocks: Vec<Block>,
}

impl Document {
    pub(crate) fn space(&mut self) {
        self.blocks.push(Block::Space);
    }

    pub(crate) fn line(&mut self, spans: Vec<Span>) {
        self.blocks.push(Block::Line(spans));
    }

    pub(crate) fn items(&mut self, label: &str, items: Vec<Vec<Span>>) {
        self.blocks.push(Block::Items { label: label.to_owned(), items });
    }

    pub(crate) fn paragraph(&mut self, first: Span, text: &str) {
        self.blocks.push(Block::Paragraph { first, text: text.to_owned() });
    }

    pub(crate) fn grid(&mut self, grid: Grid) {
        self.blocks.push(Block::Grid(grid));
    }
}
