//! The table of latencies.

use tokendrome::Summary;
use tokendrome::metrics::{Distribution, Method};

use super::document::{Document, Span, Tone};
use super::grid::{Column, Grid};
use crate::clock::Clock;
use crate::number::{decimals, fixed};

struct Row<'a> {
    name: &'static str,
    distribution: Option<&'a Distribution>,
}

/// A statistic: its title, how much it is needed, whether it is looked for, its value.
type Statistic = (&'static str, u8, Tone, fn(&Distribution) -> f64);

const STATISTICS: [Statistic; 6] = [
    ("mean", 4, Tone::Plain, |d| d.mean),
    ("p50", 5, Tone::Bold, |d| d.p50),
    ("p90", 2, Tone::Plain, |d| d.p90),
    ("p95", 1, Tone::Plain, |d| d.p95),
    ("p99", 6, Tone::Bold, |d| d.p99),
    ("max", 3, Tone::Plain, |d| d.max),
];

pub(super) fn table(document: &mut Document, summary: &Summary, clock: Clock) {
    let latency = &summary.latency;
    let rows = [
        ("TTFT", &latency.ttft_ms),
        ("TPOT", &latency.tpot_ms),
        ("ITL", &summary.itl_ms),
        ("E2E", &latency.e2e_ms),
        ("queue", &latency.queue_ms),
    ]
    .map(|(name, of)| Row { name, distribution: of.as_ref() });
    document.space();
    let column = |(title, need, tone, value): Statistic| Column {
        title: title.to_owned(),
        need,
        tone,
        cells: rows.iter().map(|row| cell(row.distribution, value, clock)).collect(),
    };
    let grid = Grid {
        title: "Latency".to_owned(),
        labels: rows.iter().map(|row| label(row, clock)).collect(),
        columns: STATISTICS.map(column).into_iter().collect(),
    };
    document.grid(grid);
    from_histogram(document, &rows);
}

fn label(row: &Row<'_>, clock: Clock) -> String {
    let unit = row.distribution.map_or("", |distribution| clock.unit_of(distribution).name);
    format!("  {:<6} {unit}", row.name)
}

/// All figures of a row have the decimals that its median needs.
fn cell(of: Option<&Distribution>, value: fn(&Distribution) -> f64, clock: Clock) -> String {
    of.map_or_else(
        || "-".to_owned(),
        |of| {
            let unit = clock.unit_of(of).ms;
            let guide = if of.p50 > 0.0 { of.p50 } else { of.mean };
            fixed(value(of) / unit, decimals(guide / unit).max(1))
        },
    )
}

fn from_histogram(document: &mut Document, rows: &[Row<'_>]) {
    let is_sketched = |row: &&Row<'_>| {
        row.distribution.is_some_and(|distribution| distribution.method == Method::Histogram)
    };
    let names: Vec<&str> = rows.iter().filter(is_sketched).map(|row| row.name).collect();
    if !names.is_empty() {
        let text = format!("percentiles of {} ±0.1 %", names.join(", "));
        document.items("", vec![vec![Span::dim(text)]]);
    }
}
