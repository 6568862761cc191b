//! What all layouts are made of: the measured requests, and their latencies.

use tokendrome::units::SimTime;
use tokendrome::workload::ArrivalsSpec;
use tokendrome::{Curves, Report, Scenario};
use tokendrome_metrics::{Distribution, RequestRecord, Status};

use super::Run;
use super::values::Values;

const NANOS_PER_MS: f64 = 1e6;
const NANOS_PER_S: f64 = 1e9;

/// The measured part of a run: see "What is measured" in `docs/metrics.md`.
pub(super) struct Measured<'a> {
    pub(super) report: &'a Report,
    curves: &'a Curves,
    /// Those that completed, in the order of the input.
    pub(super) completed: Vec<&'a RequestRecord>,
    /// How many were refused.
    pub(super) rejected: u64,
    /// How many did not end.
    pub(super) unfinished: u64,
    pub(super) ttft_ms: Values,
    pub(super) tpot_ms: Values,
    pub(super) e2e_ms: Values,
    pub(super) input_tokens: Values,
    pub(super) output_tokens: Values,
    /// Requests in the system over the whole run, weighted by nanoseconds.
    pub(super) concurrency: Values,
}

/// What a client would have been told of the arrivals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Offered {
    /// So many requests per second, and the shape of the gaps' gamma distribution if they have one.
    Rate(f64, Option<f64>),
    /// All at once, or whenever one of so many users is free.
    AtOnce(Option<u32>),
    /// A rate that changes linearly.
    Ramp(f64, f64),
    /// As recorded.
    Recorded,
}

impl<'a> Measured<'a> {
    pub(super) fn of(run: &Run<'a>) -> Self {
        let scenario = &run.report.scenario;
        let mut records = measured(run.records, scenario);
        records.sort_by_key(|record| record.index);
        let is = |status: fn(&Status) -> bool| {
            records.iter().filter(|record| status(&record.status)).count() as u64
        };
        let (rejected, unfinished) = (
            is(|status| matches!(status, Status::Rejected(_))),
            is(|status| matches!(status, Status::Unfinished)),
        );
        let completed: Vec<&RequestRecord> =
            records.iter().copied().filter(|one| one.status == Status::Completed).collect();
        let each = |of: fn(&RequestRecord) -> Option<f64>| {
            Values::of(completed.iter().filter_map(|record| of(record)))
        };
        Self {
            report: run.report,
            curves: run.curves,
            rejected,
            unfinished,
            ttft_ms: each(|record| Some(record.ttft()?.as_nanos() as f64 / NANOS_PER_MS)),
            tpot_ms: each(|record| Some(record.tpot_ns()? / NANOS_PER_MS)),
            e2e_ms: each(|record| Some(e2e_ms(record))),
            input_tokens: each(|record| Some(f64::from(record.prompt_tokens))),
            output_tokens: each(|record| Some(f64::from(record.output_tokens))),
            concurrency: concurrency(run.records, run.report.summary.duration_s),
            completed,
        }
    }

