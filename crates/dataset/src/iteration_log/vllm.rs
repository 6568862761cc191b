//! vLLM's lines: those of `--enable-logging-iteration-details`, such as `Iteration(7): 1 context
//! requests, 512 context tokens, 3 generation requests, 3 generation tokens, iteration elapsed
//! time: 12.34 ms`, and the periodic ones that begin with `Avg prompt throughput:`.

use std::collections::BTreeSet;

use super::{Interval, Iteration};

/// Reads a line of an iteration; none if it is another, or the engine computed nothing but kept
/// step with others.
pub(super) fn iteration(line: &str) -> Result<Option<Iteration>, String> {
    let Some((_, text)) = line.split_once("Iteration(") else { return Ok(None) };
    let Some((number, text)) = text.split_once("):") else { return Ok(None) };
    if text.contains("(dummy)") || !text.contains("context requests") {
        return Ok(None);
    }
    let count = |what: &str| -> Result<u64, String> {
        let found = text.split(',').find_map(|part| part.trim().strip_suffix(what));
        let found = found.ok_or_else(|| format!("the line does not tell the{what}"))?;
        found.trim().parse().map_err(|_| format!("`{found}` must be a whole number of{what}"))
    };
    let elapsed = after(text, "iteration elapsed time:").and_then(|text| text.strip_suffix("ms"));
    let elapsed = elapsed.ok_or("the line does not end with an elapsed time in ms")?;
    let elapsed = number_of(elapsed)?;
    Ok(Some(Iteration {
        number: number.trim().parse().ok(),
        elapsed_ms: elapsed,
        device_ms: None,
        context_requests: Some(count(" context requests")?),
        context_tokens: count(" context tokens")?,
        generation_requests: count(" generation requests")?,
        generation_tokens: count(" generation tokens")?,
    }))
}

/// Reads a periodic line; none if it is another.
pub(super) fn interval(line: &str) -> Result<Option<Interval>, String> {
    let Some(start) = line.find("Avg prompt throughput:") else { return Ok(None) };
    let text = &line[start..];
    let rate = |name: &str| {
        let text = after(text, name).ok_or_else(|| format!("the line has no `{name}`"))?;
        number_of(text.trim_end_matches("tokens/s"))
    };
    let count = |name: &str| {
        let text = after(text, name).ok_or_else(|| format!("the line has no `{name}`"))?;
        let digits = text.trim_end_matches("reqs").trim();
        digits.parse().map_err(|_| format!("`{name}` must be a whole number; found `{digits}`"))
    };
    let kv = after(text, "GPU KV cache usage:").and_then(|text| text.strip_suffix('%'));
    Ok(Some(Interval {
        prompt_tokens_per_s: rate("Avg prompt throughput:")?,
        generation_tokens_per_s: rate("Avg generation throughput:")?,
        running: count("Running:")?,
        waiting: count("Waiting:")?,
        kv_usage: kv.map(|text| number_of(text).map(|percent| percent / 100.0)).transpose()?,
    }))
}

/// What stands between a name and the next comma.
fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(name)?;
    rest.split(',').next().map(str::trim)
}

fn number_of(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
    let number = number.filter(|number| *number >= 0.0);
    number.ok_or_else(|| format!("`{}` must be a number that is not negative", text.trim()))
}

/// The engines whose lines were seen.
#[derive(Debug, Default)]
pub(super) struct Engines(BTreeSet<String>);

impl Engines {
    pub(super) fn see(&mut self, line: &str) {
        let Some((_, rest)) = line.split_once("EngineCore_DP") else { return };
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        if !self.0.contains(digits) {
            self.0.insert(digits.to_owned());
        }
    }

    pub(super) fn notice(&self) -> Option<String> {
        let count = self.0.len();
        let text = "data-parallel engines: each iteration is of one, and waits for the others";
        (count > 1).then(|| format!("the log has lines of {count} {text}"))
    }
}
