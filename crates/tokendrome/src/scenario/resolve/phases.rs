//! The schedulers of two phases: their knobs, and what goes with them.

use tokendrome_units::check_range;

use super::ScenarioError;
use super::validate::at;
use crate::{Phase, PhasesSpec, Scenario, SchedulerSpec};

/// Most engines on one queue: more than anybody has.
const EXECUTORS_MAX: f64 = 1e6;

impl Scenario {
    /// The knobs, with what they leave open filled in.
    pub(super) fn resolve_phases(&mut self) -> Result<(), ScenarioError> {
        let is_hybrid = matches!(self.scheduler, SchedulerSpec::Hybrid(_));
        if let SchedulerSpec::Hybrid(spec) = &mut self.scheduler {
            spec.decode_seq_ratio.get_or_insert(PhasesSpec::DECODE_SEQ_RATIO);
        }
        let Some(spec) = self.scheduler.phases() else { return Ok(()) };
        spec.check()?;
        match spec.decode_seq_ratio {
            Some(_) if !is_hybrid => {
                let message = "only the scheduler `hybrid` shares its places between the phases";
                return Err(ScenarioError::new("scheduler.decode_seq_ratio", message)
                    .help("leave it out, or set scheduler.kind = \"hybrid\""));
            }
            Some(ratio) => spec.check_places(ratio)?,
            None => {}
        }
        if self.is_ticking() {
            let message = "schedulers of two phases work on a clock in seconds";
            return Err(ScenarioError::new("simulation.time_unit", message)
                .help("leave out time_unit, or choose a slot scheduler such as \"in-flight\""));
        }
        if self.parallelism.pipeline_parallel_size > 1 {
            let message = "schedulers of two phases know no pipeline stages";
            return Err(ScenarioError::new("parallelism.pipeline_parallel_size", message)
                .help("use one stage, or the scheduler `vllm`"));
        }
        Ok(())
    }

    /// Engines of one replica: executors that share its queues.
    #[must_use]
    pub fn executors(&self) -> u32 {
        self.scheduler.phases().map_or(1, |spec| spec.executors)
    }

    /// Accelerators of one replica.
    #[must_use]
    pub fn accelerators_per_replica(&self) -> u32 {
        self.parallelism.accelerators().saturating_mul(self.executors())
    }

    /// Fewest output tokens that a request may ask for: none where its prompt yields no token.
    pub(crate) fn least_output_tokens(&self) -> u32 {
        let decode = self.pool(Phase::Decode);
        u32::from(decode.as_ref().unwrap_or(self).scheduler.prompt_yields_token())
    }
}

impl PhasesSpec {
    fn check(&self) -> Result<(), ScenarioError> {
        let most = f64::from(u32::MAX);
        for (field, value, most) in [
            ("max_sequences", self.max_sequences, most),
            ("max_tokens", self.max_tokens, most),
            ("prefill_chunk_size", self.prefill_chunk_size, most),
            ("executors", self.executors, EXECUTORS_MAX),
        ] {
            check_range(field, f64::from(value), 1.0, most).map_err(at("scheduler"))?;
        }
        Ok(())
    }

    /// Both phases need a place, or one of them would wait for ever.
    fn check_places(&self, ratio: f64) -> Result<(), ScenarioError> {
        check_range("decode_seq_ratio", ratio, 0.0, 1.0).map_err(at("scheduler"))?;
        let (all, decodes) = (self.max_sequences, self.decode_places());
        if decodes > 0 && decodes < all {
            return Ok(());
        }
        let message = format!(
            "{ratio} of {all} places leaves {decodes} for decodes and {} for prompts: each needs \
             one",
            all - decodes
        );
        Err(ScenarioError::new("scheduler.decode_seq_ratio", message)
            .help("raise scheduler.max_sequences, or choose a ratio nearer to 0.5"))
    }
}
