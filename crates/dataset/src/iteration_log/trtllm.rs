//! TensorRT-LLM's two forms: the lines of `print_iter_log`, such as `iter = 7, ..., host_step_time
//! = 12.3ms, ..., states = {'num_ctx_requests': 1, ...}`, and its statistics, a dict a line with
//! `iterLatencyMS` and `inflightBatchingStats`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::python_repr::parse;
use super::{Iteration, IterationLog};

/// A printed line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Printed {
    rank: u64,
    iteration: Iteration,
    /// What the accelerator took for the iteration before.
    device_before_ms: Option<f64>,
}

/// Reads a printed line; none if it is another.
pub(super) fn printed(line: &str) -> Result<Option<Printed>, String> {
    let Some((before, states)) = line.split_once("states = ") else { return Ok(None) };
    if field(before, "iter").is_none() {
        return Ok(None);
    }
    let states = parse(states.trim())?;
    let count = |key: &str| -> Result<u64, String> {
        let value = states.get(key).ok_or_else(|| format!("`states` has no `{key}`"))?;
        value.as_u64().ok_or_else(|| format!("`{key}` must be a whole number; found {value}"))
    };
    let whole = |name: &str| -> Result<Option<u64>, String> {
        let wrong = |text: &str| format!("`{name}` must be a whole number; found `{text}`");
        field(before, name).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    };
    let elapsed = match duration(before, "host_step_time")? {
        Some(elapsed) => elapsed,
        // Older versions.
        None => duration(before, "elapsed_time")?
            .ok_or("the line has neither `host_step_time` nor `elapsed_time`")?,
    };
    let scheduled = whole("num_scheduled_requests")?;
    let scheduled = scheduled.ok_or("the line has no `num_scheduled_requests`")?;
    let context = count("num_ctx_requests")?;
    let generation = scheduled.checked_sub(context).ok_or_else(|| {
        format!("{context} requests compute prompts, and only {scheduled} are scheduled")
    })?;
    Ok(Some(Printed {
        rank: whole("global_rank")?.or(whole("rank")?).unwrap_or(0),
        iteration: Iteration {
            number: whole("iter")?,
            elapsed_ms: elapsed,
            device_ms: None,
            context_requests: Some(context),
            context_tokens: count("num_ctx_tokens")?,
            generation_requests: generation,
            generation_tokens: count("num_generation_tokens")?,
        },
        device_before_ms: duration(before, "prev_device_step_time")?,
    }))
}

/// The text of `name = text,` or `name: text,`.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    for (at, _) in line.match_indices(name) {
        let is_whole = line[..at].chars().next_back().is_none_or(|c| c == ' ' || c == ',');
        let rest = line[at + name.len()..].trim_start();
        let value = rest.strip_prefix('=').or_else(|| rest.strip_prefix(':'));
        if let Some(value) = value.filter(|_| is_whole) {
            return value.split(',').next().map(str::trim);
        }
    }
    None
}

/// A duration with its unit, in milliseconds; none if there is none, or it is `N/A`.
fn duration(line: &str, name: &str) -> Result<Option<f64>, String> {
    let Some(text) = field(line, name).filter(|text| *text != "N/A" && *text != "None") else {
        return Ok(None);
    };
    let (digits, scale) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 1.0),
        None => (text.strip_suffix('s').unwrap_or(""), 1e3),
    };
    let number: Option<f64> = digits.trim().parse().ok();
    let number = number.filter(|number| number.is_finite() && *number >= 0.0);
    let wrong = || format!("`{name}` must be a time such as `12.3ms`; found `{text}`");
    number.map(|number| Some(number * scale)).ok_or_else(wrong)
}

/// Reads a line of statistics; none if it is another.
pub(super) fn statistics(line: &str) -> Result<Option<Iteration>, String> {
    if !line.starts_with('{') || !line.contains("iterLatencyMS") {
        return Ok(None);
    }
    let dict = parse(line)?;
    let time = |key: &str| dict.get(key).and_then(Value::as_f64).filter(|ms| *ms >= 0.0);
    let stats = dict.get("inflightBatchingStats").filter(|stats| stats.is_object());
    let stats = stats.ok_or("the statistics have no `inflightBatchingStats`")?;
    let count = |key: &str| -> Result<u64, String> {
        let value = stats.get(key).and_then(Value::as_u64);
        value.ok_or_else(|| format!("`inflightBatchingStats` has no whole number `{key}`"))
    };
    let generation = count("numGenRequests")?;
    // More than one where a draft is verified; 0 where nothing was decoded.
    let each = stats.get("avgNumDecodedTokensPerIter").and_then(Value::as_f64).unwrap_or(1.0);
    Ok(Some(Iteration {
        number: dict.get("iter").and_then(Value::as_u64),
        elapsed_ms: time("iterLatencyMS").ok_or("`iterLatencyMS` is no time")?,
        device_ms: None,
        context_requests: Some(count("numContextRequests")?),
        context_tokens: count("numCtxTokens")?,
        generation_requests: generation,
        generation_tokens: (generation as f64 * each.max(1.0)).round() as u64,
    }))
}

/// The printed lines of all ranks: those of one are the iterations of the engine.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    lines: Vec<Printed>,
}

impl Ranks {
    pub(super) fn add(&mut self, printed: Printed) {
        self.lines.push(printed);
    }

    /// Hands over the iterations of the lowest rank, each with its time on the accelerator, which
    /// stands in the line that follows.
    pub(super) fn finish(self, log: &mut IterationLog) {
        let ranks: BTreeSet<u64> = self.lines.iter().map(|line| line.rank).collect();
        let Some(&lowest) = ranks.first() else { return };
        if ranks.len() > 1 {
            log.notices.push(format!(
                "the log has lines of {} ranks; those of rank {lowest} are read",
                ranks.len()
            ));
        }
        for line in self.lines.into_iter().filter(|line| line.rank == lowest) {
            if let Some(before) = log.iterations.last_mut() {
                let follows = before.number.map(|number| number + 1) == line.iteration.number;
                before.device_ms = line.device_before_ms.filter(|_| follows);
            }
            log.iterations.push(line.iteration);
        }
    }
}
