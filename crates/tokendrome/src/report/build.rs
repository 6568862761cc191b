//! From the measurements of a run to its report.

use tokendrome_cluster::Outcome;
use tokendrome_metrics::{Counters, PlanEffects, Totals};
use tokendrome_units::SimTime;

use super::pools::{Pool, kv_percentiles, pools, share, transfers};
use super::{
    Cost, Curves, IterationSummary, PrefixCacheSummary, QueueSummary, ReplicaSummary, Report,
    RequestCounts, SCHEMA_VERSION, SloSummary, Summary, Throughput, TimeSeries, Utilisation,
    steady_state,
};
use crate::{Figures, Output, Scenario};

/// The report of a run of `scenario`.
pub(crate) fn build(scenario: &Scenario, outcome: Outcome, notices: Vec<String>) -> Output {
    let Figures { digest, is_complete, notices, summary } = figures(scenario, &outcome, notices);
    let steady_state = steady_state(scenario, &outcome.totals);
    let Totals { series, curves: [ttft_ms, tpot_ms, itl_ms, e2e_ms], .. } = outcome.totals;
    Output {
        report: Report {
            schema_version: SCHEMA_VERSION,
            tokendrome_version: env!("CARGO_PKG_VERSION"),
            digest: format!("{digest:016x}"),
            is_complete,
            notices,
            summary,
            steady_state,
            series: TimeSeries { bucket_s: series.width_s(), points: series.points() },
            scenario: scenario.clone(),
        },
        curves: Curves { ttft_ms, tpot_ms, itl_ms, e2e_ms },
    }
}

/// The figures of a run of `scenario`, and `notices` with what they tell.
pub(crate) fn figures(scenario: &Scenario, outcome: &Outcome, mut notices: Vec<String>) -> Figures {
    if outcome.interrupted {
        notices.push("the run was interrupted: the figures cover what had happened by then".into());
    }
    if outcome.totals.measured_requests == 0 {
        notices.push("no request was measured: warm-up and cool-down cover the whole run".into());
    }
    notices.extend(overload(&outcome.totals));
    notices.extend(extrapolated(&outcome.totals.whole));
    Figures {
        digest: outcome.digest,
        is_complete: !outcome.interrupted,
        notices,
        summary: summary(scenario, outcome),
    }
}

fn summary(scenario: &Scenario, outcome: &Outcome) -> Summary {
    let Outcome { totals, .. } = outcome;
    let second = Second::of(scenario);
    let pools = pools(scenario);
    let accelerators: f64 = pools.iter().map(|pool| f64::from(pool.accelerators())).sum();
    let prefix_caches = pools.iter().any(|pool| has_prefix_cache(&pool.scenario));
    Summary {
        requests: counts(totals),
        duration_s: second.seconds(&totals.whole),
        measured_s: second.seconds(&totals.measured),
        latency: totals.latency.clone(),
        itl_ms: totals.itl_ms.clone(),
        input_tokens: totals.prompt_tokens.clone(),
        output_tokens: totals.output_tokens.clone(),
        throughput: throughput(scenario, totals, accelerators),
        slo: slo(scenario, totals),
        utilisation: utilisation(&pools, outcome),
        prefix_cache: prefix_caches.then(|| prefix_cache(&totals.measured.effects)),
        queue: queue(totals),
        iterations: iterations(&totals.measured, second),
        cost: cost(&pools, &totals.measured),
        classes: totals.classes.clone(),
        pools: pools
            .iter()
            .filter_map(|pool| pool.phase.map(|phase| pool.summary(phase, outcome)))
            .collect(),
        transfers: transfers(outcome),
        replicas: pools.iter().flat_map(|pool| of_replicas(pool, outcome)).collect(),
    }
}

