//! The table of latencies.

use tokendrome::Summary;
use tokendrome::metrics::{Distribution, Method};

use super::document::{Document, Span, Tone};
use super::grid::{Column, Grid};
use crate::number::{decimals, fixed};

/// A unit of time, as a name and its length in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) name: &'static str,
    ms: f64,
}

const MICROSECONDS: Unit = Unit { name: "us", ms: 1e-3 };
const MILLISECONDS: Unit = Unit { name: "ms", ms: 1.0 };
const SECONDS: Unit = Unit { name: "s", ms: 1e3 };

impl Unit {
    /// The unit in which a distribution reads well, told from its median and its spread.
    fn for_all(of: &Distribution) -> Self {
        if of.p50 >= SECONDS.ms {
            SECONDS
        } else if of.p99 < 0.1 && of.p99 > 0.0 {
            MICROSECONDS
        } else {
            MILLISECONDS
        }
    }

    fn of(self, ms: f64) -> f64 {
        ms / self.ms
    }
}

/// A limit as it was set, with its unit: `50 ms`, `1.5 s`.
pub(crate) fn limit(ms: f64) -> String {
    let unit = if ms >= SECONDS.ms { SECONDS } else { MILLISECONDS };
    format!("{} {}", unit.of(ms), unit.name)
}

/// A time on its own, with its unit: `38.1 ms`.
pub(crate) fn time(ms: f64) -> String {
    let unit = match ms {
        ms if ms >= SECONDS.ms => SECONDS,
        ms if ms > 0.0 && ms < 0.1 => MICROSECONDS,
        _ => MILLISECONDS,
    };
    let value = unit.of(ms);
    format!("{} {}", fixed(value, decimals(value)), unit.name)
}

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

pub(super) fn table(document: &mut Document, summary: &Summary) {
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
        cells: rows.iter().map(|row| cell(row.distribution, value)).collect(),
    };
    let grid = Grid {
        title: "Latency".to_owned(),
        labels: rows.iter().map(label).collect(),
        columns: STATISTICS.map(column).into_iter().collect(),
    };
    document.grid(grid);
    from_histogram(document, &rows);
}

fn label(row: &Row<'_>) -> String {
    let unit = row.distribution.map_or("", |distribution| Unit::for_all(distribution).name);
    format!("  {:<6} {unit}", row.name)
}

/// All figures of a row have the decimals that its median needs.
fn cell(of: Option<&Distribution>, value: fn(&Distribution) -> f64) -> String {
    of.map_or_else(
        || "-".to_owned(),
        |of| {
            let unit = Unit::for_all(of);
            let guide = if of.p50 > 0.0 { of.p50 } else { of.mean };
            fixed(unit.of(value(of)), decimals(unit.of(guide)).max(1))
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
