//! The table of capacities.

use tokendrome_explore::{Basis, Capacity, Measured, Tried};

use super::{Searched, Side};
use crate::number::{decimals, fixed, grouped, percent, short};
use crate::table::document::{Document, Span, Tone};
use crate::table::grid::{Column, Grid};

/// Rates that were tried are shown without being asked for if there are no more in all.
const TRIED_MAX: usize = 12;

pub(super) fn document(searched: &Searched<'_>, tells_all: bool) -> Document {
    let mut document = Document::default();
    document.line(vec![Span::bold(searched.title())]);
    document.line(vec![Span::dim(searched.facts())]);
    document.space();
    document.grid(capacities(searched));
    let all: usize = searched.sides.iter().map(|side| side.capacity.tried.len()).sum();
    if tells_all || all <= TRIED_MAX {
        for side in searched.sides {
            if !side.capacity.tried.is_empty() {
                document.space();
                document.line(vec![Span::plain(format!("Rates tried for {}", side.name))]);
                document.grid(tried(searched, side.capacity));
            }
        }
    }
    let own = searched.sides.iter().flat_map(|side| {
        let is_one = searched.sides.len() == 1;
        side.capacity.notices.iter().map(move |text| match is_one {
            true => text.clone(),
            false => format!("{}: {text}", side.name),
        })
    });
    for (at, notice) in searched.notices.iter().cloned().chain(own).enumerate() {
        if at == 0 {
            document.space();
        }
        document.paragraph(Span::warn("note: "), &notice);
    }
    document
}

/// One scenario a row.
fn capacities(searched: &Searched<'_>) -> Grid {
    let mut columns = vec![
        Column::new("largest rate", 9, Tone::Bold),
        Column::new("from", 8, Tone::Plain),
        Column::new("to", 7, Tone::Plain),
        Column::new("rests on", 5, Tone::Dim),
        Column::new("runs", 4, Tone::Dim),
    ];
    let is_verified = |side: &Side<'_>| side.capacity.basis == Basis::Departures;
    let has_verified = searched.sides.iter().any(is_verified);
    if has_verified {
        columns.push(Column::new("verified", 5, Tone::Dim));
    }
    let has_speedup = searched.sides.iter().any(|side| side.capacity.speedup.is_some());
    if has_speedup {
        columns.push(Column::new("speedup", 6, Tone::Plain));
    }
    let mut labels = Vec::new();
    for side in searched.sides {
        labels.push(side.name.to_owned());
        let of = side.capacity;
        let places = places(of);
        let text =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| fixed(value, places));
        let rate = match of.basis {
            Basis::AtLeast => {
                let rate = of.rate_per_s.map_or_else(|| "-".to_owned(), exact);
                format!("at least {rate}")
            }
            _ if !of.is_complete => "-".to_owned(),
            Basis::Nothing => "none".to_owned(),
            _ => text(of.rate_per_s),
        };
        let mut cells = vec![
            rate,
            text(of.interval.map(|interval| interval.low)),
            text(of.interval.map(|interval| interval.high)),
            basis(searched, of).to_owned(),
            grouped(of.runs),
        ];
        if has_verified {
            cells.push(match is_verified(side) {
                true => format!("{} to {}", text(of.holds_per_s), text(of.fails_per_s)),
                false => "-".to_owned(),
            });
        }
        if has_speedup {
            cells.push(of.speedup.map_or_else(|| "-".to_owned(), short));
        }
        columns.iter_mut().zip(cells).for_each(|(column, cell)| column.cells.push(cell));
    }
    Grid { title: searched.unit(), labels, columns }
}

/// A rate that must not be rounded up.
fn exact(rate: f64) -> String {
    fixed((rate * 1e4).floor() / 1e4, 4).trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Decimals that show two digits of the interval's width, or three of the rate.
fn places(of: &Capacity) -> usize {
    let rate = of.rate_per_s.unwrap_or(0.0);
    match of.interval {
        Some(interval) if interval.high > interval.low => {
            crate::quantity::two_digits((interval.high - interval.low) / 2.0)
        }
        _ => decimals(rate),
    }
}

fn basis(searched: &Searched<'_>, of: &Capacity) -> &'static str {
    let is_of_limits = matches!(searched.method, tokendrome_explore::Method::Objectives(..));
    match of.basis {
        Basis::Departures => "departures, 95 %",
        Basis::Bracket if is_of_limits => "met to missed",
        Basis::Bracket => "stable to unstable",
        Basis::Grid => "grid",
        Basis::AtLeast => "nothing fails",
        Basis::Nothing => "-",
    }
}

/// One rate a row, in ascending order; what was tried first of equal ones stands first.
fn tried(searched: &Searched<'_>, capacity: &Capacity) -> Grid {
    let mut list: Vec<&Tried> = capacity.tried.iter().collect();
    list.sort_by(|a, b| a.rate_per_s.total_cmp(&b.rate_per_s));
    let names: Vec<String> = match list.first().map(|tried| &tried.measured) {
        Some(Measured::Drift(_)) => ["drift", "± (95 %)", "departures"].map(str::to_owned).to_vec(),
        Some(Measured::Curve(_)) => {
            ["first block", "last block", "rise", "p"].map(str::to_owned).to_vec()
        }
        Some(Measured::Objectives(of)) => {
            let name = |of: &tokendrome_explore::Objective| {
                of.name.trim_start_matches("latency.").to_owned()
            };
            of.iter().flat_map(|of| [name(of), "± (95 %)".to_owned()]).collect()
        }
        None => Vec::new(),
    };
    let mut columns = vec![Column::new("verdict", 9, Tone::Bold)];
    columns.extend(names.iter().map(|name| Column::new(name, 6, Tone::Plain)));
    columns.push(Column::new("trials", 3, Tone::Dim));
    columns.push(Column::new("arrivals", 2, Tone::Dim));
    let mut labels = Vec::new();
    for tried in list {
        labels.push(format!("  {}", short(tried.rate_per_s)));
        let mut cells = vec![searched.word(tried.verdict).to_owned()];
        cells.extend(measured(searched, tried));
        cells.push(grouped(tried.trials));
        cells.push(fixed(tried.arrivals, 0));
        columns.iter_mut().zip(cells).for_each(|(column, cell)| column.cells.push(cell));
    }
    Grid { title: format!("  {}", searched.unit()), labels, columns }
}

fn measured(searched: &Searched<'_>, tried: &Tried) -> Vec<String> {
    let signed = |share: f64| match share {
        share if share < 0.0 && share > -0.000_5 => ">-0.1 %".to_owned(),
        share if share < 0.0 => format!("-{}", percent(-share)),
        share => percent(share),
    };
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    match &tried.measured {
        Measured::Drift(of) => {
            vec![signed(of.share), or_dash(of.half.map(percent)), short(of.departures_per_s)]
        }
        Measured::Curve(curve) => {
            let time = |seconds: f64| searched.clock().time(seconds * 1e3);
            let Some(of) = &curve.detection else { return vec!["-".to_owned(); 4] };
            let (first, last) = (of.block_means_s[0], of.block_means_s[of.block_means_s.len() - 1]);
            vec![time(first), time(last), signed(of.rise), short(of.p)]
        }
        Measured::Objectives(list) => {
            let cells = list.iter().flat_map(|of| [short(of.mean), or_dash(of.half.map(short))]);
            cells.collect()
        }
    }
}
