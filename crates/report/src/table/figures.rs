//! Throughput, objectives, utilisation, queue, cost.

use tokendrome::{Cost, Report, Summary, Throughput};

use super::latency::{limit, time};
use super::page::{Page, Span};
use crate::number::{fixed, grouped, percent, short};

/// A name and what follows it.
fn named(name: &str, value: impl Into<String>) -> Vec<Span> {
    vec![Span::dim(format!("{name} ")), Span::plain(value)]
}

/// A number and what it counts.
fn counted(value: impl Into<String>, what: &str) -> Vec<Span> {
    vec![Span::plain(value), Span::dim(format!(" {what}"))]
}

/// A number that is looked for, and what it counts.
fn headline(value: impl Into<String>, what: &str) -> Vec<Span> {
    vec![Span::bold(value), Span::dim(format!(" {what}"))]
}

pub(super) fn throughput(page: &mut Page, of: &Throughput) {
    page.blank();
    page.items(
        "Throughput",
        vec![
            headline(short(of.requests_per_s), "requests/s"),
            counted(short(of.total_tokens_per_s), "tokens/s in all"),
        ],
    );
    page.items("  input", vec![counted(short(of.input_tokens_per_s), "tokens/s")]);
    let each = short(of.output_tokens_per_s_per_accelerator);
    let mut output =
        vec![headline(short(of.output_tokens_per_s), "tokens/s"), counted(each, "per accelerator")];
    if let Some(user) = of.output_tokens_per_s_per_user {
        output.push(counted(short(user), "per user"));
    }
    page.items("  output", output);
}

pub(super) fn slo(page: &mut Page, report: &Report) {
    let Some(slo) = &report.summary.slo else { return };
    page.blank();
    let (objectives, counts) = (&slo.objectives, &slo.counts);
    page.items(
        "SLO",
        vec![
            headline(percent(slo.attainment), "attained"),
            named("goodput", format!("{} requests/s", short(slo.goodput_per_s))),
        ],
    );
    let or_own = if report.scenario.slo.classes.is_empty() { "" } else { ", or the class's own" };
    for (name, limit_ms, met) in [
        ("  TTFT", objectives.ttft_ms, counts.met_ttft),
        ("  TPOT", objectives.tpot_ms, counts.met_tpot),
        ("  E2E", objectives.e2e_ms, counts.met_e2e),
    ] {
        if let Some(limit_ms) = limit_ms {
            let share = if counts.requests > 0 {
                percent(met as f64 / counts.requests as f64)
            } else {
                "-".into()
            };
            page.items(name, vec![counted(share, &format!("within {}{or_own}", limit(limit_ms)))]);
        }
    }
}

pub(super) fn utilisation(page: &mut Page, summary: &Summary) {
    let (used, queue, iterations) = (&summary.utilisation, &summary.queue, &summary.iterations);
    let share = |of: Option<f64>| of.map_or_else(|| "-".to_owned(), percent);
    let each = if summary.replicas.len() > 1 { "blocks each" } else { "blocks" };
    page.blank();
    page.items(
        "Utilisation",
        vec![
            named("busy", percent(used.busy)),
            named("compute (MFU)", share(used.compute)),
            named("bandwidth (MBU)", share(used.bandwidth)),
        ],
    );
    page.items(
        "KV cache",
        vec![
            named("mean", percent(used.kv_mean)),
            named("peak", percent(used.kv_peak)),
            counted(grouped(used.kv_blocks_per_replica), each),
        ],
    );
    page.items(
        "Waiting",
        vec![named("mean", short(queue.waiting_mean)), named("max", grouped(queue.waiting_max))],
    );
    page.items(
        "Running",
        vec![
            named("mean", short(queue.running_mean)),
            named("max", grouped(queue.running_max)),
            named("preempted", grouped(queue.preemptions)),
        ],
    );
    page.items(
        "Iterations",
        vec![
            named("count", grouped(iterations.count)),
            named("mean", time(iterations.time_mean_ms)),
            named("mean", format!("{} tokens", short(iterations.tokens_mean))),
        ],
    );
}

pub(super) fn cost(page: &mut Page, cost: Option<&Cost>) {
    let Some(cost) = cost else { return };
    let dollars = |value: f64| {
        if value < 0.1 && value > 0.0 {
            format!("${}", short(value))
        } else {
            format!("${}", fixed(value, 2))
        }
    };
    let mut items = vec![counted(dollars(cost.dollars_per_hour), "per hour")];
    for (price, what) in [
        (cost.dollars_per_million_output_tokens, "per M output"),
        (cost.dollars_per_million_tokens, "per M tokens"),
    ] {
        items.push(counted(price.map_or_else(|| "-".to_owned(), dollars), what));
    }
    page.items("Cost", items);
}
