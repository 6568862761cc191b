//! The table of a comparison.

use tokendrome_explore::{Difference, Side};

use super::{Compared, fields};
use crate::number::{decimals, fixed, grouped};
use crate::quantity::{self, middle, two_digits, unit_of};
use crate::rows::{FULL, LENGTHS, Row, SHORT};
use crate::table::document::{Document, Span, Tone};
use crate::table::grid::{Column, Grid};
use crate::table::header::system;

/// Intervals that are narrower than this share of the figure are rounding errors.
const NOISE: f64 = 1e-9;
/// Widest name of a scenario at the head of a column.
const NAME_MAX: usize = 14;

pub(super) fn document(compared: &Compared<'_>) -> Document {
    let mut document = Document::default();
    document.line(vec![Span::bold(compared.title())]);
    document.line(vec![Span::dim(facts(compared))]);
    scenarios(&mut document, compared);
    document.space();
    if compared.comparison.trials > 0 {
        let is_pair = compared.cases.list.len() == 2;
        document.grid(if is_pair { beside(compared) } else { below(compared) });
    }
    if let Some(lengths) = compared.lengths {
        document.space();
        document.paragraph(Span::bold("Verdict      "), &lengths.verdict());
    }
    for (at, notice) in compared.comparison.notices.iter().enumerate() {
        if at == 0 {
            document.space();
        }
        document.paragraph(Span::warn("note: "), notice);
    }
    document
}

/// What holds for all scenarios: `20 trials · seed 42 · tokendrome 0.1.0`.
pub(super) fn facts(compared: &Compared<'_>) -> String {
    let comparison = compared.comparison;
    let plural = if comparison.trials == 1 { "" } else { "s" };
    let mut facts = vec![format!("{} trial{plural}", grouped(comparison.trials))];
    if let Some(case) = compared.cases.list.first() {
        facts.push(format!("seed {}", case.simulation.scenario().simulation.seed));
    }
    facts.push(format!("tokendrome {}", env!("CARGO_PKG_VERSION")));
    if comparison.is_exact {
        facts.push("nothing left to chance".to_owned());
    }
    if !comparison.is_complete {
        facts.push("interrupted".to_owned());
    }
    facts.join(" · ")
}

/// What is simulated, and in which fields the scenarios differ.
fn scenarios(document: &mut Document, compared: &Compared<'_>) {
    let list = &compared.cases.list;
    let systems = list.iter().map(|case| system(case.simulation.scenario()));
    let systems: Vec<String> = systems.collect();
    document.space();
    match systems.first() {
        Some(first) if systems.iter().all(|other| other == first) => {
            document.line(vec![Span::plain(first.clone())]);
        }
        _ => {
            for (case, system) in list.iter().zip(systems) {
                document.items(&case.name, vec![vec![Span::plain(system)]]);
            }
        }
    }
    if compared.lengths.is_none() {
        fields::differences(document, compared);
    }
}

/// One figure of all scenarios, in one unit and with the same decimals.
struct Figure<'a> {
    unit: &'static str,
    size: f64,
    decimals: usize,
    row: &'a Row,
}

impl<'a> Figure<'a> {
    /// None where there is nothing to say.
    fn of(compared: &Compared<'_>, row: &'a Row) -> Option<Self> {
        let &(name, _, how) = row;
        let sides = &compared.comparison.sides;
        let means: Vec<f64> =
            sides.iter().filter_map(|side| Some(side.estimate(name)?.mean)).collect();
        let most = means.iter().fold(0.0, |most: f64, mean| most.max(mean.abs()));
        if means.is_empty() || how.needs_any() && most == 0.0 {
            return None;
        }
        let unit = unit_of(name, how, middle(&means.iter().copied()), compared.clock());
        let size = unit.size;
        let differences: Vec<&Difference> =
            sides.iter().filter_map(|side| side.difference(name)).collect();
        // Sums of floats leave a trace where nothing differs.
        let is_wide = |half: &f64| *half > NOISE * most;
        let halves = differences.iter().filter_map(|of| half(of)).filter(is_wide);
        let smallest = halves.reduce(f64::min).map(|half| half / size);
        let is_whole = means.iter().all(|mean| (mean / size).fract() == 0.0);
        let decimals = match smallest {
            Some(half) => two_digits(half),
            None if is_whole => 0,
            None => decimals(most / size).max(1),
        };
        Some(Self { unit: unit.name, size, decimals, row })
    }

