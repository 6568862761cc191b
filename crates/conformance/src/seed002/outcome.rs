//! One run through the ordinary engine.

use serde_json::{Value, json};
use tokendrome::Simulation;
use tokendrome::metrics::{Iteration, Observer, RequestRecord, Status};
use tokendrome::units::SimTime;
use tokendrome::workload::{Rows, TraceRow};

use super::config::{Config, STRETCH};

/// A request as it is fed in.
pub(super) struct Request {
    pub(super) arrival_s: f64,
    pub(super) prompt_tokens: u32,
    pub(super) output_tokens: u32,
}

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

/// Sees what happens.
#[derive(Default)]
struct Witness {
    records: Vec<RequestRecord>,
    iterations: Vec<Iteration>,
}

impl Observer for Witness {
    fn sees_iterations(&self) -> bool {
        true
    }

    fn iteration(&mut self, iteration: &Iteration) {
        self.iterations.push(*iteration);
    }

    fn request(&mut self, record: &RequestRecord) {
        self.records.push(record.clone());
    }
}

fn seconds(time: SimTime) -> f64 {
    time.as_nanos() as f64 / 1e9 / STRETCH
}

/// Runs the requests to their end.
pub(super) fn simulate(config: &Config, requests: &[Request]) -> Result<Outcome, String> {
    let simulation = Simulation::new(&config.scenario()).map_err(|error| error.to_string())?;
    let rows: Vec<TraceRow> = requests.iter().enumerate().map(row).collect();
    let rows: Rows = Box::new(rows.into_iter().map(Ok));
    let mut witness = Witness::default();
    if !requests.is_empty() {
        let run = simulation.run(0, Some(rows), &mut [&mut witness]);
        run.map_err(|error| error.to_string())?;
    }
    let Witness { mut records, iterations } = witness;
    records.sort_by_key(|record| record.index);
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

fn row((index, request): (usize, &Request)) -> TraceRow {
    TraceRow {
        index: index as u32,
        arrival_ns: (request.arrival_s * 1e9 * STRETCH).round() as u64,
        input_tokens: request.prompt_tokens,
        output_tokens: request.output_tokens,
        max_tokens: None,
        priority: None,
        slo_class: None,
        session_id: None,
        hash_ids: Vec::new(),
    }
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
