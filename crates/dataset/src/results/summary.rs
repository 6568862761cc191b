//! The statistics of a run under our names.

use super::MeasuredRequest;
use super::values::statistics;

/// What is known of a distribution.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statistics {
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Standard deviation, as the client computes it.
    pub std: Option<f64>,
    /// Percentiles (0 to 100) with their values, ascending; the median is the 50th.
    pub percentiles: Vec<(f64, f64)>,
}

impl Statistics {
    /// The value of a percentile, if it is known.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        let found = self.percentiles.iter().find(|(of, _)| *of == percent);
        found.map(|(_, value)| *value)
    }

    /// The median, if it is known.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        self.percentile(50.0)
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.mean.is_none() && self.std.is_none() && self.percentiles.is_empty()
    }
}

/// The statistics of a run. What the file does not tell is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResultsSummary {
    /// Time to first token, in milliseconds.
    pub ttft_ms: Option<Statistics>,
    /// Time per output token of each request, `(E2E - TTFT) / (output tokens - 1)`, in
    /// milliseconds.
    pub tpot_ms: Option<Statistics>,
    /// Gaps between tokens, those of all requests pooled, in milliseconds.
    pub itl_ms: Option<Statistics>,
    /// End-to-end latency, in milliseconds.
    pub e2e_ms: Option<Statistics>,
    /// `E2E / output tokens` of each request, in milliseconds.
    pub e2e_per_token_ms: Option<Statistics>,
    /// Requests completed per second.
    pub requests_per_s: Option<f64>,
    /// Output tokens per second.
    pub output_tokens_per_s: Option<f64>,
    /// Tokens of prompts and outputs per second.
    pub total_tokens_per_s: Option<f64>,
    /// Requests per second that met all objectives.
    pub goodput_per_s: Option<f64>,
    /// Requests that completed.
    pub completed: Option<u64>,
    /// Requests that did not.
    pub failed: Option<u64>,
    /// Length of the run, in seconds.
    pub duration_s: Option<f64>,
    /// Tokens of all prompts.
    pub input_tokens: Option<u64>,
    /// Tokens of all outputs.
    pub output_tokens: Option<u64>,
}

/// One number of a summary, as tables and JSON name it.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name, such as `ttft_ms.p99`; it tells the unit.
    pub name: String,
    /// The same for people, such as `TTFT p99`.
    pub label: String,
    /// The unit, such as `ms`; empty for plain numbers.
    pub unit: &'static str,
    /// The number.
    pub value: f64,
}

