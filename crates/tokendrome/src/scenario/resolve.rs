//! Checks a scenario and fills in what depends on other fields.

mod dataset;
mod defaults;
mod disaggregation;
mod memory;
mod phase_batching;
mod phases;
mod placed;
mod precision;
mod slots;
mod tables;
mod trtllm;
mod validate;
mod workload;

use thiserror::Error;
use tokendrome_catalog::ModelSpec;
use tokendrome_steptime::{RooflineError, StepTimeSpec};

use super::{Scenario, SchedulerSpec, VllmSpec};
use validate::{at, check_replicas};

pub use memory::Memory;
use memory::Sizes;
pub use placed::{Placed, Verdict};

/// What is wrong with a scenario, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path}: {message}")]
pub struct ScenarioError {
    /// The field, such as `scheduler.max_num_seqs`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl ScenarioError {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Scenario {
    /// The same scenario with every default filled in, and what a person should know about it.
    /// Resolving a resolved scenario changes nothing.
    ///
    /// # Errors
    /// The first thing that makes the scenario impossible, by the path of its field.
    pub fn resolve(mut self) -> Result<(Self, Vec<String>), ScenarioError> {
        let mut notices = Vec::new();
        self.validate()?;
        self.resolve_precision()?;
        if self.disaggregation.is_some() {
            self.resolve_pools(&mut notices)?;
        } else {
            self.check_parts()?;
            self.part_engines(&mut notices)?;
            self.check_placement()?;
            self.resolve_phases()?;
            self.resolve_phase_batching()?;
        }
        self.resolve_workload()?;
        self.check_slo_classes()?;
        if self.disaggregation.is_none() {
            self.resolve_scheduler(&mut notices)?;
        }
        self.workload_notices(&mut notices);
        Ok((self, notices))
    }

    /// Data-parallel engines that share no experts share nothing: each is a replica.
    fn part_engines(&mut self, notices: &mut Vec<String>) -> Result<(), ScenarioError> {
        let engines = self.parallelism.data_parallel_size;
        if engines == 1 || self.model.as_ref().is_some_and(ModelSpec::has_routed_experts) {
            return Ok(());
        }
        self.parallelism.data_parallel_size = 1;
        self.cluster.replicas = self.cluster.replicas.saturating_mul(engines);
        check_replicas(self.cluster.replicas).map_err(at("cluster"))?;
        notices.push(format!(
            "data_parallel_size = {engines}: engines that share no experts are replicas behind the \
             scenario's router, {} in all; vLLM sends a request to the one with the fewest",
            self.cluster.replicas
        ));
        Ok(())
    }

    /// A placement that cannot be is an error even where another model prices the iterations.
    fn check_placement(&mut self) -> Result<(), ScenarioError> {
        let is_roofline = self.step_time.is_roofline();
        if let StepTimeSpec::RooflineLayerwise(spec) = &mut self.step_time {
            *spec = spec.filled();
        }
        if !is_roofline && self.parallelism.pipeline_parallel_size > 1 {
            let message = "step times that are given know no pipeline stages";
            return Err(ScenarioError::new("parallelism.pipeline_parallel_size", message)
                .help("use step_time.kind = \"roofline\", or one stage"));
        }
        if self.parallelism.data_parallel_size > 1 && self.scheduler.vllm().is_none() {
            let message = "only the scheduler `vllm` has engines that wait for each other";
            return Err(ScenarioError::new("parallelism.data_parallel_size", message)
                .help("leave it out, and give cluster.replicas a number"));
        }
        let is_measured = matches!(self.step_time, StepTimeSpec::OperatorTables(_));
        if !is_roofline && !is_measured && self.parallelism.data_parallel_size > 1 {
            let message = "step times that are given know no engines that wait for each other";
            return Err(ScenarioError::new("parallelism.data_parallel_size", message)
                .help("use step_time.kind = \"roofline\", or cluster.replicas"));
        }
        self.check_tables()?;
        let Some((model, hardware)) = self.machine() else { return Ok(()) };
        let assumed = StepTimeSpec::default();
        let step_time = if is_roofline { &self.step_time } else { &assumed };
        let roofline = step_time.roofline(model, hardware, self.parallelism.placement());
        let needs_figures = |error: &RooflineError| {
            let places = matches!(
                error,
                RooflineError::Heads { .. }
                    | RooflineError::KvHeads { .. }
                    | RooflineError::Node { .. }
                    | RooflineError::Stages { .. }
                    | RooflineError::NoExperts { .. }
                    | RooflineError::Experts { .. }
            );
            !places
        };
        if roofline.as_ref().is_err_and(|error| !is_roofline && needs_figures(error)) {
            return Ok(());
        }
        roofline.map(drop).map_err(|error| {
            let path = match &error {
                RooflineError::Heads { .. }
                | RooflineError::KvHeads { .. }
                | RooflineError::Node { .. } => "parallelism.tensor_parallel_size",
                RooflineError::Stages { .. } => "parallelism.pipeline_parallel_size",
                RooflineError::NoExperts { .. } | RooflineError::Experts { .. } => {
                    "parallelism.enable_expert_parallel"
                }
                RooflineError::NoLink { .. } | RooflineError::NoPeak { .. } => "hardware",
                RooflineError::Switch { .. } => "step_time.all_reduce",
                RooflineError::Profile => "step_time.profile",
                RooflineError::NotModelled(_) | RooflineError::Windows { .. } => "model",
            };
            let is_of_model = path == "model";
            let error = ScenarioError::new(path, error.to_string());
            if is_of_model { error.help("choose another model") } else { error }
        })
    }

