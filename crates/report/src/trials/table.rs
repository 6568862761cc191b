//! The table of estimates.

use tokendrome::Scenario;
use tokendrome_explore::Trials;

use super::digest;
use crate::clock::Clock;
use crate::number::{fixed, grouped};
use crate::quantity::{decimals_of, half, unit_of};
use crate::rows::{ALL_TOKENS, Row, TRIALS};
use crate::table::document::{Document, Span, Tone};
use crate::table::grid::{Column, Grid};
use crate::table::header::{conditions, system};

pub(super) fn document(trials: &Trials, scenario: &Scenario) -> Document {
    let mut document = Document::default();
    document.line(vec![Span::bold(system(scenario))]);
    let mut facts = conditions(scenario, env!("CARGO_PKG_VERSION"));
    let plural = if trials.trials == 1 { "" } else { "s" };
    facts.push_str(&format!(" · {} trial{plural}", grouped(trials.trials)));
    if !trials.is_complete {
        facts.push_str(" · interrupted");
    }
    document.line(vec![Span::dim(facts)]);
    document.space();
    document.grid(grid(trials, Clock::of(scenario)));
    for (at, notice) in trials.notices.iter().enumerate() {
        if at == 0 {
            document.space();
        }
        document.paragraph(Span::warn("note: "), notice);
    }
    document.space();
    document.items("Digest", vec![vec![Span::dim(digest(trials))]]);
    document
}

fn grid(trials: &Trials, clock: Clock) -> Grid {
    let mut labels = Vec::new();
    let mut columns = vec![
        Column::new("mean", 4, Tone::Bold),
        Column::new("± (95 %)", 3, Tone::Plain),
        Column::new("std", 2, Tone::Dim),
        Column::new("trials", 1, Tone::Dim),
    ];
    for (group, rows) in TRIALS {
        let rows: Vec<_> = rows.iter().filter_map(|row| shown(trials, row, clock)).collect();
        if rows.is_empty() {
            continue;
        }
        labels.push((*group).to_owned());
        columns.iter_mut().for_each(|column| column.cells.push(String::new()));
        for (label, cells) in rows {
            labels.push(label);
            for (column, cell) in columns.iter_mut().zip(cells) {
                column.cells.push(cell);
            }
        }
    }
    // Who has all trials in every row need not read it.
    if trials.estimates.iter().all(|estimate| estimate.n == trials.trials) {
        columns.pop();
    }
    Grid { title: String::new(), labels, columns }
}

/// A row's label and its cells; none where it has nothing to say.
fn shown(
    trials: &Trials,
    &(name, label, how): &Row,
    clock: Clock,
) -> Option<(String, [String; 4])> {
    if clock.counts_ticks() && name == ALL_TOKENS.0 {
        // Prompts are counted in steps there: their tokens tell nothing.
        return None;
    }
    let estimate = trials.estimate(name)?;
    if how.needs_any() && estimate.mean == 0.0 {
        return None;
    }
    let unit = unit_of(name, how, estimate.mean, clock);
    let half = estimate.ci95.map(|interval| half(interval) / unit.size);
    let mean = estimate.mean / unit.size;
    let decimals = decimals_of(mean, half);
    let text = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| fixed(v, decimals));
    let std = estimate.std.map(|std| std / unit.size);
    let cells = [text(Some(mean)), text(half), text(std), grouped(estimate.n)];
    Some((format!("  {label:<14} {}", unit.name), cells))
}