impl ResultsSummary {
    /// All figures that are known, always in the same order.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let counted = |count: Option<u64>| count.map(|count| count as f64);
        let plain = [
            ("completed", "completed", "", counted(self.completed)),
            ("failed", "failed", "", counted(self.failed)),
            ("duration_s", "duration", "s", self.duration_s),
            ("input_tokens", "input tokens", "", counted(self.input_tokens)),
            ("output_tokens", "output tokens", "", counted(self.output_tokens)),
            ("requests_per_s", "requests", "/s", self.requests_per_s),
            ("output_tokens_per_s", "output tokens", "/s", self.output_tokens_per_s),
            ("total_tokens_per_s", "all tokens", "/s", self.total_tokens_per_s),
            ("goodput_per_s", "goodput", "/s", self.goodput_per_s),
        ];
        let figure = |name: &str, label: &str, unit, value| Figure {
            name: name.to_owned(),
            label: label.to_owned(),
            unit,
            value,
        };
        let mut all: Vec<Figure> = plain
            .into_iter()
            .filter_map(|(name, label, unit, value)| Some(figure(name, label, unit, value?)))
            .collect();
        for (name, label, of) in self.distributions() {
            let Some(of) = of else { continue };
            let fixed = [("mean", of.mean), ("std", of.std)];
            let fixed = fixed.into_iter().filter_map(|(part, value)| Some((part.into(), value?)));
            let percentiles = of.percentiles.iter().map(|(p, value)| (format!("p{p}"), *value));
            for (part, value) in fixed.chain(percentiles) {
                let (part, value): (String, f64) = (part, value);
                let label = format!("{label} {part}");
                all.push(figure(&format!("{name}.{part}"), &label, "ms", value));
            }
        }
        all
    }

    /// The distributions with their names, and what people call them.
    fn distributions(&self) -> [(&'static str, &'static str, Option<&Statistics>); 5] {
        [
            ("ttft_ms", "TTFT", self.ttft_ms.as_ref()),
            ("tpot_ms", "TPOT", self.tpot_ms.as_ref()),
            ("itl_ms", "ITL", self.itl_ms.as_ref()),
            ("e2e_ms", "E2E", self.e2e_ms.as_ref()),
            ("e2e_per_token_ms", "E2E/token", self.e2e_per_token_ms.as_ref()),
        ]
    }

    /// What follows from the requests alone.
    pub(super) fn of_requests(requests: &[MeasuredRequest]) -> Self {
        let done: Vec<&MeasuredRequest> = requests.iter().filter(|one| !one.failed).collect();
        let each = |of: &dyn Fn(&MeasuredRequest) -> Option<f64>| {
            statistics(done.iter().filter_map(|one| of(one)), 1e3)
        };
        let sum = |of: &dyn Fn(&MeasuredRequest) -> Option<u64>| {
            done.iter().map(|one| of(one)).sum::<Option<u64>>().filter(|_| !done.is_empty())
        };
        let per_token = |one: &MeasuredRequest| {
            let tokens = one.output_tokens.filter(|tokens| *tokens > 0)?;
            Some(one.e2e_s? / tokens as f64)
        };
        let (input, output) = (sum(&|one| one.prompt_tokens), sum(&|one| one.output_tokens));
        let duration = span(&done).filter(|span| *span > 0.0);
        let rate = |count: Option<u64>| Some(count? as f64 / duration?);
        Self {
            ttft_ms: each(&|one| one.ttft_s),
            tpot_ms: each(&MeasuredRequest::tpot_s),
            itl_ms: statistics(done.iter().flat_map(|one| one.itls_s.iter().copied()), 1e3),
            e2e_ms: each(&|one| one.e2e_s),
            e2e_per_token_ms: each(&per_token),
            requests_per_s: rate(Some(done.len() as u64)),
            output_tokens_per_s: rate(output),
            total_tokens_per_s: rate(input.zip(output).map(|(input, output)| input + output)),
            goodput_per_s: None,
            completed: Some(done.len() as u64),
            failed: Some((requests.len() - done.len()) as u64),
            duration_s: duration,
            input_tokens: input,
            output_tokens: output,
        }
    }

    /// Fills in what is not known from another summary of the same run.
    pub(super) fn fill_from(&mut self, other: Self) {
        fn fill<T>(known: &mut Option<T>, other: Option<T>) {
            if known.is_none() {
                *known = other;
            }
        }
        fill(&mut self.ttft_ms, other.ttft_ms);
        fill(&mut self.tpot_ms, other.tpot_ms);
        fill(&mut self.itl_ms, other.itl_ms);
        fill(&mut self.e2e_ms, other.e2e_ms);
        fill(&mut self.e2e_per_token_ms, other.e2e_per_token_ms);
        fill(&mut self.requests_per_s, other.requests_per_s);
        fill(&mut self.output_tokens_per_s, other.output_tokens_per_s);
        fill(&mut self.total_tokens_per_s, other.total_tokens_per_s);
        fill(&mut self.completed, other.completed);
        fill(&mut self.failed, other.failed);
        fill(&mut self.duration_s, other.duration_s);
        fill(&mut self.input_tokens, other.input_tokens);
        fill(&mut self.output_tokens, other.output_tokens);
    }
}

/// From the first request that is sent to the last that ends, in seconds.
fn span(done: &[&MeasuredRequest]) -> Option<f64> {
    let starts: Option<Vec<f64>> = done.iter().map(|one| one.start_s).collect();
    let ends: Option<Vec<f64>> = done.iter().map(|one| Some(one.start_s? + one.e2e_s?)).collect();
    Some(ends?.into_iter().reduce(f64::max)? - starts?.into_iter().reduce(f64::min)?)
}