    fn resolve_workload(&mut self) -> Result<(), ScenarioError> {
        if self.workload.dataset.is_some() {
            return self.workload.resolve_dataset(self.least_output_tokens());
        }
        if self.workload.trace.is_some() {
            return self.workload.check_trace();
        }
        self.fill_synthetic()?;
        self.workload.check_synthetic(self.least_output_tokens())
    }

    /// Limits of a class that no request belongs to are a mistake. A trace names its classes only
    /// as it is read.
    fn check_slo_classes(&self) -> Result<(), ScenarioError> {
        let known: Vec<&str> =
            self.workload.classes.iter().map(|class| class.name.as_str()).collect();
        let stray = self.slo.classes.keys().find(|name| !known.contains(&name.as_str()));
        match stray {
            Some(name) if self.workload.trace.is_none() => {
                let path = format!("slo.classes.{name}");
                let help = match known.as_slice() {
                    [] => "declare it under workload.classes".to_owned(),
                    known => format!("the classes are {}", known.join(", ")),
                };
                Err(ScenarioError::new(path, format!("no request belongs to class `{name}`"))
                    .help(help))
            }
            _ => Ok(()),
        }
    }

    fn resolve_scheduler(&mut self, notices: &mut Vec<String>) -> Result<(), ScenarioError> {
        if self.scheduler.vllm().is_none() {
            self.resolve_trtllm(notices)?;
            return self.check_slots();
        }
        let mut spec = self.sized(notices)?;
        spec.settle_loop(self.parallelism.pipeline_parallel_size, notices)?;
        let memory = Memory::of(self, &Sizes::from(&spec));
        memory.fill(self, &mut spec, notices)?;
        self.scheduler = SchedulerSpec::Vllm(spec);
        Ok(())
    }

    /// The knobs of vLLM's scheduler with budget, places and length filled in.
    ///
    /// # Panics
    /// If it is another scheduler, or the parts were not checked.
    fn sized(&self, notices: &mut Vec<String>) -> Result<VllmSpec, ScenarioError> {
        let mut spec = self.scheduler.vllm().expect("the scheduler is vLLM's").clone();
        let (model, hardware) = self.machine().expect("the parts were checked");
        spec.fill(hardware, model.max_context, notices);
        spec.fill_threshold(notices);
        spec.check(model.max_context)?;
        Ok(spec)
    }

    fn workload_notices(&self, notices: &mut Vec<String>) {
        let priorities = self.workload.classes.iter().any(|class| class.priority != 0);
        if let Some(notice) = self.unused_priorities().filter(|_| priorities) {
            notices.push(notice.to_owned());
        }
    }

    /// Said where priorities are given that no scheduler looks at.
    pub(crate) fn unused_priorities(&self) -> Option<&'static str> {
        let pools = crate::Phase::ALL.map(|phase| Some(self.pool(phase)?.scheduler));
        let mut schedulers: Vec<SchedulerSpec> = pools.into_iter().flatten().collect();
        if schedulers.is_empty() {
            schedulers.push(self.scheduler.clone());
        }
        let looks = schedulers.iter().any(SchedulerSpec::looks_at_priorities);
        (!looks).then(|| schedulers[0].unused_priorities())
    }
}

impl VllmSpec {
    /// Several prompts are computed in part at once only if none of them takes the whole budget.
    ///
    /// Source of the share: Inference Lab's reference, and the first engine of vLLM.
    fn fill_threshold(&mut self, notices: &mut Vec<String>) {
        const SHARE: f64 = 0.04;
        let several = self.max_num_partial_prefills.is_some_and(|most| most > 1);
        if let Some(longest) = self.max_model_len
            && several
            && self.long_prefill_token_threshold == 0
        {
            let threshold = ((f64::from(longest) * SHARE) as u32).max(1);
            self.long_prefill_token_threshold = threshold;
            notices.push(format!(
                "long_prefill_token_threshold is {threshold}, 4 % of max_model_len: \
                 max_num_partial_prefills is above 1"
            ));
        }
    }

    /// Asynchronous scheduling where it is modelled.
    fn settle_loop(&mut self, stages: u32, notices: &mut Vec<String>) -> Result<(), ScenarioError> {
        if stages > 1 && self.async_scheduling == Some(true) {
            let message = "asynchronous scheduling is not modelled with pipeline stages";
            return Err(ScenarioError::new("scheduler.async_scheduling", message)
                .help("leave it out, set it to false, or use one stage"));
        }
        if stages > 1 && self.async_scheduling.is_none() {
            notices.push(
                "scheduling is synchronous: with pipeline stages vLLM's asynchronous scheduling is \
                 not modelled"
                    .to_owned(),
            );
        }
        self.async_scheduling.get_or_insert(stages == 1);
        Ok(())
    }
}
