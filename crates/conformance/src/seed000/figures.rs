//! The figures of a run as the original counts them.
//!
//! They differ from those of our own reports, which see every gap and every request: here the gap
//! between the first two tokens does not count, latencies are those of whoever got so far before
//! the time limit, and rates are over the time at which the last step ended.

use serde_json::{Value, json};

use super::outcome::{Outcome, Served};
use crate::rows::{mean, percentile};

pub(super) struct Figures<'a> {
    outcome: &'a Outcome,
    e2e: Vec<f64>,
    ttft: Vec<f64>,
    itl: Vec<f64>,
    queue: Vec<usize>,
}

impl<'a> Figures<'a> {
    pub(super) fn of(outcome: &'a Outcome) -> Self {
        let requests = &outcome.requests;
        let latency = |to: fn(&Served) -> Option<f64>| {
            let of = requests.iter().filter_map(|request| Some(to(request)? - request.added_at));
            of.collect::<Vec<_>>()
        };
        let itl = outcome.steps.iter().flat_map(|step| {
            let decoding = requests.iter().filter(|request| request.decodes_on(step.start));
            std::iter::repeat_n(step.end - step.start, decoding.count())
        });
        let queue = outcome.steps.iter().map(|step| {
            let waits = |time: Option<f64>| time.is_none_or(|time| time > step.start);
            let queued = requests
                .iter()
                .filter(|request| request.added_at <= step.start && waits(request.started_at));
            queued.count()
        });
        Self {
            outcome,
            e2e: latency(|request| request.completed_at),
            ttft: latency(|request| request.first_token_at),
            itl: itl.collect(),
            queue: queue.collect(),
        }
    }

    pub(super) fn steps(&self) -> usize {
        self.outcome.steps.len()
    }

    /// When each step begins, and the last ends.
    pub(super) fn times(&self) -> Value {
        let starts = self.outcome.steps.iter().map(|step| step.start);
        json!(starts.chain([self.end()]).collect::<Vec<_>>())
    }

    pub(super) fn queue_size(&self) -> Value {
        json!(self.queue)
    }

    fn end(&self) -> f64 {
        self.outcome.steps.last().map_or(0.0, |step| step.end)
    }

    /// A figure by the name that it has in the recordings; `null` for others.
    pub(super) fn value(&self, name: &str) -> Value {
        let last = self.outcome.steps.last().map(|step| step.end - step.start);
        match name {
            "mean_e2e" => json!(mean(&self.e2e)),
            "mean_ttft" => json!(mean(&self.ttft)),
            "mean_itl" => json!(mean(&self.itl)),
            "p0_5_e2e" => json!(percentile(&self.e2e, 0.005)),
            "p0_5_ttft" => json!(percentile(&self.ttft, 0.005)),
            "p0_5_itl" => json!(percentile(&self.itl, 0.005)),
            "p50_e2e" => json!(percentile(&self.e2e, 0.5)),
            "n_e2e" | "completed" => json!(self.e2e.len()),
            "n_ttft" => json!(self.ttft.len()),
            "n_itl" => json!(self.itl.len()),
            "sum_itl" => json!(self.itl.iter().sum::<f64>()),
            "run_time" | "final_time" => json!(self.end()),
            "requests_per_1k" => json!(1e3 * self.e2e.len() as f64 / self.end()),
            "tokens_per_1k" => {
                json!(1e3 * (self.completed_tokens() + self.in_flight_tokens()) / self.end())
            }
            "completed_tokens" => json!(self.completed_tokens()),
            "in_flight_tokens" => json!(self.in_flight_tokens()),
            "final_queue" => json!(self.queue.last()),
            "max_queue" => json!(self.queue.iter().max()),
            "n_steps" => json!(self.steps()),
            "batch_duration" => json!(last),
            _ => Value::Null,
        }
    }

    fn completed_tokens(&self) -> f64 {
        let completed = self.outcome.requests.iter().filter(|of| of.completed_at.is_some());
        completed.map(|request| f64::from(request.target)).sum()
    }

    /// Tokens of those in a batch. Of disaggregated runs the recordings have no such figure.
    fn in_flight_tokens(&self) -> f64 {
        let in_flight = self.outcome.requests.iter().filter(|of| of.completed_at.is_none());
        in_flight.map(|request| f64::from(request.tokens)).sum()
    }
}
