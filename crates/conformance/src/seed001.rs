//! Runs and points of a simulator of clusters with a layer-wise roofline.
//!
//! Source of the recordings: version A of `deckerd2001/inference_sim` (commit 9d1177d), whose
//! arrivals and lengths are fed in as they were drawn, while batches and times are this engine's
//! own. What counts are the times at which each prompt was computed, the first token came, and the
//! request was done; and of the points the times of a batch of prompts and of decodes and the size
//! of their KV cache.

mod memory;
mod nominal;
mod params;
mod points;
mod results;

use serde_json::{Map, Value, json};
use tokendrome::metrics::{RequestRecord, Status};
use tokendrome::units::SimTime;

use crate::golden::{Computed, Conformed, Deviation, GoldenError, conform_with};
use crate::replayed::{Witness, replay, row};
use crate::rows::{Request, RequestColumns, columns, place, rows};
use params::Params;
use results::Results;

/// Columns that are compared.
const COUNTED: [&str; 3] = ["prefill_end", "first_token", "completion"];

/// What is fed in.
const FED_IN: RequestColumns = RequestColumns {
    arrival: "arrival",
    prompt: "input_len",
    output: "output_len",
    arrival_max_s: 1e6,
    output_min: 1,
};

/// Between the arrival of a request and its arrival at the engine: its prompt is cut into tokens.
const TOKENISATION_S: f64 = 1e-4;

/// Largest deviation of a time that counts as agreement, in seconds.
pub const TOLERANCE_S: f64 = 1e-6;

/// Computes all points and runs of a golden file anew.
///
/// # Errors
/// The text is not JSON, or has neither point nor run.
pub fn run(text: &str) -> Result<Conformed, GoldenError> {
    let mut json: Value = serde_json::from_str(text)?;
    let points = points::computed(&mut json);
    let shared = columns(json.get("columns"));
    let is_run = |object: &Map<String, Value>| object.contains_key("params");
    let none = "a run is an object with `params` and `per_request`, a point one of `perf_points`";
    conform_with(json, points.into_iter().collect(), is_run, none, |name, run| {
        let columns = columns(run.get("columns")).or_else(|| shared.clone());
        let columns = columns.ok_or("no `columns` say what `per_request` holds")?;
        computed(name, run, &columns)
    })
}

/// Computes one run, and puts what came of it into the place of what was recorded.
fn computed(
    name: &str,
    run: &mut Map<String, Value>,
    columns: &[String],
) -> Result<Computed, String> {
    let params = Params::read(run)?;
    for column in COUNTED {
        place(columns, column)?;
    }
    let mut rows = rows(run, "per_request", columns)?;
    let requests = FED_IN.read(&rows, columns)?;
    if requests.is_empty() {
        return Err("it has no requests".to_owned());
    }
    let scenario = params.scenario()?;
    let fed = requests.iter().enumerate().map(|(index, request)| {
        let lengths = [request.prompt_tokens, request.output_tokens];
        row(index, (request.arrival_s + TOKENISATION_S) * 1e9, lengths)
    });
    let witness = replay(&scenario, fed.collect())?;
    let mut by_index: Vec<Option<&RequestRecord>> = vec![None; requests.len()];
    for record in &witness.records {
        by_index[record.index as usize] = Some(record);
    }
    let mut deviation = Deviation::NONE;
    for (row, record) in rows.iter_mut().zip(&by_index) {
        for (column, cell) in columns.iter().zip(row.iter_mut()) {
            let Some(ours) = value(*record, column) else { continue };
            if COUNTED.contains(&column.as_str()) {
                deviation.add(cell.as_f64(), ours.as_f64());
            }
            *cell = ours;
        }
    }
    let steps = witness.iterations.len();
    let results = Results::of(&params, &scenario, &requests, &witness);
    if let Some(cells) = run.get_mut("results").and_then(Value::as_object_mut) {
        results.fill(cells);
    }
    for (key, ours) in
        [("final_time", json!(results.final_s)), ("n_events", Value::Null), ("wall_s", Value::Null)]
    {
        if let Some(cell) = run.get_mut(key) {
            *cell = ours;
        }
    }
    Ok(Computed {
        name: name.to_owned(),
        requests: requests.len(),
        steps,
        deviation,
        refusal: None,
        tolerance: None,
    })
}

fn seconds(time: SimTime) -> f64 {
    time.as_nanos() as f64 / 1e9
}

/// Our value of a column; none for what was fed in.
fn value(record: Option<&RequestRecord>, column: &str) -> Option<Value> {
    let time = |of: fn(&RequestRecord) -> Option<SimTime>| json!(record.and_then(of).map(seconds));
    let is_done = |record: &&RequestRecord| record.status == Status::Completed;
    Some(match column {
        "prefill_start" => time(|record| record.first_scheduled),
        "prefill_end" => time(|record| record.prefill_end),
        "transfer_end" => time(|record| record.transfer_end),
        "first_token" => time(|record| record.first_token),
        "completion" => json!(record.filter(is_done).and_then(|of| of.end).map(seconds)),
        "tokens" => json!(record.map_or(0, |record| record.output_tokens)),
        "id" | "arrival" | "input_len" | "output_len" => return None,
        _ => Value::Null,
    })
}

#[cfg(test)]
mod tests;
