//! The replicas of a run by pool: one, or two of a disaggregated cluster.

use std::borrow::Cow;

use serde::Serialize;
use tokendrome_cluster::Outcome;
use tokendrome_metrics::LevelTimes;

use crate::{Phase, Scenario};

/// One pool of a disaggregated cluster over the whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolSummary {
    /// `prefill` or `decode`.
    pub name: &'static str,
    /// Its replicas.
    pub replicas: u32,
    /// Accelerators of all its replicas.
    pub accelerators: u32,
    /// Requests that it served.
    pub requests: u64,
    /// Its iterations.
    pub iterations: u64,
    /// Tokens that it computed.
    pub computed_tokens: u64,
    /// Time average of its iterations in flight, over the pipeline stages of its replicas.
    pub busy: f64,
    /// Most KV blocks in use at once on any of its replicas, 0 to 1.
    pub kv_peak: f64,
    /// KV blocks in use on a replica that are not exceeded in half of the measured span, times of
    /// its replicas summed, 0 to 1.
    pub kv_p50: f64,
    /// The same for 95 % of the time.
    pub kv_p95: f64,
    /// The same for 99 % of the time.
    pub kv_p99: f64,
    /// KV blocks that one of its replicas can hand out.
    pub kv_blocks_per_replica: u64,
    /// Times that a request lost its KV blocks.
    pub preemptions: u64,
}

/// What was sent between the pools over the whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransferSummary {
    /// Transfers that began.
    pub count: u64,
    /// Their bytes.
    pub bytes: f64,
    /// Share of the time in which any was under way, 0 to 1.
    pub busy: f64,
}

/// Replicas that are alike.
pub(super) struct Pool<'a> {
    /// None if there is but one pool.
    pub(super) phase: Option<Phase>,
    /// The scenario with this pool alone.
    pub(super) scenario: Cow<'a, Scenario>,
    /// Number of its first replica.
    pub(super) first: usize,
}

/// The pools of a scenario.
pub(super) fn pools(scenario: &Scenario) -> Vec<Pool<'_>> {
    let alone = |phase| scenario.pool(phase).map(|pool| (phase, pool));
    let both: Vec<(Phase, Scenario)> = Phase::ALL.into_iter().filter_map(alone).collect();
    if both.is_empty() {
        return vec![Pool { phase: None, scenario: Cow::Borrowed(scenario), first: 0 }];
    }
    let mut first = 0;
    let pool = |(phase, scenario): (Phase, Scenario)| {
        let pool = Pool { phase: Some(phase), first, scenario: Cow::Owned(scenario) };
        first += pool.replicas() as usize;
        pool
    };
    both.into_iter().map(pool).collect()
}

impl Pool<'_> {
    pub(super) fn replicas(&self) -> u32 {
        self.scenario.cluster.replicas
    }

    /// Parts of a replica that execute an iteration each: stages, or executors.
    pub(super) fn parts(&self) -> f64 {
        let stages = self.scenario.parallelism.pipeline_parallel_size;
        f64::from(stages) * f64::from(self.scenario.executors())
    }

    pub(super) fn accelerators(&self) -> u32 {
        self.scenario.accelerators_per_replica().saturating_mul(self.replicas())
    }

    /// Operations and bytes per second that all its accelerators could do; none if the step-time
    /// model counts neither.
    pub(super) fn peaks(&self) -> Option<(f64, f64)> {
        let (flops, bytes) = self.scenario.roofline().ok()??.peaks()?;
        let engines = f64::from(self.replicas()) * f64::from(self.scenario.executors());
        Some((flops * engines, bytes * engines))
    }

    /// The largest share of its KV blocks that any replica had in use.
    pub(super) fn kv_peak(&self, outcome: &Outcome) -> f64 {
        let all = outcome.replicas.iter().zip(&outcome.kv_blocks);
        let own = all.skip(self.first).take(self.replicas() as usize);
        own.map(|(of, &total)| of.kv_blocks_peak as f64 / total.max(1) as f64).fold(0.0, f64::max)
    }

    /// KV blocks that one of its replicas can hand out.
    pub(super) fn kv_blocks(&self, outcome: &Outcome) -> u64 {
        outcome.kv_blocks.get(self.first).copied().unwrap_or(0)
    }

    pub(super) fn summary(&self, phase: Phase, outcome: &Outcome) -> PoolSummary {
        let own = &outcome.replicas[self.first..self.first + self.replicas() as usize];
        let sum = |of: fn(&tokendrome_metrics::ReplicaCounters) -> u64| own.iter().map(of).sum();
        let busy_ns: u128 = own.iter().map(|of| of.iteration_ns).sum();
        let places = self.parts() * f64::from(self.replicas());
        let number = Phase::ALL.into_iter().position(|of| of == phase);
        let times = number.and_then(|number| outcome.totals.kv_times.get(number));
        let times = times.expect("the recorder was told of both pools");
        let [kv_p50, kv_p95, kv_p99] = kv_percentiles(&[(times, self.kv_blocks(outcome))]);
        PoolSummary {
            name: phase.name(),
            replicas: self.replicas(),
            accelerators: self.accelerators(),
            requests: sum(|of| of.requests),
            iterations: sum(|of| of.iterations),
            computed_tokens: sum(|of| of.computed_tokens),
            busy: share(busy_ns, outcome) / places,
            kv_peak: self.kv_peak(outcome),
            kv_p50,
            kv_p95,
            kv_p99,
            kv_blocks_per_replica: self.kv_blocks(outcome),
            preemptions: sum(|of| of.effects.preemptions),
        }
    }
}

/// Shares of the KV blocks that are not exceeded in 50, 95 and 99 % of the time; 0 if nothing
/// was measured.
pub(super) fn kv_percentiles(of: &[(&LevelTimes, u64)]) -> [f64; 3] {
    LevelTimes::percentiles(of, [50, 95, 99]).unwrap_or_default()
}

/// A time as a share of the whole run.
pub(super) fn share(ns: u128, outcome: &Outcome) -> f64 {
    let whole_s = outcome.totals.whole.seconds();
    if whole_s > 0.0 { ns as f64 / 1e9 / whole_s } else { 0.0 }
}

pub(super) fn transfers(outcome: &Outcome) -> Option<TransferSummary> {
    outcome.transfers.map(|of| TransferSummary {
        count: of.count,
        bytes: of.bytes,
        busy: share(of.busy_ns, outcome),
    })
}
