//! The same figures by class and by replica.

use tokendrome::metrics::{ClassSummary, Distribution};
use tokendrome::{ReplicaSummary, Summary};

use super::document::{Document, Tone};
use super::grid::{Column, Grid};
use crate::clock::Clock;
use crate::number::{fixed, grouped, percent, short};

/// More replicas than this are summarised.
const REPLICAS_SHOWN: usize = 8;

/// One row for every class; nothing if there is but one.
pub(super) fn classes(document: &mut Document, summary: &Summary, clock: Clock) {
    let classes = &summary.classes;
    if classes.len() < 2 {
        return;
    }
    let column = |title: &str, need, cell: &dyn Fn(&ClassSummary) -> String| Column {
        title: title.to_owned(),
        need,
        tone: Tone::Plain,
        cells: classes.iter().map(cell).collect(),
    };
    let shown = |of: &Option<Distribution>, value: fn(&Distribution) -> f64| {
        of.as_ref().map_or_else(|| "-".to_owned(), |of| clock.time(value(of)))
    };
    let mut columns = vec![
        column("requests", 7, &|class| grouped(class.requests)),
        column("TTFT p50", 3, &|class| shown(&class.latency.ttft_ms, |d| d.p50)),
        column("TTFT p99", 6, &|class| shown(&class.latency.ttft_ms, |d| d.p99)),
        column("TPOT p50", 2, &|class| shown(&class.latency.tpot_ms, |d| d.p50)),
        column("TPOT p99", 5, &|class| shown(&class.latency.tpot_ms, |d| d.p99)),
        column("E2E p99", 4, &|class| shown(&class.latency.e2e_ms, |d| d.p99)),
    ];
    if summary.slo.is_some() {
        columns.push(column("SLO", 8, &attained));
    }
    let labels = classes.iter().map(|class| format!("  {}", name(class))).collect();
    document.space();
    document.grid(Grid { title: "Class".to_owned(), labels, columns });
}

fn name(class: &ClassSummary) -> &str {
    if class.name.is_empty() { "-" } else { &class.name }
}

fn attained(class: &ClassSummary) -> String {
    match class.slo.requests {
        0 => "-".to_owned(),
        requests => percent(class.slo.met as f64 / requests as f64),
    }
}

/// A figure of a replica: its title, how much it is needed, its value, how it reads.
type Figure = (&'static str, u8, fn(&ReplicaSummary) -> f64, fn(f64) -> String);

const FIGURES: [Figure; 7] = [
    ("requests", 6, |r| r.requests as f64, count),
    ("iterations", 3, |r| r.iterations as f64, count),
    ("tokens", 2, |r| r.computed_tokens as f64, count),
    ("busy", 5, |r| r.busy, percent),
    ("KV peak", 4, |r| r.kv_peak, percent),
    ("hit rate", 1, |r| r.hit_rate.unwrap_or(0.0), percent),
    ("preempted", 1, |r| r.preemptions as f64, count),
];

/// One row for every replica, or their spread if there are many; nothing if there is but one.
pub(super) fn replicas(document: &mut Document, replicas: &[ReplicaSummary], clock: Clock) {
    if replicas.len() < 2 {
        return;
    }
    document.space();
    if replicas.len() > REPLICAS_SHOWN {
        spread(document, replicas, clock);
        return;
    }
    let column = |(title, need, value, shown): Figure| Column {
        title: title.to_owned(),
        need,
        tone: Tone::Plain,
        cells: replicas.iter().map(|replica| shown(value(replica))).collect(),
    };
    document.grid(Grid {
        title: "Replica".to_owned(),
        labels: (0..replicas.len()).map(|number| format!("  {number}")).collect(),
        columns: figures(replicas, clock).map(column).collect(),
    });
}

/// The figures that tell anything of these replicas.
fn figures(replicas: &[ReplicaSummary], clock: Clock) -> impl Iterator<Item = Figure> {
    let any = |of: fn(&ReplicaSummary) -> f64| replicas.iter().any(|replica| of(replica) > 0.0);
    let any_hit = any(|replica| replica.hit_rate.unwrap_or(0.0));
    let any_kv = any(|replica| replica.kv_peak);
    FIGURES.into_iter().filter(move |&(title, ..)| match title {
        "hit rate" => any_hit,
        "KV peak" => any_kv,
        // Prompts are counted in steps there.
        "tokens" => !clock.counts_ticks(),
        _ => true,
    })
}

/// A count, or the mean of counts.
fn count(value: f64) -> String {
    if value.fract() == 0.0 { fixed(value, 0) } else { short(value) }
}

fn spread(document: &mut Document, replicas: &[ReplicaSummary], clock: Clock) {
    let column = |(title, need, value, shown): Figure| {
        let values = || replicas.iter().map(value);
        let least = values().fold(f64::INFINITY, f64::min);
        let most = values().fold(f64::NEG_INFINITY, f64::max);
        let mean = values().sum::<f64>() / replicas.len() as f64;
        Column {
            title: title.to_owned(),
            need,
            tone: Tone::Plain,
            cells: vec![shown(least), shown(mean), shown(most)],
        }
    };
    document.grid(Grid {
        title: format!("{} replicas", grouped(replicas.len() as u64)),
        labels: ["  least", "  mean", "  most"].map(str::to_owned).into(),
        columns: figures(replicas, clock).map(column).collect(),
    });
}
