//! Lines of toned text that keep to the width.

use unicode_width::UnicodeWidthChar;

use super::Style;
use super::document::{Block, Document, Span, Tone};

/// Narrower than this nothing fits.
const WIDTH_MIN: usize = 40;
/// Columns of the labels on the left.
pub(super) const LABEL: usize = 13;
/// Items begin at multiples of this after the label.
const ITEM: usize = 22;
/// Least space between two items.
const GAP: usize = 2;

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

fn width_of(spans: &[Span]) -> usize {
    spans.iter().map(|span| width(&span.text)).sum()
}

/// The longest beginning of `text` that takes at most `columns`.
fn beginning(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += c.width().unwrap_or(0);
        if taken > columns {
            return &text[..at];
        }
    }
    text
}

/// `text` cut to `columns`, with a mark where something is missing.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    format!("{}…", beginning(text, columns.saturating_sub(1)))
}

/// Collects the lines of a table.
pub(super) struct Page {
    style: Style,
    text: String,
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        let width = style.width.max(WIDTH_MIN);
        Self { style: Style { width, ..style }, text: String::new() }
    }

    pub(super) fn width(&self) -> usize {
        self.style.width
    }

    /// Sets a document.
    pub(super) fn set(mut self, document: &Document) -> String {
        for block in &document.blocks {
            match block {
                Block::Space => self.text.push('\n'),
                Block::Line(spans) => self.line(spans),
                Block::Items { label, items } => self.items(label, items),
                Block::Paragraph { first, text } => self.paragraph(first.clone(), text),
                Block::Grid(grid) => grid.show(&mut self),
            }
        }
        self.text
    }

    /// One line, cut to the width.
    pub(super) fn line(&mut self, spans: &[Span]) {
        let mut left = self.style.width;
        let end = self.text.len();
        for span in spans {
            let text: String = span.text.chars().map(printable).collect();
            let text = cut(&text, left);
            left -= width(&text);
            self.push(&text, span.tone);
        }
        let kept = self.text[end..].trim_end_matches(' ').len();
        self.text.truncate(end + kept);
        self.text.push('\n');
    }

    fn push(&mut self, text: &str, tone: Tone) {
        let code = match tone {
            _ if !self.style.color || text.trim().is_empty() => "",
            Tone::Plain => "",
            Tone::Dim => "\x1b[2m",
            Tone::Bold => "\x1b[1m",
            Tone::Warn => "\x1b[33m",
        };
        self.text.push_str(code);
        self.text.push_str(text);
        if !code.is_empty() {
            self.text.push_str("\x1b[0m");
        }
    }

    /// A label and what it is about: as many items on a line as fit, in columns.
    fn items(&mut self, label: &str, items: &[Vec<Span>]) {
        let start = |label: &str| vec![Span::plain(format!("{:<LABEL$}", cut(label, LABEL - 1)))];
        let (mut line, mut at) = (start(label), 0);
        let room = self.style.width - LABEL;
        for item in items {
            let next = if at == 0 { 0 } else { (at + GAP).div_ceil(ITEM) * ITEM };
            let wide = width_of(item);
            if at > 0 && next + wide > room {
                self.line(&line);
                (line, at) = (start(""), 0);
            } else {
                line.push(Span::plain(" ".repeat(next - at)));
                at = next;
            }
            line.extend_from_slice(item);
            at += wide;
        }
        self.line(&line);
    }

    /// Text in lines, each indented to where the text after `first` begins.
    fn paragraph(&mut self, first: Span, text: &str) {
        let indent = width(&first.text);
        let tone = if first.tone == Tone::Warn { Tone::Warn } else { Tone::Plain };
        let room = self.style.width.saturating_sub(indent).max(1);
        let mut lead = first;
        for line in wrap(text, room) {
            self.line(&[lead, Span::new(line, tone)]);
            lead = Span::plain(" ".repeat(indent));
        }
    }
}

fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

/// Lines of at most `room` columns, broken between words, or within what is longer than a line.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for mut word in text.split_whitespace() {
        while width(&line) + usize::from(!line.is_empty()) + width(word) > room {
            if line.is_empty() {
                let part = beginning(word, room);
                let part = if part.is_empty() { word } else { part };
                lines.push(part.to_owned());
                word = &word[part.len()..];
            } else {
                lines.push(std::mem::take(&mut line));
            }
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
