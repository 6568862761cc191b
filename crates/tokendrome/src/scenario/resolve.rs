//! Checks a scenario and fills in what depends on other fields.

mod defaults;
mod memory;
mod validate;

use thiserror::Error;
use tokendrome_steptime::{Placement, Roofline, RooflineError, RooflineSpec, StepTimeSpec};
use tokendrome_workload::{ArrivalsSpec, LengthsSpec};

use super::{Scenario, SchedulerSpec, VllmSpec, WorkloadSpec};

pub use memory::Memory;

/// Requests of a synthetic workload that does not say how many.
const REQUESTS_DEFAULT: u32 = 10_000;

/// Said where priorities are given that nobody looks at.
pub(crate) const UNUSED_PRIORITIES: &str = "requests have priorities, but the scheduler serves \
     first come, first served: set scheduler.policy = \"priority\"";

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
        self.check_placement()?;
        self.resolve_workload()?;
        self.check_slo_classes()?;
        self.resolve_scheduler(&mut notices)?;
        self.workload_notices(&mut notices);
        Ok((self, notices))
    }

    /// A placement that cannot be is an error even where another model prices the iterations.
    fn check_placement(&self) -> Result<(), ScenarioError> {
        let (spec, is_roofline) = match &self.step_time {
            StepTimeSpec::Roofline(spec) => (spec.clone(), true),
            StepTimeSpec::Constant(_) | StepTimeSpec::Affine(_) => (RooflineSpec::default(), false),
        };
        if !is_roofline && self.parallelism.pipeline_parallel_size > 1 {
            let message = "constant and affine step times know no pipeline stages";
            return Err(ScenarioError::new("parallelism.pipeline_parallel_size", message)
                .help("use step_time.kind = \"roofline\", or one stage"));
        }
        let placement = self.placement();
        let roofline = Roofline::new(&spec, &self.model, &self.hardware, placement);
        let needs_figures = |error: &RooflineError| {
            let places = matches!(
                error,
                RooflineError::Heads { .. }
                    | RooflineError::Node { .. }
                    | RooflineError::Stages { .. }
            );
            !places
        };
        if roofline.as_ref().is_err_and(|error| !is_roofline && needs_figures(error)) {
            return Ok(());
        }
        roofline.map(drop).map_err(|error| {
            let path = match &error {
                RooflineError::Heads { .. } | RooflineError::Node { .. } => {
                    "parallelism.tensor_parallel_size"
                }
                RooflineError::Stages { .. } => "parallelism.pipeline_parallel_size",
                RooflineError::NoLink { .. } | RooflineError::NoPeak { .. } => "hardware",
                RooflineError::NotModelled(_) | RooflineError::Windows { .. } => "model",
            };
            let is_of_model = path == "model";
            let error = ScenarioError::new(path, error.to_string());
            if is_of_model { error.help("choose another model") } else { error }
        })
    }

    pub(crate) fn placement(&self) -> Placement {
        Placement {
            tensor: self.parallelism.tensor_parallel_size,
            pipeline: self.parallelism.pipeline_parallel_size,
        }
    }

    fn resolve_workload(&mut self) -> Result<(), ScenarioError> {
        if self.workload.trace.is_some() {
            return self.workload.check_trace();
        }
        self.workload.fill_synthetic();
        let spec = self.workload.synthetic().expect("a workload without trace is synthetic");
        spec.validate().map_err(|error| {
            ScenarioError::new(
                format!("workload.{}", self.workload.section_of(&error)),
                error.to_string(),
            )
        })
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
        let SchedulerSpec::Vllm(mut spec) = self.scheduler.clone();
        spec.fill(&self.hardware, self.model.max_context, notices);
        spec.check(self.model.max_context)?;
        spec.settle_loop(self.parallelism.pipeline_parallel_size)?;
        let memory = Memory::of(self, &spec)?;
        memory.fill(self, &mut spec, notices)?;
        self.scheduler = SchedulerSpec::Vllm(spec);
        Ok(())
    }

    fn workload_notices(&self, notices: &mut Vec<String>) {
        let SchedulerSpec::Vllm(spec) = &self.scheduler;
        let priorities = self.workload.classes.iter().any(|class| class.priority != 0);
        if priorities && spec.policy != super::Policy::Priority {
            notices.push(UNUSED_PRIORITIES.to_owned());
        }
    }
}

impl WorkloadSpec {
    /// A trace brings its own lengths and classes.
    fn check_trace(&self) -> Result<(), ScenarioError> {
        let lengths = [
            ("input_tokens", self.input_tokens.is_some()),
            ("output_tokens", self.output_tokens.is_some()),
            ("classes", !self.classes.is_empty()),
        ];
        if let Some((field, _)) = lengths.iter().find(|(_, given)| *given) {
            let path = format!("workload.{field}");
            return Err(ScenarioError::new(path, "the trace already says this of every request")
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
            Some(arrivals) => arrivals.validate().map_err(|error| {
                ScenarioError::new(format!("workload.arrivals.{}", error.field), error.to_string())
            }),
            None => Ok(()),
        }
    }

    /// Defaults of a synthetic workload: chat at 8 requests per second.
    fn fill_synthetic(&mut self) {
        self.arrivals.get_or_insert(ArrivalsSpec::Poisson { rate_per_s: 8.0 });
        let lognormal = |mu, sigma| LengthsSpec::Lognormal { mu, sigma, min: 1, max: None };
        self.input_tokens.get_or_insert_with(|| lognormal(6.9, 0.7));
        self.output_tokens.get_or_insert_with(|| lognormal(5.3, 0.8));
        if self.requests.is_none() && self.duration_s.is_none() {
            self.requests = Some(REQUESTS_DEFAULT);
        }
    }

    /// The part of the section that an error is about.
    fn section_of(&self, error: &tokendrome_units::SpecError) -> String {
        let field = error.field;
        let in_section = |failed: Option<bool>, section: &str| {
            failed.unwrap_or(false).then(|| format!("{section}.{field}"))
        };
        in_section(self.arrivals.as_ref().map(|spec| spec.validate().is_err()), "arrivals")
            .or(in_section(
                self.input_tokens.as_ref().map(|s| s.validate().is_err()),
                "input_tokens",
            ))
            .or(in_section(
                self.output_tokens.as_ref().map(|s| s.validate().is_err()),
                "output_tokens",
            ))
            .unwrap_or_else(|| field.to_owned())
    }
}

impl VllmSpec {
    /// Asynchronous scheduling where it is modelled.
    fn settle_loop(&mut self, stages: u32) -> Result<(), ScenarioError> {
        if stages > 1 && self.async_scheduling == Some(true) {
            let message = "asynchronous scheduling is not modelled with pipeline stages";
            return Err(ScenarioError::new("scheduler.async_scheduling", message)
                .help("leave it out, set it to false, or use one stage"));
        }
        self.async_scheduling.get_or_insert(stages == 1);
        Ok(())
    }
}
