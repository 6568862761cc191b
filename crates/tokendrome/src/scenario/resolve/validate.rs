//! Range checks of a scenario's own fields.

use tokendrome_catalog::CatalogError;
use tokendrome_metrics::Objectives;
use tokendrome_units::{SpecError, check_positive, check_range};

use super::ScenarioError;
use crate::{Scenario, VllmSpec};

/// Most replicas; more than anybody has, and few enough for every sum.
const REPLICAS_MAX: f64 = 1e6;

/// Longest times, in seconds: 30 years.
const SECONDS_MAX: f64 = 1e9;

/// Largest KV block, in tokens: a sequence of a million tokens in one.
const BLOCK_SIZE_MAX: f64 = 1_048_576.0;

/// An error of a number, under the path of its section.
pub(super) fn at(section: &str) -> impl Fn(SpecError) -> ScenarioError + '_ {
    move |error| ScenarioError::new(format!("{section}.{}", error.field), error.to_string())
}

pub(super) fn check_replicas(replicas: u32) -> Result<(), SpecError> {
    check_range("replicas", f64::from(replicas), 1.0, REPLICAS_MAX)
}

impl Scenario {
    pub(super) fn validate(&self) -> Result<(), ScenarioError> {
        if let Some(model) = &self.model {
            model.validate().map_err(|error| ScenarioError::new("model", error.to_string()))?;
        }
        if let Some(hardware) = &self.hardware {
            hardware.validate().map_err(|error| {
                let path = match &error {
                    CatalogError::NotPositive { field, .. } => format!("hardware.{field}"),
                    _ => "hardware".to_owned(),
                };
                ScenarioError::new(path, error.to_string())
            })?;
        }
        self.step_time.validate().map_err(at("step_time"))?;
        self.validate_sizes()?;
        self.validate_slo()?;
        self.validate_times()
    }

    fn validate_sizes(&self) -> Result<(), ScenarioError> {
        let parallelism = self.parallelism;
        for (field, size) in [
            ("tensor_parallel_size", parallelism.tensor_parallel_size),
            ("pipeline_parallel_size", parallelism.pipeline_parallel_size),
            ("data_parallel_size", parallelism.data_parallel_size),
        ] {
            check_range(field, f64::from(size), 1.0, 65_536.0).map_err(at("parallelism"))?;
        }
        check_replicas(self.cluster.replicas).map_err(at("cluster"))?;
        self.cluster.delays.validate().map_err(at("cluster.delays"))?;
        if self.workload.max_tokens == Some(0) {
            return Err(ScenarioError::new("workload.max_tokens", "must be 1 or more; found 0"));
        }
        if self.workload.requests == Some(0) {
            let message = "must be 1 or more; found 0: the workload would be empty";
            return Err(ScenarioError::new("workload.requests", message));
        }
        Ok(())
    }

    fn validate_slo(&self) -> Result<(), ScenarioError> {
        let check = |section: &str, objectives: &Objectives| {
            let limits = [
                ("ttft_ms", objectives.ttft_ms),
                ("tpot_ms", objectives.tpot_ms),
                ("e2e_ms", objectives.e2e_ms),
            ];
            limits.into_iter().try_for_each(|(field, limit)| match limit {
                Some(limit) => check_positive(field, limit).map_err(at(section)),
                None => Ok(()),
            })
        };
        check("slo", &self.slo.common())?;
        self.slo
            .classes
            .iter()
            .try_for_each(|(name, objectives)| check(&format!("slo.classes.{name}"), objectives))
    }

