//! Iterations as CSV with a line of names.

use super::Iteration;

/// Names of each column; the first is the one that messages tell.
const NUMBER: &[&str] = &["iteration", "iter", "step"];
const CONTEXT_TOKENS: &[&str] =
    &["prefill_tokens", "context_tokens", "num_ctx_tokens", "num_prefill_tokens"];
const CONTEXT_REQUESTS: &[&str] =
    &["prefill_requests", "context_requests", "num_ctx_requests", "prefills"];
const REQUESTS: &[&str] =
    &["decode_requests", "generation_requests", "num_generation_requests", "decodes"];
const TOKENS: &[&str] = &["decode_tokens", "generation_tokens", "num_generation_tokens"];
const TIMES: &[(&str, f64)] = &[
    ("time_ms", 1.0),
    ("elapsed_ms", 1.0),
    ("latency_ms", 1.0),
    ("time_s", 1e3),
    ("elapsed_s", 1e3),
    ("time_us", 1e-3),
    ("elapsed_us", 1e-3),
];

/// Where the columns stand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    names: Vec<String>,
    number: Option<usize>,
    time: (usize, f64),
    context_requests: Option<usize>,
    context_tokens: usize,
    requests: usize,
    tokens: Option<usize>,
}

impl Columns {
    /// The columns of a line of names; none if it is none, or lacks what there must be.
    pub(super) fn of(line: &str) -> Option<Self> {
        let names: Vec<String> = line.split(',').map(|name| name.trim().to_owned()).collect();
        let place = |of: &[&str]| names.iter().position(|name| of.contains(&name.as_str()));
        let time = |(name, scale): &(&str, f64)| Some((place(&[name])?, *scale));
        Some(Self {
            number: place(NUMBER),
            time: TIMES.iter().find_map(time)?,
            context_requests: place(CONTEXT_REQUESTS),
            context_tokens: place(CONTEXT_TOKENS)?,
            requests: place(REQUESTS)?,
            tokens: place(TOKENS),
            names,
        })
    }

    /// A row; a text says what is wrong with it.
    pub(super) fn row(&self, line: &str) -> Result<Iteration, String> {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != self.names.len() {
            let (found, wanted) = (fields.len(), self.names.len());
            return Err(format!("the row has {found} fields, and the line of names {wanted}"));
        }
        let count = |place: usize| -> Result<u64, String> {
            let (name, found) = (&self.names[place], fields[place]);
            found.parse().map_err(|_| format!("`{name}` must be a whole number; found `{found}`"))
        };
        let (place, scale) = self.time;
        let time: Option<f64> = fields[place].parse().ok();
        let time = time.filter(|time| time.is_finite() && *time >= 0.0).ok_or_else(|| {
            let (name, found) = (&self.names[place], fields[place]);
            format!("`{name}` must be a number that is not negative; found `{found}`")
        })?;
        let requests = count(self.requests)?;
        Ok(Iteration {
            number: self.number.map(count).transpose()?,
            elapsed_ms: time * scale,
            device_ms: None,
            context_requests: self.context_requests.map(count).transpose()?,
            context_tokens: count(self.context_tokens)?,
            generation_requests: requests,
            // Without a draft, one each.
            generation_tokens: self.tokens.map_or(Ok(requests), count)?,
        })
    }
}
