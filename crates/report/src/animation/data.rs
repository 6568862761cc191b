//! What the page's script reads: columns of whole numbers.
//!
//! Times are counted in the largest unit of which all of them are multiples (a tick or a part of
//! it, as a rule, or a nanosecond). Requests and iterations stand in order, each beginning as its
//! distance from the one before; later moments of a request are distances from its arrival, -1 if
//! they did not come.

use serde::Serialize;
use tokendrome::{Report, SchedulerSpec};

use super::collect::{Request, Shown, Step};
use crate::clock::Clock;

/// The whole of it.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    /// What times are shown in, and its length in nanoseconds.
    unit: &'static str,
    unit_ns: u64,
    /// What rates are per, and its length in nanoseconds.
    rate: &'static str,
    rate_ns: u64,
    /// Rates are taken over multiples of this, in nanoseconds: a tick, as steps often take one.
    grain_ns: u64,
    /// What times are counted in, in nanoseconds.
    quantum_ns: u64,
    from: u64,
    until: u64,
    replicas: u32,
    kv_blocks: u64,
    /// Whether requests are handed over to other workers after prefill.
    hands_over: bool,
    /// Whether tokens of prompts mean something: they do not where prompts are counted in steps.
    counts_prompts: bool,
    requests: Requests,
    iterations: Iterations,
}

#[derive(Debug, Serialize)]
struct Requests {
    arrival: Vec<u64>,
    scheduled: Vec<i64>,
    prefilled: Vec<i64>,
    first_token: Vec<i64>,
    decode: Vec<i64>,
    end: Vec<i64>,
    rejected: Vec<u8>,
    /// -1 if it was sent to none.
    replica: Vec<i64>,
    prompt: Vec<u32>,
}

#[derive(Debug, Serialize)]
struct Iterations {
    start: Vec<u64>,
    time: Vec<u64>,
    replica: Vec<u32>,
    number: Vec<u64>,
    prefills: Vec<u32>,
    prefill_tokens: Vec<u64>,
    decodes: Vec<u32>,
    preempted: Vec<u32>,
    kv_blocks: Vec<u64>,
}

impl Data {
    pub(super) fn of(shown: &Shown, report: &Report) -> Self {
        let scenario = &report.scenario;
        let clock = Clock::of(scenario);
        let millisecond = scenario.simulation.time_unit.millisecond().as_nanos();
        let in_ticks = clock.counts_ticks();
        let quantum_ns = quantum(shown);
        Self {
            unit: if in_ticks { "ticks" } else { "s" },
            unit_ns: if in_ticks { millisecond } else { 1_000 * millisecond },
            rate: if in_ticks { "1k ticks" } else { "s" },
            rate_ns: 1_000 * millisecond,
            grain_ns: if in_ticks { millisecond } else { quantum_ns },
            quantum_ns,
            from: shown.from / quantum_ns,
            until: shown.until / quantum_ns,
            replicas: scenario.cluster.replicas,
            kv_blocks: shown.kv_blocks_total,
            hands_over: matches!(scenario.scheduler, SchedulerSpec::Disaggregated(_)),
            counts_prompts: !in_ticks,
            requests: Requests::of(&shown.requests, quantum_ns),
            iterations: Iterations::of(&shown.iterations, quantum_ns),
        }
    }
}

impl Requests {
    fn of(requests: &[Request], quantum: u64) -> Self {
        let later = |moment: fn(&Request) -> Option<u64>| -> Vec<i64> {
            let distance = |one: &Request| match moment(one) {
                Some(moment) => ((moment - one.arrival) / quantum) as i64,
                None => -1,
            };
            requests.iter().map(distance).collect()
        };
        Self {
            arrival: distances(requests.iter().map(|one| one.arrival / quantum)),
            scheduled: later(|one| one.scheduled),
            prefilled: later(|one| one.prefilled),
            first_token: later(|one| one.first_token),
            decode: later(|one| one.decode),
            end: later(|one| one.end),
            rejected: requests.iter().map(|one| u8::from(one.is_rejected)).collect(),
            replica: requests.iter().map(|one| one.replica.map_or(-1, i64::from)).collect(),
            prompt: requests.iter().map(|one| one.prompt_tokens).collect(),
        }
    }
}

impl Iterations {
    fn of(steps: &[Step], quantum: u64) -> Self {
        Self {
            start: distances(steps.iter().map(|step| step.start / quantum)),
            time: steps.iter().map(|step| (step.end - step.start) / quantum).collect(),
            replica: steps.iter().map(|step| step.replica).collect(),
            number: steps.iter().map(|step| step.number).collect(),
            prefills: steps.iter().map(|step| step.prefills).collect(),
            prefill_tokens: steps.iter().map(|step| step.prefill_tokens).collect(),
            decodes: steps.iter().map(|step| step.decodes).collect(),
            preempted: steps.iter().map(|step| step.preempted).collect(),
            kv_blocks: steps.iter().map(|step| step.kv_blocks).collect(),
        }
    }
}

/// Each value as its distance from the one before, the first from 0.
fn distances(values: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut before = 0;
    values.map(|value| value - std::mem::replace(&mut before, value)).collect()
}

/// The largest number of nanoseconds of which all times are multiples.
fn quantum(shown: &Shown) -> u64 {
    let requests = shown.requests.iter().flat_map(|one| {
        let later = [one.scheduled, one.prefilled, one.first_token, one.decode, one.end];
        later.into_iter().flatten().chain([one.arrival])
    });
    let iterations = shown.iterations.iter().flat_map(|step| [step.start, step.end]);
    let times = [shown.from, shown.until].into_iter().chain(requests).chain(iterations);
    times.fold(0, divisor).max(1)
}

/// The greatest common divisor; 0 has all.
fn divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