    fn validate_times(&self) -> Result<(), ScenarioError> {
        let simulation = &self.simulation;
        if simulation.trials == 0 {
            return Err(ScenarioError::new("simulation.trials", "must be 1 or more; found 0"));
        }
        check_range("warm_up_s", simulation.warm_up_s, 0.0, SECONDS_MAX)
            .map_err(at("simulation"))?;
        check_range("cool_down_s", simulation.cool_down_s, 0.0, SECONDS_MAX)
            .map_err(at("simulation"))?;
        if let Some(max_time_s) = simulation.max_time_s {
            check_positive("max_time_s", max_time_s).map_err(at("simulation"))?;
            check_range("max_time_s", max_time_s, 0.0, SECONDS_MAX).map_err(at("simulation"))?;
        }
        if let Some(duration_s) = self.workload.duration_s {
            check_positive("duration_s", duration_s).map_err(at("workload"))?;
            check_range("duration_s", duration_s, 0.0, SECONDS_MAX).map_err(at("workload"))?;
        }
        match &self.workload.trace {
            Some(trace) => {
                trace.replay(None, simulation.time_unit).validate().map_err(at("workload.trace"))
            }
            None => Ok(()),
        }
    }
}

impl VllmSpec {
    /// Checks the knobs once the defaults are filled in; the rules are vLLM's own.
    pub(super) fn check(&self, max_context: u32) -> Result<(), ScenarioError> {
        let error = |field: &str, message: String| {
            Err(ScenarioError::new(format!("scheduler.{field}"), message))
        };
        self.check_ranges()?;
        let budget = self.max_num_batched_tokens.unwrap_or(0);
        let places = self.max_num_seqs.unwrap_or(0);
        let length = self.max_model_len.unwrap_or(0);
        if budget < places {
            return error(
                "max_num_batched_tokens",
                format!(
                    "{budget} tokens are fewer than max_num_seqs ({places}): a full batch could \
                     not decode"
                ),
            );
        }
        let scheduled = self.max_num_scheduled_tokens.unwrap_or(budget);
        if !self.enable_chunked_prefill && budget.min(scheduled) < length {
            let budget = budget.min(scheduled);
            let field = if scheduled == budget && self.max_num_scheduled_tokens.is_some() {
                "max_num_scheduled_tokens"
            } else {
                "max_num_batched_tokens"
            };
            return error(
                field,
                format!(
                    "without chunked prefill an iteration must hold the longest prompt: {budget} \
                     tokens are fewer than max_model_len ({length})"
                ),
            );
        }
        if length > max_context {
            return error(
                "max_model_len",
                format!("{length} tokens are more than the model's context of {max_context}"),
            );
        }
        if self.long_prefill_token_threshold > length {
            return error(
                "long_prefill_token_threshold",
                format!(
                    "{} is more than max_model_len ({length})",
                    self.long_prefill_token_threshold
                ),
            );
        }
        match self.max_num_active_seqs {
            Some(active) if active > places => error(
                "max_num_active_seqs",
                format!("{active} is more than max_num_seqs ({places})"),
            ),
            _ => Ok(()),
        }
    }

    fn check_ranges(&self) -> Result<(), ScenarioError> {
        let most = f64::from(u32::MAX);
        let whole = [
            ("max_num_batched_tokens", self.max_num_batched_tokens, 1.0),
            ("max_num_seqs", self.max_num_seqs, 1.0),
            ("max_num_scheduled_tokens", self.max_num_scheduled_tokens, 1.0),
            ("max_num_active_seqs", self.max_num_active_seqs, 1.0),
            ("max_model_len", self.max_model_len, 2.0),
            ("prefill_schedule_interval", Some(self.prefill_schedule_interval), 1.0),
            ("max_num_partial_prefills", self.max_num_partial_prefills, 1.0),
        ];
        for (field, value, least) in whole {
            if let Some(value) = value {
                check_range(field, f64::from(value), least, most).map_err(at("scheduler"))?;
            }
        }
        check_range("block_size", f64::from(self.block_size), 1.0, BLOCK_SIZE_MAX)
            .map_err(at("scheduler"))?;
        check_range("watermark", self.watermark, 0.0, 1.0).map_err(at("scheduler"))?;
        let utilization = self.gpu_memory_utilization;
        check_positive("gpu_memory_utilization", utilization).map_err(at("scheduler"))?;
        check_range("gpu_memory_utilization", utilization, 0.0, 1.0).map_err(at("scheduler"))
    }
}
