//! One run through the ordinary engine.

use serde_json::{Value, json};
use tokendrome::metrics::{Iteration, Status};
use tokendrome::units::SimTime;

use super::config::{Config, STRETCH};
use crate::replayed::{Witness, replay, row};
use crate::rows::Request;

/// What became of a request; times in seconds.
#[derive(Default)]
pub(super) struct Served {
    pub(super) prefill_done: Option<f64>,
    pub(super) first_token: Option<f64>,
    pub(super) done: Option<f64>,
}

/// A batch; times in seconds.
pub(super) struct Batch {
    start: f64,
    end: f64,
    /// The lowest executor that was idle.
    executor: usize,
    prefill_tokens: u64,
    decodes: u32,
}

impl Batch {
    /// The value of a column; `null` for those that are not known.
    pub(super) fn value(&self, column: &str) -> Value {
        match column {
            "t" => json!(self.start),
            "gpu" => json!(self.executor),
            "type" => json!(match (self.prefill_tokens, self.decodes) {
                (0, _) => "decode",
                (_, 0) => "prefill",
                _ => "mixed",
            }),
            "prefill_tokens" => json!(self.prefill_tokens),
            "decode_seqs" => json!(self.decodes),
            "finish_t" => json!(self.end),
            _ => Value::Null,
        }
    }
}

/// A run.
pub(super) struct Outcome {
    pub(super) served: Vec<Served>,
    /// In the order in which they were begun.
    pub(super) batches: Vec<Batch>,
}

fn seconds(time: SimTime) -> f64 {
    time.as_nanos() as f64 / 1e9 / STRETCH
}

/// Runs the requests to their end.
pub(super) fn simulate(config: &Config, requests: &[Request]) -> Result<Outcome, String> {
    let row = |(index, request): (usize, &Request)| {
        let lengths = [request.prompt_tokens, request.output_tokens];
        row(index, request.arrival_s * 1e9 * STRETCH, lengths)
    };
    let rows = requests.iter().enumerate().map(row).collect();
    let Witness { records, iterations } = replay(&config.scenario(), rows)?;
    let served = records.iter().map(|record| match record.status {
        Status::Completed => Served {
            prefill_done: record.prefill_end.map(seconds),
            first_token: record.first_token.map(seconds),
            done: record.end.map(seconds),
        },
        Status::Rejected(_) | Status::Unfinished => Served::default(),
    });
    let served = served.collect();
    Ok(Outcome { served, batches: batches(iterations, config.executors() as usize) })
}

/// The batches in the order of their begin, each on the lowest idle executor.
fn batches(mut iterations: Vec<Iteration>, executors: usize) -> Vec<Batch> {
    iterations.sort_by_key(|iteration| iteration.start);
    let mut free_at = vec![SimTime::ZERO; executors.min(iterations.len())];
    let batch = |iteration: Iteration| {
        let executor = free_at.iter().position(|&free| free <= iteration.start);
        let executor = executor.expect("no more batches run than there are executors");
        free_at[executor] = iteration.end;
        Batch {
            start: seconds(iteration.start),
            end: seconds(iteration.end),
            executor,
            prefill_tokens: iteration.prefill_tokens,
            decodes: iteration.decodes,
        }
    };
    iterations.into_iter().map(batch).collect()
}