fn of_replicas<'a>(
    pool: &'a Pool<'_>,
    outcome: &'a Outcome,
) -> impl Iterator<Item = ReplicaSummary> + 'a {
    let all = outcome.replicas.iter().zip(&outcome.kv_blocks);
    let own = all.skip(pool.first).take(pool.replicas() as usize);
    own.map(|(replica, &kv_blocks)| ReplicaSummary {
        requests: replica.requests,
        iterations: replica.iterations,
        computed_tokens: replica.computed_tokens,
        busy: share(replica.iteration_ns, outcome) / pool.parts(),
        kv_peak: replica.kv_blocks_peak as f64 / kv_blocks.max(1) as f64,
        hit_rate: has_prefix_cache(&pool.scenario).then(|| hit_rate(&replica.effects)),
        preemptions: replica.effects.preemptions,
    })
}

/// Says so if the queue was still long when the last request came: then latencies tell as much of
/// the length of the run as of the system.
fn overload(totals: &Totals) -> Option<String> {
    let (waiting, last) = totals.waiting_at_last;
    let is_long = waiting >= 20 && waiting * 20 >= totals.whole.arrived;
    (is_long && last > SimTime::ZERO).then(|| {
        format!(
            "{waiting} of {} requests were still waiting when the last one arrived: the load \
             exceeds what is served, and latencies grow with the length of the run",
            totals.whole.arrived
        )
    })
}

/// Says how many iterations lie outside of what was measured, where times come from measurements.
fn extrapolated(counters: &Counters) -> Option<String> {
    let (outside, all) = (counters.extrapolated, counters.iterations);
    (outside > 0).then(|| {
        let share = 100.0 * outside as f64 / all as f64;
        format!(
            "{outside} of {all} iterations ({share:.1} %) lie outside of the operator tables: \
             their times are extrapolated"
        )
    })
}

fn counts(totals: &Totals) -> RequestCounts {
    RequestCounts {
        total: totals.whole.arrived,
        completed: totals.completed,
        rejected: totals.rejected,
        unfinished: totals.unfinished,
        measured: totals.measured_requests,
        rejections: totals.rejections.clone(),
    }
}

/// What a second of the report is: one, or a thousand ticks.
#[derive(Debug, Clone, Copy)]
struct Second {
    /// Seconds of the engine's clock.
    engine_s: f64,
}

impl Second {
    fn of(scenario: &Scenario) -> Self {
        Self { engine_s: scenario.simulation.time_unit.stretch() }
    }

    /// How long the counters counted.
    fn seconds(self, counters: &Counters) -> f64 {
        counters.seconds() / self.engine_s
    }

    /// How many of what was counted in that time came in each second.
    fn rate(self, counters: &Counters, amount: u64) -> f64 {
        counters.per_second(amount as f64) * self.engine_s
    }
}

fn has_prefix_cache(scenario: &Scenario) -> bool {
    scenario.scheduler.shares_prefixes()
}

fn throughput(scenario: &Scenario, totals: &Totals, accelerators: f64) -> Throughput {
    let (measured, second) = (&totals.measured, Second::of(scenario));
    let output = second.rate(measured, measured.output_tokens);
    let input = second.rate(measured, measured.prompt_tokens);
    let tpot = totals.latency.tpot_ms.as_ref().map(|tpot| tpot.mean);
    Throughput {
        requests_per_s: second.rate(measured, measured.completed),
        requests_per_s_per_accelerator: second.rate(measured, measured.completed) / accelerators,
        input_tokens_per_s: input,
        output_tokens_per_s: output,
        total_tokens_per_s: input + output,
        output_tokens_per_s_per_accelerator: output / accelerators,
        output_tokens_per_s_per_user: tpot.filter(|&tpot| tpot > 0.0).map(|tpot| 1e3 / tpot),
    }
}

fn slo(scenario: &Scenario, totals: &Totals) -> Option<SloSummary> {
    let counts = totals.slo;
    if scenario.slo.is_empty() || counts.requests == 0 {
        return None;
    }
    Some(SloSummary {
        objectives: scenario.slo.common(),
        counts,
        attainment: counts.met as f64 / counts.requests as f64,
        goodput_per_s: Second::of(scenario).rate(&totals.measured, counts.met),
    })
}

