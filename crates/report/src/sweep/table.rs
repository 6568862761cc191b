//! The table of a sweep: a row a point.

use tokendrome_explore::Estimate;

use super::SweptPoints;
use crate::number::{fixed, grouped};
use crate::quantity::{Unit, decimals_of, half, middle, unit_of};
use crate::rows::{Row, SWEEP};
use crate::table::document::{Document, Span, Tone};
use crate::table::grid::{Column, Grid};
use crate::table::header::system;

/// How much the figures of [`SWEEP`] are needed where not all columns fit.
const NEEDS: [u8; SWEEP.len()] = [5, 2, 3, 4];
/// What varies is needed most.
const NEED_OF_FIELDS: u8 = 9;
/// Widest cell of a field that varies.
const FIELD_MAX: usize = 16;

pub(super) fn document(points: &SweptPoints<'_>) -> Document {
    let mut document = Document::default();
    document.line(vec![Span::bold(system(&points.sweep.base))]);
    document.line(vec![Span::dim(facts(points))]);
    document.space();
    if points.swept.finished() > 0 {
        document.grid(grid(points));
    }
    for (at, notice) in points.swept.notices.iter().enumerate() {
        if at == 0 {
            document.space();
        }
        document.paragraph(Span::warn("note: "), notice);
    }
    document
}

/// What holds for all points: `9 points · 20 trials each · seed 42 · tokendrome 0.1.0`.
pub(super) fn facts(points: &SweptPoints<'_>) -> String {
    let plural = |count: u64, what: &str| {
        format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
    };
    let (all, done) = (points.sweep.points.len(), points.swept.finished());
    let mut facts = vec![plural(all as u64, "point")];
    if done < all {
        facts.push(format!("interrupted after {done}"));
    }
    let trials = || points.rows().map(|(_, trials)| trials.trials);
    match (trials().min(), trials().max()) {
        (Some(least), Some(most)) if least == most => {
            facts.push(format!("{} each", plural(most, "trial")));
        }
        (Some(least), Some(most)) => facts.push(format!("{least} to {most} trials each")),
        _ => {}
    }
    facts.push(format!("seed {}", points.sweep.base.simulation.seed));
    facts.push(format!("tokendrome {}", env!("CARGO_PKG_VERSION")));
    facts.join(" · ")
}

fn grid(points: &SweptPoints<'_>) -> Grid {
    let names = points.short_names();
    let mut fields = (0..names.len()).map(|at| field(points, at));
    let labels = fields.next().unwrap_or_default();
    let title = names.first().copied().unwrap_or_default().to_owned();
    let mut columns: Vec<Column> = fields
        .zip(&names[1..])
        .map(|(cells, name)| Column {
            title: shortened(name),
            need: NEED_OF_FIELDS,
            tone: Tone::Plain,
            cells,
        })
        .collect();
    columns.extend(SWEEP.iter().zip(NEEDS).filter_map(|(row, need)| figure(points, row, need)));
    Grid { title, labels, columns }
}

/// What a field is at every point.
fn field(points: &SweptPoints<'_>, at: usize) -> Vec<String> {
    let settings = &points.sweep.parameters[at].settings;
    points.rows().map(|(point, _)| shortened(&settings[point.settings[at]].label)).collect()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= FIELD_MAX {
        return text.to_owned();
    }
    text.chars().take(FIELD_MAX - 1).chain(['…']).collect()
}

/// A figure at every point; none where no point has it.
fn figure(points: &SweptPoints<'_>, &(name, label, how): &Row, need: u8) -> Option<Column> {
    let estimates = points.estimates(name);
    let means = estimates.iter().flatten().map(|of| of.mean);
    means.clone().next()?;
    let unit = unit_of(name, how, middle(&means), points.clock());
    let comma = if unit.name.is_empty() { "" } else { ", " };
    // All columns are means: what does not say another thing need not say it.
    let label = label.trim_end_matches(" mean");
    let title = format!("{label}{comma}{}", unit.name);
    let cells =
        estimates.into_iter().map(|of| of.map_or_else(|| "-".to_owned(), |of| cell(of, unit)));
    Some(Column { title, need, tone: Tone::Plain, cells: cells.collect() })
}

/// `12.3 ±0.4`, without the second space: columns are many.
fn cell(of: &Estimate, unit: Unit) -> String {
    let (mean, half) = (of.mean / unit.size, of.ci95.map(|interval| half(interval) / unit.size));
    let decimals = decimals_of(mean, half);
    match half {
        Some(half) => format!("{} ±{}", fixed(mean, decimals), fixed(half, decimals)),
        None => fixed(mean, decimals),
    }
}
