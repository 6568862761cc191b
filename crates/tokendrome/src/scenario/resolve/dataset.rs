//! Checks a workload of prompts and fills in its defaults.

use tokendrome_workload::ArrivalsSpec;

use super::ScenarioError;
use super::validate::at;
use crate::WorkloadSpec;

impl WorkloadSpec {
    /// A dataset brings the prompts; the rest of a workload is as in a synthetic one.
    /// `least_output` is the fewest output tokens that a request may ask for.
    pub(super) fn resolve_dataset(&mut self, least_output: u32) -> Result<(), ScenarioError> {
        const SAID: &str = "the dataset already brings the prompts";
        let fields = [
            ("trace", self.trace.is_some(), "a workload is a trace or a dataset, not both"),
            ("input_tokens", self.input_tokens.is_some(), SAID),
            ("sessions", self.sessions.is_some(), SAID),
            ("prefixes", self.prefixes.is_some(), SAID),
            ("classes", !self.classes.is_empty(), "requests of a dataset have no classes"),
        ];
        if let Some((field, _, message)) = fields.iter().find(|(_, given, _)| *given) {
            return Err(ScenarioError::new(format!("workload.{field}"), *message)
                .help(format!("remove workload.{field}, or workload.dataset")));
        }
        let has_tokenizer = self.dataset.as_ref().is_some_and(|of| of.tokenizer.is_some());
        if !has_tokenizer {
            let message = "a dataset needs a tokenizer, which says how many tokens its texts have";
            return Err(ScenarioError::new("workload.dataset.tokenizer", message)
                .help("name the `tokenizer.json` of the model: `--tokenizer FILE`"));
        }
        let arrivals = self.arrivals.get_or_insert(ArrivalsSpec::Poisson { rate_per_s: 8.0 });
        arrivals.validate().map_err(at("workload.arrivals"))?;
        match &self.output_tokens {
            Some(lengths) => {
                lengths.validate_from(least_output).map_err(at("workload.output_tokens"))
            }
            None => Ok(()),
        }
    }
}
