//! The tables of explained iterations.

use tokendrome::explain::{ExplainedPart, Explanation};
use tokendrome::steptime::{Law, Profile, StepTimeSpec};

use super::Explained;
use crate::clock::Clock;
use crate::number::{fixed, grouped, percent};
use crate::table::document::{Document, Span, Tone};
use crate::table::figures::named;
use crate::table::grid::{Column, Grid};
use crate::table::header::{conditions, system};

/// More stages than this are summarised.
const STAGES_SHOWN: usize = 8;

/// Units that counts are shown in.
const SCALES: [(f64, &str); 5] = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];

pub(super) fn document(of: &Explained<'_>) -> Document {
    let mut document = Document::default();
    document.line(vec![Span::bold(system(of.scenario))]);
    let facts = conditions(of.scenario, env!("CARGO_PKG_VERSION"));
    document.line(vec![Span::dim(format!("{} · {facts}", step_time(&of.scenario.step_time)))]);
    let clock = Clock::of(of.scenario);
    for iteration in of.iterations {
        document.space();
        document.paragraph(Span::dim("Iteration    "), &batch(iteration));
        if !iteration.parts.is_empty() {
            document.space();
            document.grid(operators(iteration, clock));
        }
        document.space();
        summary(&mut document, iteration, clock);
    }
    notes(&mut document, of);
    document
}

fn step_time(spec: &StepTimeSpec) -> &'static str {
    match spec {
        StepTimeSpec::Roofline(_) => "roofline",
        StepTimeSpec::RooflineLayerwise(spec) => match spec.profile {
            Profile::Standard => "roofline-layerwise",
            Profile::Seed001 => "roofline-layerwise, profile seed001",
        },
        StepTimeSpec::Constant(_) => "constant",
        StepTimeSpec::Affine(_) => "affine",
        StepTimeSpec::OperatorTables(_) => "operator tables",
        StepTimeSpec::Ticks(_) => "ticks",
    }
}

/// What is computed, in words.
fn batch(of: &Explanation) -> String {
    let count = |number: u32| grouped(u64::from(number));
    let prefills = of.batch.prefills.iter().map(|chunk| match chunk.context {
        0 => format!("a prompt of {} tokens", count(chunk.tokens)),
        context => format!("{} tokens of a prompt after {}", count(chunk.tokens), count(context)),
    });
    let decodes = of.batch.decodes.iter().map(|decodes| {
        let what = if decodes.count == 1 { "decode" } else { "decodes" };
        format!("{} {what} at {} tokens", count(decodes.count), count(decodes.context))
    });
    let computed = prefills.chain(decodes).collect::<Vec<_>>().join(", ");
    match of.batch.origin.as_str() {
        "" => computed,
        origin => format!("{computed}: {origin}"),
    }
}

fn operators(of: &Explanation, clock: Clock) -> Grid {
    let total_s = of.total_s();
    let unit = clock.unit_of_time(total_s * 1e3);
    let decimals = if total_s * 1e3 / unit.ms >= 100.0 { 2 } else { 3 };
    let time = |seconds: f64| shown(seconds * 1e3 / unit.ms, decimals);
    let sum = |value: fn(&ExplainedPart) -> f64| of.parts.iter().map(value).sum::<f64>();
    let column = |title: String, need, cell: &dyn Fn(&ExplainedPart) -> String, total: String| {
        let cells = of.parts.iter().map(cell).chain([total]).collect();
        Column { title, need, tone: Tone::Plain, cells }
    };
    let counted = |what: &str, need, value: fn(&ExplainedPart) -> f64| {
        let all = sum(value);
        let (scale, prefix) = scale_of(all);
        let cell = |of: &ExplainedPart| shown(value(of) / scale, 2);
        column(format!("{prefix}{what}"), need, &cell, shown(all / scale, 2))
    };
    let columns = vec![
        column(unit.name.to_owned(), 9, &|of| time(of.part.seconds), time(total_s)),
        column("share".to_owned(), 8, &|of| percent(of.part.seconds / total_s), percent(1.0)),
        column("bound".to_owned(), 7, &|of| of.part.bound.name().to_owned(), String::new()),
        counted("FLOP", 4, |of| of.part.flops),
        counted("B", 5, |of| of.part.bytes),
        column(
            format!("ideal {}", unit.name),
            6,
            &|of| time(of.ideal_s),
            time(sum(|of| of.ideal_s)),
        ),
    ];
    let labels = of.parts.iter().map(|of| format!("  {}", of.part.kind.name()));
    let labels = labels.chain(["  total".to_owned()]).collect();
    Grid { title: "Operator".to_owned(), labels, columns }
}

