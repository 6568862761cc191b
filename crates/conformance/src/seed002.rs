//! Runs of a queueing study of scheduling policies: decodes first, prompts first, or both.
//!
//! Source of the recordings: `kh842-sudo/ORIE5580_FinalProject` (commit 00789cf), whose arrivals
//! and lengths are fed in as they were drawn, while batches and times are this engine's own. What
//! counts are the times at which each prompt was computed, the first decode ended, and the request
//! was done. Runs that the original never ends, and those of random service times, are computed but
//! not compared.

mod config;
mod outcome;
mod summary;

use serde_json::{Map, Value, json};

use crate::golden::{Computed, Conformed, Deviation, GoldenError, conform};
use crate::rows::{RequestColumns, columns, place, rows};
use config::Config;
use outcome::Outcome;

/// Columns that are compared.
const COUNTED: [&str; 3] = ["prefill_done_t", "decode_start_t", "done_t"];

/// What is fed in.
const FED_IN: RequestColumns = RequestColumns {
    arrival: "arrival_t",
    prompt: "L",
    output: "B",
    arrival_max_s: 1e5,
    output_min: 0,
};

/// Largest deviation of a time that counts as agreement, in seconds.
pub const TOLERANCE_S: f64 = 1e-7;

/// Computes all runs of a golden file anew.
///
/// # Errors
/// The text is not JSON, or has no run.
pub fn run(text: &str) -> Result<Conformed, GoldenError> {
    let json: Value = serde_json::from_str(text)?;
    let [requests, batches] = ["columns", "batch_columns"].map(|key| columns(json.get(key)));
    let is_run = |object: &Map<String, Value>| object.contains_key("config");
    conform(json, is_run, "a run is an object with `config` and `per_query`", |name, run| {
        let requests = columns(run.get("columns")).or_else(|| requests.clone());
        let requests =
            requests.ok_or_else(|| "no `columns` say what `per_query` holds".to_owned())?;
        let batches = columns(run.get("batch_columns")).or_else(|| batches.clone());
        computed(name, run, &requests, &batches.unwrap_or_default())
    })
}

/// Computes one run, and puts what came of it into the place of what was recorded.
fn computed(
    name: &str,
    run: &mut Map<String, Value>,
    columns: &[String],
    batch_columns: &[String],
) -> Result<Computed, String> {
    let config = Config::read(run)?;
    for column in COUNTED {
        place(columns, column)?;
    }
    let mut rows = rows(run, "per_query", columns)?;
    let requests = FED_IN.read(&rows, columns)?;
    if requests.is_empty() {
        return Err("it has no requests".to_owned());
    }
    let outcome = match outcome::simulate(&config, &requests) {
        Err(why) if config.is_stuck => {
            let deviation = Deviation::NotCompared("the original never ends; here it is refused");
            return Ok(Computed { deviation, ..Computed::refused(name, run, why) });
        }
        outcome => outcome?,
    };
    let mut deviation = match config.not_compared() {
        Some(reason) => Deviation::NotCompared(reason),
        None => Deviation::NONE,
    };
    for (index, row) in rows.iter_mut().enumerate() {
        for (column, cell) in columns.iter().zip(row.iter_mut()) {
            let Some(ours) = value(&outcome, index, column) else { continue };
            if COUNTED.contains(&column.as_str()) {
                deviation.add(cell.as_f64(), ours.as_f64());
            }
            *cell = ours;
        }
    }
    if let Some(cells) = run.get_mut("summary").and_then(Value::as_object_mut) {
        let summary = summary::Summary::of(&config, &requests, &outcome);
        cells.iter_mut().for_each(|(name, cell)| *cell = summary.value(name, cell));
    }
    if let Some(batches) = run.get_mut("first_batches").and_then(Value::as_array_mut) {
        let wanted = batches.len();
        let listed = outcome.batches.iter().take(wanted).map(|batch| {
            let cells = batch_columns.iter().map(|column| batch.value(column));
            Value::Array(cells.collect())
        });
        *batches = listed.collect();
    }
    for (key, ours) in [
        ("n_batches", json!(outcome.batches.len())),
        // The original's clock ticks and its own running time have no counterpart.
        ("n_ticks", Value::Null),
        ("wall_s", Value::Null),
    ] {
        if let Some(cell) = run.get_mut(key) {
            *cell = ours;
        }
    }
    Ok(Computed {
        name: name.to_owned(),
        requests: requests.len(),
        steps: outcome.batches.len(),
        deviation,
        refusal: None,
        tolerance: None,
    })
}

/// Our value of a column; none for what was fed in.
fn value(outcome: &Outcome, index: usize, column: &str) -> Option<Value> {
    let served = outcome.served.get(index);
    Some(match column {
        "prefill_done_t" => json!(served.and_then(|of| of.prefill_done)),
        "decode_start_t" => json!(served.and_then(|of| of.first_token)),
        "done_t" => json!(served.and_then(|of| of.done)),
        "qid" | "arrival_t" | "L" | "B" => return None,
        _ => Value::Null,
    })
}

#[cfg(test)]
mod tests;
