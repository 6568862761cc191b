//! How sure the means of one run are.

use tokendrome::metrics::{Distribution, SteadyMean, Verdict};
use tokendrome::{Report, SteadyState, Summary};

use super::document::{Document, Span};
use crate::clock::{Clock, Unit};
use crate::number::{fixed, grouped};
use crate::quantity::two_digits;

/// A mean, its name and its unit.
struct Shown<'a> {
    name: &'static str,
    unit: Unit,
    of: &'a SteadyMean,
}

/// The latencies that exist.
fn latencies<'a>(of: &'a SteadyState, summary: &'a Summary, clock: Clock) -> Vec<Shown<'a>> {
    let latency = &summary.latency;
    let all: [(_, &Option<Distribution>, _); 3] = [
        ("TTFT", &latency.ttft_ms, &of.ttft_ms),
        ("TPOT", &latency.tpot_ms, &of.tpot_ms),
        ("E2E", &latency.e2e_ms, &of.e2e_ms),
    ];
    let exists = |(name, values, of): (_, &Option<Distribution>, _)| {
        values.as_ref().map(|values| Shown { name, unit: clock.unit_of(values), of })
    };
    all.into_iter().filter_map(exists).collect()
}

/// The means after the warm-up with their intervals, and what they are made of.
pub(super) fn means(document: &mut Document, report: &Report) {
    const LABEL: &str = "Steady state";
    let clock = Clock::of(&report.scenario);
    let of = &report.steady_state;
    let latencies = latencies(of, &report.summary, clock);
    if latencies.is_empty() {
        return;
    }
    document.space();
    let items: Vec<_> = latencies.iter().filter_map(item).collect();
    if items.is_empty() {
        let why = if latencies.iter().all(|shown| shown.of.verdict == Verdict::TooFew) {
            "no interval: it takes 100 requests after the warm-up"
        } else {
            "no interval: see the note"
        };
        document.items(LABEL, vec![vec![Span::dim(why)]]);
        return;
    }
    document.items(LABEL, items);
    const REQUESTS: Unit = Unit { name: "", ms: 1.0 };
    let levels = [("waiting", &of.waiting), ("running", &of.running)];
    let levels = levels.map(|(name, of)| item(&Shown { name, unit: REQUESTS, of }));
    let levels: Vec<_> = levels.into_iter().flatten().collect();
    if !levels.is_empty() {
        document.items("", levels);
    }
    let given_s = report.scenario.simulation.warm_up_s;
    document.items("", basis(&latencies, given_s, clock).map(|text| vec![Span::dim(text)]).into());
}

/// A mean and half the width of its interval; none where there is none.
fn item(shown: &Shown<'_>) -> Option<Vec<Span>> {
    let SteadyMean { mean, ci95_low, ci95_high, .. } = *shown.of;
    let (mean, half) = (mean?, (ci95_high? - ci95_low?) / 2.0);
    let (mean, half) = (mean / shown.unit.ms, half / shown.unit.ms);
    let decimals = if half > 0.0 { two_digits(half) } else { crate::number::decimals(mean) };
    let interval = format!("± {} {}", fixed(half, decimals), shown.unit.name);
    Some(vec![
        Span::dim(format!("{} ", shown.name)),
        Span::plain(fixed(mean, decimals)),
        Span::dim(format!(" {}", interval.trim_end())),
    ])
}

/// What the intervals are made of.
fn basis(latencies: &[Shown<'_>], given_s: f64, clock: Clock) -> [String; 3] {
    let counts = latencies.iter().filter_map(|shown| shown.of.effective_count);
    let (least, most) = counts
        .fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), n| (least.min(n), most.max(n)));
    let whole = |n: f64| grouped(n.round() as u64);
    let counts = match (whole(least), whole(most)) {
        (least, most) if least == most => least,
        (least, most) => format!("{least} to {most}"),
    };
    let detected_s = latencies.iter().map(|shown| shown.of.warm_up_s).fold(0.0, f64::max);
    let warm_up_s = if given_s > 0.0 { given_s } else { detected_s };
    let warm_up = if warm_up_s > 0.0 {
        format!("after {} warm-up", clock.time(warm_up_s * 1e3))
    } else {
        "no warm-up found".to_owned()
    };
    ["95 % by batch means".to_owned(), format!("effective n {counts}"), warm_up]
}

/// What a person should know before trusting the intervals.
pub(super) fn notices(report: &Report) -> Vec<String> {
    let clock = Clock::of(&report.scenario);
    let latencies = latencies(&report.steady_state, &report.summary, clock);
    let named = |verdict| {
        let names = latencies.iter().filter(|shown| shown.of.verdict == verdict);
        names.map(|shown| shown.name).collect::<Vec<_>>().join(", ")
    };
    let texts = [
        (
            Verdict::NotSteady,
            "the mean still changes in the second half of the run: there is no steady state, or \
             the run is too short to show one",
        ),
        (
            Verdict::Correlated,
            "the run is too short for an interval of its mean: parts of it that follow each other \
             are alike, and the true interval is wider",
        ),
    ];
    let told = texts.into_iter().map(|(verdict, text)| (named(verdict), text));
    told.filter(|(names, _)| !names.is_empty())
        .map(|(names, text)| format!("{names}: {text}"))
        .collect()
}
