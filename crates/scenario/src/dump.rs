//! A scenario as a file that reads back to the same scenario.

use tokendrome::ticks::scenario_in_ticks;
use tokendrome::{Scenario, SchedulerSpec, TimeUnit};

/// The scenario as JSON that reads back to it: times in ticks where its clock counts them.
///
/// # Panics
/// If a number is infinite or not a number, which no checked scenario has.
#[must_use]
pub fn to_json(scenario: &Scenario) -> serde_json::Value {
    let mut json = serde_json::to_value(scenario).expect("a scenario is plain data");
    if scenario.simulation.time_unit == TimeUnit::Tick {
        scenario_in_ticks(&mut json);
    }
    json
}

/// The scenario `resolved` as TOML, with every field that has a value. Sizes of the scheduler that
/// follow from others, and that `given` leaves open, stand there as comments: so they are chosen
/// anew when the model or the accelerator changes.
///
/// Paths in it are relative to the folder in which the program runs: keep the file there.
///
/// # Errors
/// A number that TOML has no form for (above 2^63), which no checked scenario has; the text says
/// so.
pub fn to_toml(resolved: &Scenario, given: &Scenario) -> Result<String, String> {
    let no_form =
        |error: &dyn std::fmt::Display| format!("the scenario has no form in TOML: {error}");
    let text = match resolved.simulation.time_unit {
        TimeUnit::Second => toml::to_string(resolved).map_err(|error| no_form(&error))?,
        TimeUnit::Tick => toml::to_string(&to_json(resolved)).map_err(|error| no_form(&error))?,
    };
    let derived = match &given.scheduler {
        SchedulerSpec::Vllm(given) => vec![
            ("num_gpu_blocks", given.num_gpu_blocks.is_none()),
            ("max_num_batched_tokens", given.max_num_batched_tokens.is_none()),
            ("max_num_seqs", given.max_num_seqs.is_none()),
            ("max_model_len", given.max_model_len.is_none()),
        ],
        SchedulerSpec::TensorRtLlm(given) => vec![
            ("num_blocks", given.num_blocks.is_none()),
            ("max_seq_len", given.max_seq_len.is_none()),
        ],
        _ => return Ok(text),
    };
    let is_derived = |line: &str| {
        derived.iter().any(|(key, open)| *open && line.starts_with(&format!("{key} = ")))
    };
    let mut in_scheduler = false;
    let lines = text.lines().map(|line| {
        if line.starts_with('[') {
            in_scheduler = line == "[scheduler]";
        }
        let comment = if in_scheduler && is_derived(line) { "# " } else { "" };
        let reason = if comment.is_empty() { "" } else { "  # follows from the others" };
        format!("{comment}{line}{reason}\n")
    });
    Ok(lines.collect())
}