    pub(super) fn scenario(&self) -> &'a Scenario {
        &self.report.scenario
    }

    /// The model's name; of a scenario without one, what stands in its place.
    pub(super) fn model(&self) -> &'a str {
        self.scenario().model.as_ref().map_or("none", |model| &model.name)
    }

    /// All measured requests.
    pub(super) fn requests(&self) -> u64 {
        self.completed.len() as u64 + self.failed()
    }

    /// Those that did not complete.
    pub(super) fn failed(&self) -> u64 {
        self.rejected + self.unfinished
    }

    /// The measured span, in seconds.
    pub(super) fn span_s(&self) -> f64 {
        self.report.summary.measured_s
    }

    /// Gaps between tokens, in milliseconds.
    pub(super) fn itl_ms(&self) -> Option<&'a Distribution> {
        self.report.summary.itl_ms.as_ref()
    }

    /// A percentile of the gaps, whole or a half, in milliseconds.
    pub(super) fn itl_percentile(&self, percent: f64) -> Option<f64> {
        self.curves.itl_ms.get((percent * 2.0) as usize).copied()
    }

    /// Values of the requests that completed, each with a weight.
    pub(super) fn weighted(&self, of: impl Fn(&RequestRecord) -> Option<(f64, u64)>) -> Values {
        Values::weighted(self.completed.iter().filter_map(|record| of(record)))
    }

    /// Values of the requests that completed.
    pub(super) fn each(&self, of: impl Fn(&RequestRecord) -> Option<f64>) -> Values {
        Values::of(self.completed.iter().filter_map(|record| of(record)))
    }

    /// What the workload offers.
    pub(super) fn offered(&self) -> Offered {
        let Some(arrivals) = &self.scenario().workload.arrivals else { return Offered::Recorded };
        match *arrivals {
            ArrivalsSpec::Poisson { rate_per_s } => Offered::Rate(rate_per_s, Some(1.0)),
            ArrivalsSpec::Gamma { rate_per_s, burstiness } => {
                Offered::Rate(rate_per_s, Some(burstiness))
            }
            ArrivalsSpec::FixedRate { rate_per_s }
            | ArrivalsSpec::Uniform { rate_per_s }
            | ArrivalsSpec::Bursts { rate_per_s, .. } => Offered::Rate(rate_per_s, None),
            ArrivalsSpec::Batched { interval_s: 0.0, .. } => Offered::AtOnce(None),
            ArrivalsSpec::Batched { size, interval_s } => {
                Offered::Rate(f64::from(size) / interval_s, None)
            }
            ArrivalsSpec::ClosedLoop { users, .. } => Offered::AtOnce(Some(users)),
            ArrivalsSpec::Ramp { from_per_s, to_per_s, .. } => Offered::Ramp(from_per_s, to_per_s),
            ArrivalsSpec::Daily { mean_per_s, .. } => Offered::Rate(mean_per_s, None),
        }
    }
}

/// End-to-end latency of a request that completed, in milliseconds.
pub(super) fn e2e_ms(record: &RequestRecord) -> f64 {
    let e2e = record.e2e().expect("it completed");
    e2e.as_nanos() as f64 / NANOS_PER_MS
}

/// The requests that arrive after the warm-up and before the last arrival ahead of the cool-down,
/// as the recorder counts them.
fn measured<'a>(records: &'a [RequestRecord], scenario: &Scenario) -> Vec<&'a RequestRecord> {
    let spec = &scenario.simulation;
    let warm_up = (spec.warm_up_s * NANOS_PER_S).round() as u64;
    let cool_down = (spec.cool_down_s * NANOS_PER_S).round() as u64;
    // The recorder's edge is when a request comes to the router, some time after it is sent.
    let on_the_way = scenario.cluster.delays.request_ms * NANOS_PER_MS;
    let sent = |record: &RequestRecord| record.arrival.as_nanos();
    let end = (cool_down > 0).then(|| {
        let last = records.iter().map(sent).max()?.checked_sub(cool_down)?;
        let edge = records.iter().map(sent).filter(|sent| *sent <= last).max()?;
        Some(edge + on_the_way.round() as u64)
    });
    let is_measured = |record: &&RequestRecord| {
        let before_end = end.is_none_or(|end| end.is_some_and(|end| sent(record) < end));
        sent(record) >= warm_up && before_end
    };
    records.iter().filter(is_measured).collect()
}

/// How many requests were in the system, and for how many nanoseconds.
fn concurrency(records: &[RequestRecord], duration_s: f64) -> Values {
    let over = (duration_s * NANOS_PER_S).round() as u64;
    let mut changes: Vec<(u64, i64)> = Vec::with_capacity(2 * records.len());
    for record in records {
        changes.push((record.arrival.as_nanos(), 1));
        changes.push((record.end.map_or(over, SimTime::as_nanos), -1));
    }
    // Who leaves at a moment is gone before who comes.
    changes.sort_unstable();
    let (mut level, mut since) = (0, changes.first().map_or(0, |(time, _)| *time));
    let mut levels = Vec::with_capacity(changes.len());
    for (time, change) in changes {
        levels.push((level as f64, time.saturating_sub(since)));
        (level, since) = (level + change, time);
    }
    Values::weighted(levels)
}
