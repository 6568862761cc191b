//! The table of estimates.

use tokendrome::Scenario;
use tokendrome_explore::{Estimate, Trials, unit};

use super::digest;
use crate::clock::Clock;
use crate::number::{decimals, fixed, grouped};
use crate::table::document::{Document, Span, Tone};
use crate::table::grid::{Column, Grid};
use crate::table::header::{conditions, system};

/// Most decimals that a figure is shown with.
const DECIMALS_MAX: usize = 4;

/// What is shown of a figure's name: its group, its label, and how it is written.
type Row = (&'static str, &'static str, As);

#[derive(Clone, Copy)]
enum As {
    /// In the unit that its name says.
    Is,
    /// A share, as a percentage.
    Share,
    /// Left out where no trial had any.
    IfAny,
    /// Both.
    ShareIfAny,
}

/// The main figures, in groups; all others are in the JSON.
const GROUPS: [(&str, &[Row]); 5] = [
    (
        "Requests",
        &[
            ("requests.completed", "completed", As::Is),
            ("requests.rejected", "rejected", As::IfAny),
            ("requests.unfinished", "unfinished", As::IfAny),
            ("measured_s", "measured", As::Is),
        ],
    ),
    (
        "Latency",
        &[
            ("latency.ttft_ms.mean", "TTFT mean", As::Is),
            ("latency.ttft_ms.p50", "TTFT p50", As::Is),
            ("latency.ttft_ms.p90", "TTFT p90", As::Is),
            ("latency.ttft_ms.p99", "TTFT p99", As::Is),
            ("latency.tpot_ms.mean", "TPOT mean", As::Is),
            ("latency.tpot_ms.p50", "TPOT p50", As::Is),
            ("latency.tpot_ms.p99", "TPOT p99", As::Is),
            ("itl_ms.mean", "ITL mean", As::Is),
            ("itl_ms.p50", "ITL p50", As::Is),
            ("itl_ms.p99", "ITL p99", As::Is),
            ("latency.e2e_ms.mean", "E2E mean", As::Is),
            ("latency.e2e_ms.p50", "E2E p50", As::Is),
            ("latency.e2e_ms.p99", "E2E p99", As::Is),
            ("latency.queue_ms.mean", "queue mean", As::Is),
        ],
    ),
    (
        "Throughput",
        &[
            ("throughput.requests_per_s", "requests", As::Is),
            ("throughput.output_tokens_per_s", "output tokens", As::Is),
            ("throughput.total_tokens_per_s", "all tokens", As::Is),
            ("slo.attainment", "SLO attained", As::Share),
            ("slo.goodput_per_s", "goodput", As::Is),
        ],
    ),
    (
        "Utilisation",
        &[
            ("utilisation.busy", "busy", As::Share),
            ("utilisation.compute", "compute (MFU)", As::Share),
            ("utilisation.bandwidth", "bandwidth (MBU)", As::Share),
            ("utilisation.kv_mean", "KV cache mean", As::ShareIfAny),
            ("utilisation.kv_peak", "KV cache peak", As::ShareIfAny),
            ("prefix_cache.hit_rate", "prefix hits", As::ShareIfAny),
        ],
    ),
    (
        "Queue",
        &[
            ("queue.waiting_mean", "waiting", As::Is),
            ("queue.running_mean", "running", As::Is),
            ("queue.preemptions", "preempted", As::IfAny),
        ],
    ),
];

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
    let column =
        |title: &str, need, tone| Column { title: title.into(), need, tone, cells: vec![] };
    let mut columns = vec![
        column("mean", 4, Tone::Bold),
        column("± (95 %)", 3, Tone::Plain),
        column("std", 2, Tone::Dim),
        column("trials", 1, Tone::Dim),
    ];
    for (group, rows) in GROUPS {
        let rows: Vec<_> = rows.iter().filter_map(|row| shown(trials, row, clock)).collect();
        if rows.is_empty() {
            continue;
        }
        labels.push(group.to_owned());
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
    if clock.counts_ticks() && name == "throughput.total_tokens_per_s" {
        // Prompts are counted in steps there: their tokens tell nothing.
        return None;
    }
    let estimate = trials.estimate(name)?;
    if matches!(how, As::IfAny | As::ShareIfAny) && estimate.mean == 0.0 {
        return None;
    }
    let (unit, size) = scale(estimate, how, clock);
    let half = estimate.ci95.map(|interval| (interval.high - interval.low) / 2.0 / size);
    let mean = estimate.mean / size;
    let decimals = match half {
        Some(half) if half > 0.0 => two_digits(half),
        _ if mean.fract() == 0.0 => 0,
        _ => decimals(mean),
    };
    let text = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| fixed(v, decimals));
    let std = estimate.std.map(|std| std / size);
    let cells = [text(Some(mean)), text(half), text(std), grouped(estimate.n)];
    Some((format!("  {label:<14} {unit}"), cells))
}

/// The unit in which a figure is shown, and how many of the figure's own make one.
fn scale(estimate: &Estimate, how: As, clock: Clock) -> (&'static str, f64) {
    match (how, unit(&estimate.name)) {
        (As::Share | As::ShareIfAny, _) => ("%", 0.01),
        (_, Some("1/s")) => (clock.rate(), 1.0),
        (_, Some("ms")) if clock.counts_ticks() => ("ticks", 1.0),
        (_, Some("s")) if clock.counts_ticks() => ("ticks", 1e-3),
        (_, Some("ms")) if estimate.mean >= 1e3 => ("s", 1e3),
        (_, Some(unit)) => (unit, 1.0),
        (_, None) => ("", 1.0),
    }
}

/// Decimals that show two digits of a number above 0.
pub(crate) fn two_digits(value: f64) -> usize {
    let places = 1.0 - libm::floor(libm::log10(value));
    places.clamp(0.0, DECIMALS_MAX as f64) as usize
}
