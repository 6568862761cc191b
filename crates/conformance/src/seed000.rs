//! Runs of a tick simulator of batching strategies, with slots or with disaggregated workers.
//!
//! Source of the recordings: `llm-inference-simulator` by Muhtasham Oblokulov, whose loads and
//! lengths are fed in as they were drawn, while slots, steps and times are this engine's own. The
//! times of first tokens and of completions count; everything else that the recording has is
//! written beside them.

mod config;
mod figures;
mod outcome;

use serde_json::{Map, Value, json};

use crate::golden::{Computed, Conformed, Deviation, GoldenError, conform};
use crate::rows::{columns, number, place, rows, whole};
use config::Config;
use figures::Figures;
use outcome::{Outcome, Request};

/// Columns that are compared.
const COUNTED: [&str; 2] = ["first_token_at", "completed_at"];

/// Largest deviation of a time that counts as agreement, in ticks.
pub const TOLERANCE_TICKS: f64 = 1e-6;

/// Computes all runs of a golden file anew.
///
/// # Errors
/// The text is not JSON, or has no run.
pub fn run(text: &str) -> Result<Conformed, GoldenError> {
    let json: Value = serde_json::from_str(text)?;
    let columns = columns(json.get("columns"));
    let is_run = |object: &Map<String, Value>| object.contains_key("config");
    conform(json, is_run, "a run is an object with `config` and `per_request`", |name, run| {
        computed(name, run, columns.as_deref())
    })
}

/// Computes one run, and puts what came of it into the place of what was recorded.
fn computed(
    name: &str,
    run: &mut Map<String, Value>,
    shared: Option<&[String]>,
) -> Result<Computed, String> {
    let own = columns(run.get("columns"));
    let columns = own.as_deref().or(shared).ok_or("no `columns` say what `per_request` holds")?;
    let config = Config::read(run.get("config"))?;
    for column in COUNTED {
        place(columns, column)?;
    }
    let mut rows = rows(run, "per_request", columns)?;
    let served = config.requests.unwrap_or(rows.len()).min(rows.len());
    let requests = requests(&rows[..served], columns)?;
    if requests.is_empty() {
        return Err("it has no requests".to_owned());
    }
    let outcome = outcome::simulate(&config, &requests)?;
    let mut deviation = Deviation::NONE;
    for (index, row) in rows.iter_mut().enumerate() {
        for (column, cell) in columns.iter().zip(row.iter_mut()) {
            let Some(ours) = value(&outcome, index, column) else { continue };
            if COUNTED.contains(&column.as_str()) {
                deviation.add(cell.as_f64(), ours.as_f64());
            }
            *cell = ours;
        }
    }
    let figures = Figures::of(&outcome);
    if let Some(metrics) = run.get_mut("metrics").and_then(Value::as_object_mut) {
        metrics.iter_mut().for_each(|(name, cell)| *cell = figures.value(name));
    }
    for (key, values) in [("times", figures.times()), ("queue_size", figures.queue_size())] {
        if let Some(cell) = run.get_mut(key) {
            *cell = values;
        }
    }
    if let Some(log) = run.get_mut("log") {
        // Lines for people, in the other program's words.
        *log = Value::Null;
    }
    Ok(Computed {
        name: name.to_owned(),
        requests: requests.len(),
        steps: figures.steps(),
        deviation,
        refusal: None,
        tolerance: None,
    })
}

/// What is fed in of the rows: when requests came, and how long their outputs are.
fn requests(rows: &[&mut Vec<Value>], columns: &[String]) -> Result<Vec<Request>, String> {
    let (added_at, output_len) = (place(columns, "added_at")?, place(columns, "output_len")?);
    let request = |(index, row): (usize, &&mut Vec<Value>)| {
        Ok(Request {
            added_at: number(row, index, added_at, "added_at", 1e9)?,
            output_tokens: whole(row, index, output_len, "output_len", 1)?,
        })
    };
    rows.iter().enumerate().map(request).collect()
}

/// Our value of a column; none for what was fed in.
fn value(outcome: &Outcome, index: usize, column: &str) -> Option<Value> {
    // Rows beyond those that were served are of requests that the original lost.
    let request = outcome.requests.get(index);
    let time = |of: Option<f64>| json!(of);
    Some(match column {
        "started_at" | "prefill_start" => time(request.and_then(|request| request.started_at)),
        "first_token_at" => time(request.and_then(|request| request.first_token_at)),
        "completed_at" => time(request.and_then(|request| request.completed_at)),
        "last_started_at" => time(request.and_then(|request| request.last_started_at())),
        "slot" | "prefill_slot" => json!(request.and_then(|request| request.slot)),
        "tokens_generated" => json!(request.map_or(0, |request| request.tokens)),
        "decode_slot" => Value::Null,
        "seq" | "added_at" | "output_len" => return None,
        _ => Value::Null,
    })
}

#[cfg(test)]
mod tests;
