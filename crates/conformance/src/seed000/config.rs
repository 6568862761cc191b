//! The configuration of a recorded run, as a scenario.

use serde_json::Value;
use tokendrome::steptime::{StepTimeSpec, TicksSpec};
use tokendrome::{Scenario, SchedulerSpec, SlotsSpec, TimeUnit, WorkersSpec};

use crate::replayed;

/// Longest run, in ticks: every one of them is a step.
const TIME_LIMIT_MAX: f64 = 1e7;

/// What a run was made with.
pub(super) struct Config {
    pub(super) scheduler: SchedulerSpec,
    prefill_time: f64,
    itl: f64,
    /// Steps of a prefill.
    pub(super) chunks: u32,
    /// The loop begins its last step before this time, in ticks.
    pub(super) time_limit: f64,
    /// Requests that are served, where rows of others follow.
    pub(super) requests: Option<usize>,
}

impl Config {
    pub(super) fn read(config: Option<&Value>) -> Result<Self, String> {
        let config = config.and_then(Value::as_object).ok_or("`config` is missing")?;
        let number = |key: &str| {
            let found = config.get(key).and_then(Value::as_f64);
            found.ok_or_else(|| format!("`config.{key}` must be a number"))
        };
        let count = |key: &str| match number(key)? {
            count if count.fract() == 0.0 && (1.0..=1e6).contains(&count) => Ok(count as u32),
            other => Err(format!("`config.{key}` must be a whole number from 1; found {other}")),
        };
        let total_prefill_chunks = count("chunks")?;
        let is_disaggregated = config.contains_key("prefill_workers");
        let scheduler = if is_disaggregated {
            SchedulerSpec::Disaggregated(WorkersSpec {
                prefill_workers: count("prefill_workers")?,
                decode_workers: count("decode_workers")?,
                total_prefill_chunks,
            })
        } else {
            let slots =
                SlotsSpec { max_batch_size: count("max_batch_size")?, total_prefill_chunks };
            match config.get("batcher").and_then(Value::as_str) {
                Some("static") => SchedulerSpec::Static(slots),
                Some("ifb") => SchedulerSpec::InFlight(slots),
                Some("ifb_one_prefill") => SchedulerSpec::InFlightOnePrefill(slots),
                other => {
                    let known = "`static`, `ifb` or `ifb_one_prefill`";
                    return Err(format!("`config.batcher` must be {known}; found {other:?}"));
                }
            }
        };
        let requests = if is_disaggregated { Some(count("n")? as usize) } else { None };
        let (prefill_time, itl) = (number("prefill_time")?, number("itl")?);
        let time_limit = number("time_limit")?;
        if !(0.0..=TIME_LIMIT_MAX).contains(&time_limit) {
            return Err(format!(
                "`config.time_limit` must lie between 0 and {TIME_LIMIT_MAX}; found {time_limit}"
            ));
        }
        Ok(Self {
            scheduler,
            prefill_time,
            itl,
            chunks: total_prefill_chunks,
            time_limit,
            requests,
        })
    }

    /// The scenario whose requests come as rows of a trace, and which goes on until all have ended.
    pub(super) fn scenario(&self) -> Scenario {
        let step_time = TicksSpec { prefill_time: self.prefill_time, itl: self.itl };
        replayed::scenario(self.scheduler.clone(), StepTimeSpec::Ticks(step_time), TimeUnit::Tick)
    }

    /// Whether slots are those of workers.
    pub(super) fn is_disaggregated(&self) -> bool {
        matches!(self.scheduler, SchedulerSpec::Disaggregated(_))
    }

    /// Places in which prefill happens.
    pub(super) fn prefill_slots(&self) -> usize {
        let slots = match &self.scheduler {
            SchedulerSpec::Static(spec)
            | SchedulerSpec::InFlight(spec)
            | SchedulerSpec::InFlightOnePrefill(spec) => spec.max_batch_size,
            SchedulerSpec::Disaggregated(spec) => spec.prefill_workers,
            _ => 0,
        };
        slots as usize
    }
}
