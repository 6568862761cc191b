//! A measured run beside a simulated one: for a terminal, and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::json::finite::assert_finite;
use crate::number::{fixed, grouped, short};
use crate::table::document::{Document, Span, Tone};
use crate::table::grid::{Column, Grid};
use crate::table::{Style, set};

/// Version of the layout of [`write_json`]: the first number changes when a reader must, the second
/// when fields were added.
pub const SCHEMA_VERSION: &str = "1.0";

/// Where the figures of one side come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// The file.
    pub file: String,
    /// Who wrote it, in a few words.
    pub format: String,
}

/// One figure of both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its name, such as `ttft_ms.p99`.
    pub name: String,
    /// The same for people, such as `TTFT p99`.
    #[serde(skip)]
    pub label: String,
    /// Its unit, empty for plain numbers.
    #[serde(skip)]
    pub unit: &'static str,
    /// As measured; none if that file does not tell.
    pub real: Option<f64>,
    /// As simulated; none likewise.
    pub simulated: Option<f64>,
}

impl Row {
    /// `(simulated - real) / real` in percent; none if one is unknown or the real one is 0.
    #[must_use]
    pub fn error_percent(&self) -> Option<f64> {
        let (real, simulated) = self.real.zip(self.simulated)?;
        (real != 0.0).then(|| 100.0 * (simulated - real) / real)
    }

    fn is_of_both(&self) -> bool {
        self.real.is_some() && self.simulated.is_some()
    }
}

/// Two runs beside each other.
#[derive(Debug, Clone, PartialEq)]
pub struct SideBySide {
    /// The measured run.
    pub real: Side,
    /// The simulated one.
    pub simulated: Side,
    /// Their figures, those of one alone among them.
    pub rows: Vec<Row>,
    /// What a person should know of them.
    pub notices: Vec<String>,
}

/// The figures that both have as a table, with a line feed at its end.
#[must_use]
pub fn render(of: &SideBySide, style: Style) -> String {
    let mut document = Document::default();
    for (name, side) in [("real", &of.real), ("simulated", &of.simulated)] {
        let label = Span::bold(format!("{name:<11}"));
        document.line(vec![
            label,
            Span::plain(&side.file),
            Span::dim(format!(" ({})", side.format)),
        ]);
    }
    document.space();
    document.grid(grid(&of.rows));
    let alone = alone(&of.rows);
    if alone.is_some() || !of.notices.is_empty() {
        document.space();
    }
    for note in alone.iter().chain(&of.notices) {
        document.paragraph(Span::dim("note: "), note);
    }
    set(&document, style)
}

fn grid(rows: &[Row]) -> Grid {
    let mut columns = vec![
        Column::new("real", 2, Tone::Plain),
        Column::new("simulated", 3, Tone::Plain),
        Column::new("error", 4, Tone::Bold),
    ];
    let mut labels = Vec::new();
    for row in rows.iter().filter(|row| row.is_of_both()) {
        labels.push(format!("{} {}", row.label, row.unit).trim_end().to_owned());
        let number = |value: Option<f64>| match value {
            Some(count) if row.unit.is_empty() => grouped(count as u64),
            Some(value) => short(value),
            None => "-".to_owned(),
        };
        columns[0].cells.push(number(row.real));
        columns[1].cells.push(number(row.simulated));
        columns[2].cells.push(row.error_percent().map_or("-".to_owned(), percent));
    }
    Grid { title: String::new(), labels, columns }
}

/// An error with its sign.
fn percent(error: f64) -> String {
    let text = fixed(error, 1);
    let sign = if error > 0.0 && text != "0.0" { "+" } else { "" };
    format!("{sign}{text} %")
}

/// Says of which metrics one file alone has figures.
fn alone(rows: &[Row]) -> Option<String> {
    let named = |is: fn(&Row) -> bool, side: &str| {
        let of = |row: &'_ Row| row.name.split('.').next().unwrap_or_default().to_owned();
        let mut names: Vec<String> = rows.iter().filter(|row| is(row)).map(of).collect();
        names.dedup();
        (!names.is_empty())
            .then(|| format!("the {side} run alone has figures of {}", names.join(", ")))
    };
    let parts = [
        named(|row| row.simulated.is_none(), "real"),
        named(|row| row.real.is_none(), "simulated"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("{} (--json has all)", parts.join("; ")))
}

#[derive(Serialize)]
struct Layout<'a> {
    schema_version: &'static str,
    tokendrome_version: &'static str,
    real: &'a Side,
    simulated: &'a Side,
    notices: &'a [String],
    figures: Vec<Figure<'a>>,
}

#[derive(Serialize)]
struct Figure<'a> {
    #[serde(flatten)]
    row: &'a Row,
    error_percent: Option<f64>,
}

/// Writes all figures as indented JSON with a line feed at its end.
///
/// # Errors
/// `out` fails.
///
/// # Panics
/// If a figure is infinite or not a number.
pub fn write_json(of: &SideBySide, out: &mut impl Write) -> io::Result<()> {
    let figure = |row| Figure { row, error_percent: Row::error_percent(row) };
    let layout = Layout {
        schema_version: SCHEMA_VERSION,
        tokendrome_version: env!("CARGO_PKG_VERSION"),
        real: &of.real,
        simulated: &of.simulated,
        notices: &of.notices,
        figures: of.rows.iter().map(figure).collect(),
    };
    assert_finite(&layout);
    serde_json::to_writer_pretty(&mut *out, &layout)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> SideBySide {
        let row = |name: &str, label: &str, unit, real, simulated| Row {
            name: name.to_owned(),
            label: label.to_owned(),
            unit,
            real,
            simulated,
        };
        let side = |file: &str, format: &str| Side { file: file.into(), format: format.into() };
        SideBySide {
            real: side("real.json", "vllm bench serve"),
            simulated: side("sim.json", "tokendrome report"),
            rows: vec![
                row("completed", "completed", "", Some(1000.0), Some(1000.0)),
                row("failed", "failed", "", Some(0.0), Some(2.0)),
                row("ttft_ms.mean", "TTFT mean", "ms", Some(100.0), Some(112.5)),
                row("ttft_ms.p99", "TTFT p99", "ms", Some(250.0), Some(200.0)),
                row("e2e_ms.mean", "E2E mean", "ms", None, Some(3.0)),
            ],
            notices: vec!["made up".to_owned()],
        }
    }

    #[test]
    fn both_runs_stand_side_by_side() {
        insta::assert_snapshot!(render(&example(), Style::default()));
    }

    #[test]
    fn json_has_every_figure() {
        let mut bytes = Vec::new();
        write_json(&example(), &mut bytes).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let figures = json["figures"].as_array().unwrap();
        assert_eq!(figures.len(), 5);
        assert_eq!(figures[2]["error_percent"], 12.5);
        assert_eq!(figures[3]["error_percent"], -20.0);
        assert_eq!(figures[1]["error_percent"], serde_json::Value::Null);
        assert_eq!(figures[4]["real"], serde_json::Value::Null);
    }
}
