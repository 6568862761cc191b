//! The table of a validation.

use tokendrome_explore::queueing::{ALPHA, Check, Checked, Quantity, Validation};

use crate::number::{fixed, grouped};
use crate::quantity::two_digits;
use crate::table::document::{Document, Span, Tone};
use crate::table::grid::{Column, Grid};

pub(super) fn document(of: &Validation) -> Document {
    let mut document = Document::default();
    document.line(vec![Span::bold("The engine against queueing theory")]);
    let seed = of.cases.first().map_or(0, |first| first.case.scenario.simulation.seed);
    let facts = format!(
        "{} systems · {} trials each · seed {seed} · tokendrome {}",
        of.cases.len(),
        grouped(of.trials),
        env!("CARGO_PKG_VERSION")
    );
    document.line(vec![Span::dim(facts)]);
    document.space();
    document.grid(grid(of));
    document.space();
    document.items("Verdict", vec![vec![verdict(of)]]);
    document.space();
    let multiplicity = format!(
        "a comparison is confirmed if theory lies within the {} % interval of Student's t: so \
         wide that all {} together hold the truth with a chance of {} % or more (Bonferroni). Of \
         the 95 % intervals shown, one in twenty misses it.",
        fixed(of.level * 100.0, 4),
        of.comparisons(),
        fixed((1.0 - ALPHA) * 100.0, 0),
    );
    document.paragraph(Span::dim("note: "), &multiplicity);
    document
}

fn verdict(of: &Validation) -> Span {
    let all = of.comparisons();
    match of.refuted() {
        0 => Span::bold(format!("all {all} comparisons confirm the theory")),
        1 => Span::warn(format!("1 of {all} comparisons refutes the theory")),
        refuted => Span::warn(format!("{refuted} of {all} comparisons refute the theory")),
    }
}

fn grid(of: &Validation) -> Grid {
    let mut columns = vec![
        Column::new("theory", 5, Tone::Plain),
        Column::new("simulated", 4, Tone::Bold),
        Column::new("95 % interval", 2, Tone::Plain),
        Column::new("off by", 3, Tone::Dim),
        Column::new("verdict", 6, Tone::Plain),
    ];
    let mut labels = Vec::new();
    for Checked { case, checks } in &of.cases {
        labels.push(case.name.to_owned());
        columns.iter_mut().for_each(|column| column.cells.push(String::new()));
        for check in checks {
            labels.push(format!("  {}", label(check.quantity)));
            columns.iter_mut().zip(cells(check)).for_each(|(column, cell)| column.cells.push(cell));
        }
    }
    Grid { title: String::new(), labels, columns }
}

/// A quantity with the unit in which it is shown.
fn label(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::ResponseTime => "response    ms",
        Quantity::QueueTime => "queue time  ms",
        Quantity::WaitShare => "who waits    %",
        Quantity::InSystem => "in system, L",
        Quantity::Little => "L - lambda W",
        Quantity::Pasta => "L found - L",
    }
}

fn cells(check: &Check) -> [String; 5] {
    let size = match check.quantity {
        Quantity::ResponseTime | Quantity::QueueTime => 1e-3,
        Quantity::WaitShare => 1e-2,
        Quantity::InSystem | Quantity::Little | Quantity::Pasta => 1.0,
    };
    let half = (check.ci95.high - check.ci95.low) / 2.0 / size;
    let decimals = if half > 0.0 { two_digits(half) } else { 3 };
    let text = |value: f64| fixed(value / size, decimals);
    [
        if check.theory == 0.0 { "0".to_owned() } else { text(check.theory) },
        text(check.mean),
        format!("{} to {}", text(check.ci95.low), text(check.ci95.high)),
        format!("{} %", fixed(check.deviation() * 100.0, 2)),
        if check.is_confirmed { "confirmed".to_owned() } else { "REFUTED".to_owned() },
    ]
}