fn utilisation(pools: &[Pool<'_>], outcome: &Outcome) -> Utilisation {
    let measured = &outcome.totals.measured;
    let parts: f64 = pools.iter().map(|pool| f64::from(pool.replicas()) * pool.parts()).sum();
    let all_blocks: u64 = outcome.kv_blocks.iter().sum();
    let peaks: Option<Vec<(f64, f64)>> = pools.iter().map(Pool::peaks).collect();
    let peaks =
        peaks.map(|all| all.into_iter().fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1)));
    let blocks = pools.iter().map(|pool| pool.kv_blocks(outcome));
    let kv_times: Vec<_> = outcome.totals.kv_times.iter().zip(blocks).collect();
    let [kv_p50, kv_p95, kv_p99] = kv_percentiles(&kv_times);
    Utilisation {
        busy: measured.average(measured.in_flight_ns) / parts,
        compute: peaks.map(|(flops, _)| measured.per_second(measured.flops as f64) / flops),
        bandwidth: peaks.map(|(_, bytes)| measured.per_second(measured.bytes as f64) / bytes),
        kv_mean: measured.average(measured.kv_block_ns) / all_blocks.max(1) as f64,
        kv_p50,
        kv_p95,
        kv_p99,
        kv_peak: pools.iter().map(|pool| pool.kv_peak(outcome)).fold(0.0, f64::max),
        // Where there are two pools, of the one that decodes.
        kv_blocks_per_replica: outcome.kv_blocks.last().copied().unwrap_or(0),
    }
}

fn prefix_cache(effects: &PlanEffects) -> PrefixCacheSummary {
    PrefixCacheSummary {
        queried_tokens: effects.prompt_tokens,
        cached_tokens: effects.cached_tokens,
        hit_rate: hit_rate(effects),
        evictions: effects.evictions,
    }
}

fn hit_rate(effects: &PlanEffects) -> f64 {
    ratio(effects.cached_tokens as f64, effects.prompt_tokens as f64)
}

fn queue(totals: &Totals) -> QueueSummary {
    let measured = &totals.measured;
    QueueSummary {
        waiting_mean: measured.average(measured.waiting_ns),
        waiting_max: totals.peak.waiting,
        waiting_end: totals.waiting_end,
        running_mean: measured.average(measured.running_ns),
        running_max: totals.peak.running,
        preemptions: measured.effects.preemptions,
        preemptions_per_request: ratio(
            measured.effects.preemptions as f64,
            measured.completed as f64,
        ),
    }
}

fn iterations(measured: &Counters, second: Second) -> IterationSummary {
    let count = measured.iterations as f64;
    IterationSummary {
        count: measured.iterations,
        tokens_mean: ratio(measured.computed_tokens as f64, count),
        time_mean_ms: ratio(measured.iteration_ns as f64 / 1e6 / second.engine_s, count),
    }
}

fn cost(pools: &[Pool<'_>], measured: &Counters) -> Option<Cost> {
    let price = |pool: &Pool<'_>| {
        let price = pool.scenario.hardware.as_ref()?.price_per_hour?.0;
        Some(price * f64::from(pool.accelerators()))
    };
    let per_hour: f64 = pools.iter().map(price).sum::<Option<f64>>()?;
    let dollars = per_hour * measured.seconds() / 3_600.0;
    let per_million = |tokens: u64| (tokens > 0).then(|| dollars / (tokens as f64 / 1e6));
    Some(Cost {
        dollars_per_hour: per_hour,
        dollars_per_million_output_tokens: per_million(measured.output_tokens),
        dollars_per_million_tokens: per_million(measured.output_tokens + measured.prompt_tokens),
    })
}

/// `a / b`, or 0 where there is nothing to divide by.
fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}
