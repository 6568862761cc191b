//! The figures of a run, by the original's definitions.

use serde_json::{Map, Value, json};
use tokendrome::Scenario;
use tokendrome::metrics::{Iteration, Status};

use super::memory::Memory;
use super::params::Params;
use super::{Request, Witness, seconds};
use crate::rows::{mean, percentile};

/// What the original prints. Latencies in seconds, of the requests that end in the measured span.
pub(super) struct Results {
    total: usize,
    completed: usize,
    rejected: usize,
    duration_s: f64,
    /// Tokens of decodes that end in the measured span.
    tokens: u64,
    /// Time average of the iterations in flight in the measured span, over all accelerators.
    busy: f64,
    first_token: Vec<f64>,
    end_to_end: Vec<f64>,
    memory: Memory,
    pub(super) final_s: f64,
}

impl Results {
    pub(super) fn of(
        params: &Params,
        scenario: &Scenario,
        requests: &[Request],
        witness: &Witness,
    ) -> Self {
        let (from, to) = (params.warm_up_s, params.warm_up_s + params.duration_s);
        let is_measured = |at: f64| (from..=to).contains(&at);
        let mut results = Self {
            total: requests.len(),
            completed: 0,
            rejected: 0,
            duration_s: params.duration_s,
            tokens: 0,
            busy: busy(params, scenario, &witness.iterations),
            first_token: Vec::new(),
            end_to_end: Vec::new(),
            memory: Memory::of(params, requests, witness),
            final_s: 0.0,
        };
        for record in &witness.records {
            let arrival = requests[record.index as usize].arrival_s;
            results.rejected += usize::from(matches!(record.status, Status::Rejected(_)));
            let end = record.end.filter(|_| record.status == Status::Completed).map(seconds);
            let Some(end) = end.filter(|&end| is_measured(end)) else { continue };
            results.completed += 1;
            results.end_to_end.push(end - arrival);
            results.first_token.extend(record.first_token.map(|at| seconds(at) - arrival));
        }
        for iteration in &witness.iterations {
            let end = seconds(iteration.end);
            results.final_s = results.final_s.max(end);
            if is_measured(end) {
                results.tokens += u64::from(iteration.decodes);
            }
        }
        results
    }

    /// Puts the figures into the place of those that were recorded.
    pub(super) fn fill(&self, cells: &mut Map<String, Value>) {
        let rate = |count: f64| if self.duration_s > 0.0 { count / self.duration_s } else { 0.0 };
        for (key, cell) in cells.iter_mut() {
            *cell = match (key.as_str(), &*cell) {
                ("total_requests", _) => json!(self.total),
                ("completed_requests", _) => json!(self.completed),
                ("rejected_requests", _) => json!(self.rejected),
                ("simulation_time", _) => json!(self.duration_s),
                ("xpu_utilization", _) => json!(self.busy),
                ("throughput", Value::Object(old)) => filled(old, |name| match name {
                    "requests_per_sec" => json!(rate(self.completed as f64)),
                    "tokens_per_sec" => json!(rate(self.tokens as f64)),
                    _ => Value::Null,
                }),
                ("first_token_latency", Value::Object(old)) => latency(old, &self.first_token),
                ("end_to_end_latency", Value::Object(old)) => latency(old, &self.end_to_end),
                ("memory", Value::Object(old)) => {
                    filled(old, |name| json!(self.memory.figure(name)))
                }
                (_, Value::Object(old)) => filled(old, |_| Value::Null),
                _ => Value::Null,
            };
        }
    }
}

fn filled(old: &Map<String, Value>, value: impl Fn(&str) -> Value) -> Value {
    Value::Object(old.keys().map(|name| (name.clone(), value(name))).collect())
}

fn latency(old: &Map<String, Value>, values: &[f64]) -> Value {
    filled(old, |name| match (name, name.strip_prefix('p').and_then(|of| of.parse::<f64>().ok())) {
        ("mean", _) => json!(mean(values)),
        (_, Some(percent)) => json!(percentile(values, percent / 100.0)),
        _ => Value::Null,
    })
}

/// How busy accelerators were in the measured span, each as much as its replica.
fn busy(params: &Params, scenario: &Scenario, iterations: &[Iteration]) -> f64 {
    let (from, to) = (params.warm_up_s, params.warm_up_s + params.duration_s);
    let pools = tokendrome::Phase::ALL.map(|phase| scenario.pool(phase));
    let size = |replica: u32| match &pools {
        [Some(prefill), Some(decode)] => {
            let pool = if replica == 0 { prefill } else { decode };
            f64::from(pool.parallelism.accelerators())
        }
        _ => f64::from(scenario.parallelism.accelerators()),
    };
    let all: f64 = match &pools {
        [Some(_), Some(_)] => size(0) + size(1),
        _ => size(0),
    };
    let inside = |of: &Iteration| (seconds(of.end).min(to) - seconds(of.start).max(from)).max(0.0);
    let busy: f64 = iterations.iter().map(|of| inside(of) * size(of.replica.0)).sum();
    if params.duration_s > 0.0 { busy / params.duration_s / all } else { 0.0 }
}
