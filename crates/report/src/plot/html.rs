//! A page with the drawing and the tables, for a browser.

use tokendrome::{Report, Scenario};

use super::scene::Scene;
use super::svg::{self, Colors, escape};
use crate::table::document::{Block, Document, Span, Tone};
use crate::table::grid::Grid;
use crate::table::{document, header};

const STYLE: &str = include_str!("html/style.css");

/// The whole page of a report.
pub(super) fn page(report: &Report, scene: &Scene) -> String {
    let details = scenario("Scenario", &report.scenario);
    page_of(&header::system(&report.scenario), scene, &document(report), &details)
}

/// A page with a drawing, what is told below it, and `details` in HTML. It fetches nothing, and
/// follows the reader's scheme.
pub(super) fn page_of(title: &str, scene: &Scene, told: &Document, details: &str) -> String {
    let title = escape(title);
    let drawing = svg::element(scene, Colors::Classes, "");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Tokendrome</title>\n<style>{}{}\n{STYLE}</style>\n</head>\n<body>\n\
         <figure>\n{drawing}</figure>\n<main>\n{}{details}</main>\n</body>\n</html>\n",
        svg::fonts(),
        svg::schemes(),
        tables(told),
    )
}

/// The blocks but for the title, which the drawing has.
fn tables(told: &Document) -> String {
    let mut html = String::new();
    let mut in_list = false;
    for block in &told.blocks {
        let is_item = matches!(block, Block::Items { .. });
        if in_list && !is_item {
            html.push_str("</table>\n");
        }
        if is_item && !in_list {
            html.push_str("<table class=\"items\">\n");
        }
        in_list = is_item;
        html.push_str(&block_of(block));
    }
    if in_list {
        html.push_str("</table>\n");
    }
    html
}

fn block_of(block: &Block) -> String {
    match block {
        Block::Space | Block::Line(_) => String::new(),
        Block::Items { label, items } => {
            let cells = items.iter().map(|item| format!("<td>{}</td>", spans(item)));
            let cells: String = cells.collect();
            format!("<tr><th>{}</th>{cells}</tr>\n", label_of(label))
        }
        Block::Paragraph { first, text } => {
            let class = if first.tone == Tone::Warn { " class=\"note\"" } else { "" };
            format!("<p{class}><b>{}</b> {}</p>\n", escape(first.text.trim()), escape(text))
        }
        Block::Grid(grid) => grid_of(grid),
    }
}

/// A label; what belongs to the one above it is indented as in the terminal.
fn label_of(label: &str) -> String {
    let text = label.trim_start();
    let indent = if text.len() < label.len() { " class=\"sub\"" } else { "" };
    format!("<span{indent}>{}</span>", escape(text))
}

fn spans(spans: &[Span]) -> String {
    let piece = |span: &Span| {
        let text = escape(&span.text);
        match span.tone {
            Tone::Plain => text,
            Tone::Dim => format!("<span class=\"dim\">{text}</span>"),
            Tone::Bold | Tone::Warn => format!("<b>{text}</b>"),
        }
    };
    spans.iter().map(piece).collect()
}

fn grid_of(grid: &Grid) -> String {
    let titles = grid.columns.iter().map(|column| format!("<th>{}</th>", escape(&column.title)));
    let titles: String = titles.collect();
    let mut html =
        format!("<table class=\"grid\">\n<tr><th>{}</th>{titles}</tr>\n", escape(&grid.title));
    for (row, label) in grid.labels.iter().enumerate() {
        let cells = grid.columns.iter().map(|column| {
            let (cell, bold) = (escape(&column.cells[row]), column.tone == Tone::Bold);
            if bold { format!("<td><b>{cell}</b></td>") } else { format!("<td>{cell}</td>") }
        });
        let cells: String = cells.collect();
        html.push_str(&format!("<tr><th>{}</th>{cells}</tr>\n", label_of(label)));
    }
    html.push_str("</table>\n");
    html
}

/// What was simulated, to be unfolded.
pub(super) fn scenario(name: &str, scenario: &Scenario) -> String {
    let json = serde_json::to_string_pretty(scenario);
    let json = json.expect("a scenario is plain data with text as keys");
    let name = escape(name);
    format!("<details><summary>{name}</summary>\n<pre>{}</pre></details>\n", escape(&json))
}