    fn text(&self, value: Option<f64>) -> String {
        value.map_or_else(|| "-".to_owned(), |value| fixed(value / self.size, self.decimals))
    }

    fn mean(&self, side: &Side) -> String {
        self.text(side.estimate(self.row.0).map(|of| of.mean))
    }

    /// The difference, half the width of its interval, and the change.
    fn difference(&self, side: &Side) -> [String; 3] {
        let of = side.difference(self.row.0);
        [
            signed(&self.text(of.map(|of| of.mean))),
            self.text(of.and_then(half)),
            of.and_then(Difference::change).map_or_else(|| "-".to_owned(), change),
        ]
    }
}

/// Half the width of the interval.
fn half(of: &Difference) -> Option<f64> {
    of.ci95.map(quantity::half)
}

/// A number with a sign, unless it is nothing.
fn signed(text: &str) -> String {
    let is_more = !text.starts_with('-') && text.contains(|c: char| ('1'..='9').contains(&c));
    if is_more { format!("+{text}") } else { text.to_owned() }
}

fn change(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent.abs() < 100.0 { 1 } else { 0 };
    format!("{} %", signed(&fixed(percent, decimals)))
}

fn short_name(name: &str) -> String {
    if name.chars().count() <= NAME_MAX {
        return name.to_owned();
    }
    name.chars().take(NAME_MAX - 1).chain(['…']).collect()
}

/// Whether any difference has an interval.
fn has_intervals(compared: &Compared<'_>) -> bool {
    let sides = compared.comparison.sides.iter();
    sides.flat_map(|side| &side.differences).any(|of| of.ci95.is_some())
}

/// Two scenarios in two columns, and their difference.
fn beside(compared: &Compared<'_>) -> Grid {
    let names = compared.names();
    let [first, second] = &compared.comparison.sides[..] else { panic!("a pair") };
    let mut columns = vec![
        Column::new(short_name(names[0]), 5, Tone::Plain),
        Column::new(short_name(names[1]), 4, Tone::Bold),
        Column::new("difference", 6, Tone::Plain),
        Column::new("± (95 %)", 3, Tone::Plain),
        Column::new("change", 2, Tone::Dim),
    ];
    let mut labels = Vec::new();
    for (group, rows) in if compared.lengths.is_some() { LENGTHS } else { FULL } {
        let figures: Vec<_> = rows.iter().filter_map(|row| Figure::of(compared, row)).collect();
        if figures.is_empty() {
            continue;
        }
        labels.push((*group).to_owned());
        columns.iter_mut().for_each(|column| column.cells.push(String::new()));
        for figure in figures {
            let [difference, half, change] = figure.difference(second);
            let cells = [figure.mean(first), figure.mean(second), difference, half, change];
            labels.push(format!("  {:<14} {}", figure.row.1, figure.unit));
            columns.iter_mut().zip(cells).for_each(|(column, cell)| column.cells.push(cell));
        }
    }
    if !has_intervals(compared) {
        columns.remove(3);
    }
    Grid { title: String::new(), labels, columns }
}

/// Any number of scenarios below each other, figure by figure.
fn below(compared: &Compared<'_>) -> Grid {
    let mut columns = vec![
        Column::new("mean", 5, Tone::Bold),
        Column::new("difference", 4, Tone::Plain),
        Column::new("± (95 %)", 3, Tone::Plain),
        Column::new("change", 2, Tone::Dim),
    ];
    let mut labels = Vec::new();
    for figure in SHORT.iter().filter_map(|row| Figure::of(compared, row)) {
        let comma = if figure.unit.is_empty() { "" } else { ", " };
        labels.push(format!("{}{comma}{}", figure.row.1, figure.unit));
        columns.iter_mut().for_each(|column| column.cells.push(String::new()));
        let sides = compared.comparison.sides.iter().zip(compared.names()).enumerate();
        for (at, (side, name)) in sides {
            labels.push(format!("  {name}"));
            let [difference, half, change] =
                if at == 0 { Default::default() } else { figure.difference(side) };
            let cells = [figure.mean(side), difference, half, change];
            columns.iter_mut().zip(cells).for_each(|(column, cell)| column.cells.push(cell));
        }
    }
    if !has_intervals(compared) {
        columns.remove(2);
    }
    Grid { title: String::new(), labels, columns }
}
