//! Checks the workload and fills in its defaults.

use tokendrome_workload::{ArrivalsSpec, LengthsSpec};

use super::ScenarioError;
use super::validate::at;
use crate::WorkloadSpec;

/// Requests of a synthetic workload that does not say how many.
const REQUESTS_DEFAULT: u32 = 10_000;

impl WorkloadSpec {
    /// A trace brings its own lengths and classes.
    pub(super) fn check_trace(&self) -> Result<(), ScenarioError> {
        const SAID: &str = "the trace already says this of every request";
        const SYNTHETIC: &str = "a trace is replayed as it was recorded, request by request";
        let fields = [
            ("input_tokens", self.input_tokens.is_some(), SAID),
            ("output_tokens", self.output_tokens.is_some(), SAID),
            ("classes", !self.classes.is_empty(), SAID),
            ("sessions", self.sessions.is_some(), SYNTHETIC),
            ("prefixes", self.prefixes.is_some(), SYNTHETIC),
        ];
        if let Some((field, _, message)) = fields.iter().find(|(_, given, _)| *given) {
            let path = format!("workload.{field}");
            return Err(ScenarioError::new(path, *message)
                .help(format!("remove workload.{field}, or workload.trace")));
        }
        let speedup = self.trace.as_ref().map_or(1.0, |trace| trace.speedup);
        if self.arrivals.is_some() && speedup != 1.0 {
            let message = "arrivals replace the recorded times: there is nothing to speed up";
            return Err(ScenarioError::new("workload.trace.speedup", message)
                .help("leave out workload.trace.speedup, or workload.arrivals"));
        }
        match &self.arrivals {
            Some(ArrivalsSpec::ClosedLoop { .. }) => Err(ScenarioError::new(
                "workload.arrivals",
                "a trace cannot be replayed in a closed loop yet",
            )
            .help("choose an open-loop arrival process, or leave out workload.arrivals")),
            Some(arrivals) => arrivals.validate().map_err(at("workload.arrivals")),
            None => Ok(()),
        }
    }

    /// Defaults of a synthetic workload: chat at 8 requests per second.
    pub(super) fn fill_synthetic(&mut self) {
        self.arrivals.get_or_insert(ArrivalsSpec::Poisson { rate_per_s: 8.0 });
        let lognormal = |mu, sigma| LengthsSpec::lognormal(mu, sigma, 1, None);
        self.input_tokens.get_or_insert_with(|| lognormal(6.9, 0.7));
        self.output_tokens.get_or_insert_with(|| lognormal(5.3, 0.8));
        if let Some(sessions) = &mut self.sessions {
            sessions.new_tokens = sessions.new_tokens.take().or_else(|| self.input_tokens.clone());
        }
        if self.requests.is_none() && self.duration_s.is_none() {
            self.requests = Some(REQUESTS_DEFAULT);
        }
    }

    /// Checks the numbers, those of the parts first: so an error names its part.
    /// `least_output` is the fewest output tokens that a request may ask for.
    pub(super) fn check_synthetic(&self, least_output: u32) -> Result<(), ScenarioError> {
        let spec = self.synthetic().expect("a workload without trace is synthetic");
        spec.arrivals.validate().map_err(at("workload.arrivals"))?;
        spec.input_tokens.validate().map_err(at("workload.input_tokens"))?;
        spec.output_tokens.validate_from(least_output).map_err(|error| {
            let is_too_few = spec.output_tokens.validate_from(0).is_ok();
            let error = at("workload.output_tokens")(error);
            match is_too_few {
                true => error.help(
                    "this scheduler yields a token with every prompt; \"decode-prioritizing\", \
                     \"prefill-prioritizing\" and \"hybrid\" serve requests without output",
                ),
                false => error,
            }
        })?;
        if let Some(sessions) = &spec.sessions {
            sessions.turns.validate().map_err(at("workload.sessions.turns"))?;
            if let Some(new_tokens) = &sessions.new_tokens {
                new_tokens.validate().map_err(at("workload.sessions.new_tokens"))?;
            }
            sessions.validate().map_err(at("workload.sessions"))?;
        }
        if let Some(prefixes) = &spec.prefixes {
            prefixes.tokens.validate().map_err(at("workload.prefixes.tokens"))?;
            prefixes.popularity.validate().map_err(at("workload.prefixes.popularity"))?;
            prefixes.validate().map_err(at("workload.prefixes"))?;
        }
        spec.validate().map_err(at("workload"))
    }
}