/// What is not quite nothing says so.
fn shown(value: f64, decimals: usize) -> String {
    let least = libm::pow(10.0, -(decimals as f64));
    match value {
        0.0 => "-".to_owned(),
        value if value < least / 2.0 => format!("<{}", fixed(least, decimals)),
        value => fixed(value, decimals),
    }
}

fn scale_of(value: f64) -> (f64, &'static str) {
    SCALES.into_iter().find(|&(scale, _)| value >= scale).unwrap_or((1.0, ""))
}

fn summary(document: &mut Document, of: &Explanation, clock: Clock) {
    let time = |seconds: f64| clock.time(seconds * 1e3);
    let mut items = vec![vec![Span::bold(time(of.total_s())), Span::dim(" by itself")]];
    if let Some(ideal_s) = of.ideal_s() {
        items.push(named("ideal", time(ideal_s)));
    }
    items.push(vec![Span::dim("one every "), Span::plain(time(of.period_s))]);
    document.items("Time", items);
    if of.host_s > 0.0 {
        let place = match of.plans_ahead {
            true => " beside the iteration before",
            false => " before the first stage",
        };
        document.items("  host", vec![vec![Span::plain(time(of.host_s)), Span::dim(place)]]);
    }
    if of.stage_s.len() > STAGES_SHOWN {
        let least = of.stage_s.iter().copied().fold(f64::INFINITY, f64::min);
        let most = of.stage_s.iter().copied().fold(0.0, f64::max);
        let items = vec![
            vec![Span::plain(of.stage_s.len().to_string()), Span::dim(" of them")],
            named("least", time(least)),
            named("most", time(most)),
        ];
        document.items("  stages", items);
    } else if of.stage_s.len() > 1 {
        let stages = of.stage_s.iter().map(|&seconds| vec![Span::plain(time(seconds))]);
        document.items("  stages", stages.collect());
    }
    if let (Some(compute), Some(bandwidth)) = (of.compute, of.bandwidth) {
        let items = vec![
            named("compute (MFU)", percent(compute)),
            named("bandwidth (MBU)", percent(bandwidth)),
        ];
        document.items("Utilisation", items);
    }
}

fn notes(document: &mut Document, of: &Explained<'_>) {
    let mut notes: Vec<String> = of.notices.to_vec();
    for notice in of.iterations.iter().flat_map(|iteration| &iteration.notices) {
        if !notes.contains(notice) {
            notes.push(notice.clone());
        }
    }
    let has_parts = of.iterations.iter().any(|iteration| !iteration.parts.is_empty());
    let parallelism = of.scenario.parallelism;
    if has_parts && parallelism.placement().expert_ranks() > 1 {
        notes.push("operations and bytes are those of one rank".to_owned());
    }
    if has_parts && parallelism.pipeline_parallel_size > 1 {
        notes.push("operators are summed over the stages".to_owned());
    }
    if of.scenario.step_time.law() != Law::Deterministic {
        notes.push("times are means: the law is exponential".to_owned());
    }
    for (at, note) in notes.iter().enumerate() {
        if at == 0 {
            document.space();
        }
        document.paragraph(Span::warn("note: "), note);
    }
}
