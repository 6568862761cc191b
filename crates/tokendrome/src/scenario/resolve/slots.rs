//! Slot schedulers, and what goes with them: parts that a scenario needs or cannot use.

use tokendrome_steptime::StepTimeSpec;
use tokendrome_units::check_range;
use tokendrome_workload::{ArrivalsSpec, LengthsSpec};

use super::ScenarioError;
use super::validate::at;
use crate::{Scenario, SchedulerSpec};

/// Most slots, workers or chunks: more than any engine has.
const COUNT_MAX: f64 = 1e6;

/// Tokens of a prompt where the clock counts ticks and nothing says how many.
const PROMPT_TOKENS: u32 = 1_000;

impl Scenario {
    /// The parts of the scenario against each other: the clock, the step times, the scheduler, the
    /// machine.
    pub(super) fn check_parts(&self) -> Result<(), ScenarioError> {
        let is_roofline = self.step_time.is_roofline();
        if self.is_ticking() {
            self.check_ticking(is_roofline)?;
        } else if matches!(self.step_time, StepTimeSpec::Ticks(_)) {
            let message = "step times in ticks need a clock that counts ticks";
            return Err(ScenarioError::new("step_time.kind", message)
                .help("add `[simulation] time_unit = \"tick\"`"));
        }
        let is_measured = matches!(self.step_time, StepTimeSpec::OperatorTables(_));
        if is_roofline || is_measured || self.scheduler.vllm().is_some() {
            let reason = match (is_roofline, is_measured) {
                (true, _) => "the roofline computes step times from it",
                (_, true) => "operator tables are of one model on one accelerator",
                _ => "its KV cache is sized by it",
            };
            for (part, is_there) in
                [("model", self.model.is_some()), ("hardware", self.hardware.is_some())]
            {
                if !is_there {
                    let message = format!("the scenario names no {part}, and {reason}");
                    return Err(ScenarioError::new(part, message));
                }
            }
        }
        Ok(())
    }

    /// A clock that counts ticks knows no machine.
    fn check_ticking(&self, is_roofline: bool) -> Result<(), ScenarioError> {
        const PATH: &str = "simulation.time_unit";
        let is_roofline = is_roofline || matches!(self.step_time, StepTimeSpec::OperatorTables(_));
        if is_roofline {
            let message = "these step times are in seconds, and the clock counts ticks";
            return Err(ScenarioError::new("step_time.kind", message).help(
                "use step_time = { kind = \"ticks\", prefill_time = 2, itl = 1 }, or leave out \
                 time_unit",
            ));
        }
        if self.scheduler.vllm().is_some() {
            let message = "vLLM's scheduler works on a machine's clock: seconds";
            return Err(ScenarioError::new(PATH, message).help(
                "choose scheduler.kind = \"static\", \"in-flight\", \"in-flight-one-prefill\" or \
                 \"disaggregated\", or leave out time_unit",
            ));
        }
        if self.parallelism.accelerators() > 1 {
            let message = "the clock counts ticks: accelerators have no say in them";
            return Err(ScenarioError::new("parallelism.tensor_parallel_size", message).help(
                "leave out `[parallelism]`; `cluster.replicas` are instances of the engine",
            ));
        }
        for (part, is_there) in
            [("model", self.model.is_some()), ("hardware", self.hardware.is_some())]
        {
            if is_there {
                let message = format!("the clock counts ticks: no {part} has a say in them");
                return Err(ScenarioError::new(part, message)
                    .help(format!("leave out `{part}`, or `[simulation] time_unit`")));
            }
        }
        Ok(())
    }

    /// The knobs of a slot scheduler.
    pub(super) fn check_slots(&self) -> Result<(), ScenarioError> {
        let counts = match &self.scheduler {
            SchedulerSpec::Static(spec)
            | SchedulerSpec::InFlight(spec)
            | SchedulerSpec::InFlightOnePrefill(spec) => vec![
                ("max_batch_size", spec.max_batch_size),
                ("total_prefill_chunks", spec.total_prefill_chunks),
            ],
            SchedulerSpec::Disaggregated(spec) => vec![
                ("prefill_workers", spec.prefill_workers),
                ("decode_workers", spec.decode_workers),
                ("total_prefill_chunks", spec.total_prefill_chunks),
            ],
            _ => return Ok(()),
        };
        for (field, count) in counts {
            check_range(field, f64::from(count), 1.0, COUNT_MAX).map_err(at("scheduler"))?;
        }
        if self.parallelism.pipeline_parallel_size > 1 {
            let message = "slot schedulers know no pipeline stages";
            return Err(ScenarioError::new("parallelism.pipeline_parallel_size", message)
                .help("use one stage, or the scheduler `vllm`"));
        }
        if matches!(self.scheduler, SchedulerSpec::Disaggregated(_))
            && !matches!(self.step_time, StepTimeSpec::Ticks(_))
        {
            let message = "workers in step need step times in ticks";
            return Err(ScenarioError::new("step_time.kind", message).help(
                "use step_time = { kind = \"ticks\", prefill_time = 2, itl = 1 } with \
                 `[simulation] time_unit = \"tick\"`",
            ));
        }
        Ok(())
    }

    /// What a synthetic workload leaves open.
    pub(super) fn fill_synthetic(&mut self) -> Result<(), ScenarioError> {
        if self.is_ticking() {
            let missing = |field: &str, what: &str, help: &str| {
                ScenarioError::new("workload", format!("`[workload]` does not say {what}"))
                    .help(format!("add for example `{field} = {help}`"))
            };
            let workload = &mut self.workload;
            if workload.arrivals.is_none() {
                let help = "{ kind = \"concurrent\", target_concurrency = 6 }";
                return Err(missing("arrivals", "when requests arrive", help));
            }
            if workload.output_tokens.is_none() {
                let help = "{ kind = \"normal\", mean = 10, std = 5 }";
                return Err(missing("output_tokens", "how many tokens they generate", help));
            }
            // As many chunks as anybody asks for, and the same prompts whatever their number.
            let chunks = self.scheduler.total_prefill_chunks().unwrap_or(1);
            let tokens = chunks.max(PROMPT_TOKENS);
            workload.input_tokens.get_or_insert(LengthsSpec::Fixed { tokens });
        }
        let max_time_s = self.simulation.max_time_s;
        let workload = &mut self.workload;
        if workload.requests.is_none() && workload.duration_s.is_none() {
            match workload.arrivals {
                Some(ArrivalsSpec::Batched { size, interval_s: 0.0 }) => {
                    workload.requests = Some(size);
                }
                _ => workload.duration_s = max_time_s,
            }
        }
        workload.fill_synthetic();
        Ok(())
    }
}
