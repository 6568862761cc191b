//! Throughput, objectives, utilisation, queue, cost.

use tokendrome::metrics::Distribution;
use tokendrome::{Cost, PrefixCacheSummary, Report, Summary, Throughput};

use super::document::{Document, Span};
use crate::clock::Clock;
use crate::number::{fixed, grouped, percent, short};

/// A name and what follows it.
pub(crate) fn named(name: &str, value: impl Into<String>) -> Vec<Span> {
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

pub(super) fn throughput(document: &mut Document, of: &Throughput, clock: Clock) {
    let tokens = &clock.per("tokens");
    document.space();
    let requests = headline(short(of.requests_per_s), &clock.per("requests"));
    let output = headline(short(of.output_tokens_per_s), tokens);
    let each = short(of.output_tokens_per_s_per_accelerator);
    if clock.counts_ticks() {
        // Prompts are counted in steps there: their tokens tell nothing.
        let requests_each = short(of.requests_per_s_per_accelerator);
        document.items("Throughput", vec![requests, counted(requests_each, "per instance")]);
        document.items("", vec![output, counted(each, "per instance")]);
        return;
    }
    let all = counted(short(of.total_tokens_per_s), &format!("{tokens} in all"));
    document.items("Throughput", vec![requests, all]);
    document.items("  input", vec![counted(short(of.input_tokens_per_s), tokens)]);
    let user = of.output_tokens_per_s_per_user.map_or_else(|| "-".to_owned(), short);
    let output = vec![output, counted(each, "per accelerator"), counted(user, "per user")];
    document.items("  output", output);
}

pub(super) fn slo(document: &mut Document, report: &Report) {
    let Some(slo) = &report.summary.slo else { return };
    let clock = Clock::of(&report.scenario);
    document.space();
    let (objectives, counts) = (&slo.objectives, &slo.counts);
    document.items(
        "SLO",
        vec![
            headline(percent(slo.attainment), "attained"),
            named("goodput", format!("{} {}", short(slo.goodput_per_s), clock.per("requests"))),
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
            document.items(
                name,
                vec![counted(share, &format!("within {}{or_own}", clock.limit(limit_ms)))],
            );
        }
    }
}

pub(super) fn utilisation(document: &mut Document, report: &Report) {
    let summary = &report.summary;
    let (used, queue, iterations) = (&summary.utilisation, &summary.queue, &summary.iterations);
    let share = |of: Option<f64>| of.map_or_else(|| "-".to_owned(), percent);
    document.space();
    let mut busy = vec![named("busy", percent(used.busy))];
    if report.scenario.machine().is_some() {
        busy.push(named("compute (MFU)", share(used.compute)));
        busy.push(named("bandwidth (MBU)", share(used.bandwidth)));
    }
    document.items("Utilisation", busy);
    if used.kv_blocks_per_replica > 0 {
        let mut items = vec![
            named("mean", percent(used.kv_mean)),
            named("p50", percent(used.kv_p50)),
            named("p99", percent(used.kv_p99)),
            named("peak", percent(used.kv_peak)),
        ];
        // Pools have each their own, and lines of their own.
        if summary.pools.is_empty() {
            items.push(kv_blocks(used.kv_blocks_per_replica, summary.replicas.len()));
        }
        document.items("KV cache", items);
    }
    let workload = &report.scenario.workload;
    let shares = workload.sessions.is_some() || workload.prefixes.is_some();
    let is_of_use = |cache: &&PrefixCacheSummary| shares || cache.cached_tokens > 0;
    if let Some(cache) = summary.prefix_cache.as_ref().filter(is_of_use) {
        document.items(
            "Prefix cache",
            vec![
                named("hit rate", percent(cache.hit_rate)),
                named("tokens", grouped(cache.cached_tokens)),
                named("evicted", grouped(cache.evictions)),
            ],
        );
    }
    document.items(
        "Waiting",
        vec![named("mean", short(queue.waiting_mean)), named("max", grouped(queue.waiting_max))],
    );
    document.items(
        "Running",
        vec![
            named("mean", short(queue.running_mean)),
            named("max", grouped(queue.running_max)),
            named("preempted", grouped(queue.preemptions)),
        ],
    );
    let clock = Clock::of(&report.scenario);
    let mut steps = vec![
        named("count", grouped(iterations.count)),
        named("mean", clock.time(iterations.time_mean_ms)),
    ];
    if !clock.counts_ticks() {
        steps.push(named("mean", format!("{} tokens", short(iterations.tokens_mean))));
    }
    document.items("Iterations", steps);
}

fn kv_blocks(each: u64, replicas: usize) -> Vec<Span> {
    counted(grouped(each), if replicas > 1 { "blocks each" } else { "blocks" })
}

/// The pools of a disaggregated cluster, and what was sent between them.
pub(super) fn pools(document: &mut Document, of: &Summary, clock: Clock) {
    if of.pools.is_empty() {
        return;
    }
    document.space();
    for pool in &of.pools {
        let name = match pool.name {
            "prefill" => "Prefill",
            _ => "Decode",
        };
        let mut items = vec![
            named("busy", percent(pool.busy)),
            named("iterations", grouped(pool.iterations)),
            named("tokens", grouped(pool.computed_tokens)),
        ];
        if pool.kv_blocks_per_replica > 0 {
            items.push(named("KV p50", percent(pool.kv_p50)));
            items.push(named("p99", percent(pool.kv_p99)));
            items.push(named("peak", percent(pool.kv_peak)));
            items.push(kv_blocks(pool.kv_blocks_per_replica, pool.replicas as usize));
        }
        document.items(name, items);
    }
    let Some(transfers) = &of.transfers else { return };
    let time = of.latency.transfer_ms.as_ref();
    let time = |pick: fn(&Distribution) -> f64| {
        time.map_or_else(|| "-".to_owned(), |of| clock.time(pick(of)))
    };
    document.items(
        "Transfers",
        vec![
            named("count", grouped(transfers.count)),
            named("mean", time(|of| of.mean)),
            named("p99", time(|of| of.p99)),
            named("link busy", percent(transfers.busy)),
            counted(short(transfers.bytes / 1e9), "GB"),
        ],
    );
}

pub(super) fn cost(document: &mut Document, cost: Option<&Cost>) {
    let Some(cost) = cost else { return };
    let mut items = vec![counted(dollars(cost.dollars_per_hour), "per hour")];
    for (price, what) in [
        (cost.dollars_per_million_output_tokens, "per M output"),
        (cost.dollars_per_million_tokens, "per M tokens"),
    ] {
        items.push(counted(price.map_or_else(|| "-".to_owned(), dollars), what));
    }
    document.items("Cost", items);
}

/// An amount of money: in cents, or finer where it is less than ten of them.
pub(crate) fn dollars(value: f64) -> String {
    if value > 0.0 && value < 0.1 {
        format!("${}", short(value))
    } else {
        format!("${}", fixed(value, 2))
    }
}
