//! The configuration of a recorded run, as a scenario.

use serde_json::{Map, Value};
use tokendrome::steptime::{AffineSpec, Law, Mixed, StepTimeSpec};
use tokendrome::{PhasesSpec, Scenario, SchedulerSpec, TimeUnit};

use crate::replayed;

/// The engine's clock counts whole nanoseconds, in which batch times such as 7.3333 ms are off by
/// the same part every time. Here a recorded second is as many of the engine's.
pub(super) const STRETCH: f64 = 1e4;

/// What a run was made with; what its configuration leaves out has the original's default.
pub(super) struct Config {
    scheduler: SchedulerSpec,
    service: AffineSpec,
    /// Requests that come earlier are not in the summary, in seconds.
    pub(super) warm_up_s: f64,
    pub(super) is_stuck: bool,
}

impl Config {
    pub(super) fn read(run: &Map<String, Value>) -> Result<Self, String> {
        let config = run.get("config").and_then(Value::as_object).ok_or("`config` is missing")?;
        let service = service(config)?;
        let ratio = run.get("decode_seq_ratio").filter(|value| !value.is_null());
        let ratio = match ratio {
            Some(value) => value.as_f64().ok_or("`decode_seq_ratio` must be a number")?,
            None => 0.5,
        };
        let mut spec = PhasesSpec {
            max_sequences: count(config, "max_sequences", 32)?,
            max_tokens: count(config, "max_tokens", 2_048)?,
            enable_chunked_prefill: flag(config, "enable_chunked_prefill")?,
            prefill_chunk_size: count(config, "prefill_chunk_size", 64)?,
            decode_seq_ratio: None,
            executors: count(config, "num_gpus", 1)?,
        };
        let scheduler = match run.get("scheduler").and_then(Value::as_str) {
            Some("decode") => SchedulerSpec::DecodePrioritizing(spec),
            Some("prefill") => SchedulerSpec::PrefillPrioritizing(spec),
            Some("hybrid") => {
                spec.decode_seq_ratio = Some(ratio);
                SchedulerSpec::Hybrid(spec)
            }
            _ => return Err("`scheduler` must be \"decode\", \"prefill\" or \"hybrid\"".to_owned()),
        };
        let is_stuck = run.get("stuck_forever").and_then(Value::as_bool).unwrap_or(false);
        let warm_up_s = number(config, "warmup_time", 0.0)?;
        Ok(Self { scheduler, service, warm_up_s, is_stuck })
    }

    /// Why no time of the run counts, if so.
    pub(super) fn not_compared(&self) -> Option<&'static str> {
        match (self.is_stuck, self.service.law) {
            (true, _) => Some("the original never ends; here all are served or refused"),
            (false, Law::Exponential) => Some("service times are random"),
            (false, Law::Deterministic) => None,
        }
    }

    /// The scenario whose requests come as rows of a trace, and which goes on until all have ended.
    pub(super) fn scenario(&self) -> Scenario {
        let mut service = self.service.clone();
        service.base_ms *= STRETCH;
        service.per_token_ms *= STRETCH;
        replayed::scenario(self.scheduler.clone(), StepTimeSpec::Affine(service), TimeUnit::Second)
    }

    /// Whether prompts are computed in chunks.
    pub(super) fn is_chunked(&self) -> bool {
        self.scheduler.phases().is_some_and(|spec| spec.enable_chunked_prefill)
    }

    pub(super) fn executors(&self) -> u32 {
        self.scheduler.phases().map_or(1, |spec| spec.executors)
    }
}

/// The time of a batch.
fn service(config: &Map<String, Value>) -> Result<AffineSpec, String> {
    let law = match config.get("service_time_model").and_then(Value::as_str) {
        None | Some("deterministic") => Law::Deterministic,
        Some("exponential") => Law::Exponential,
        Some(other) => {
            return Err(format!(
                "`config.service_time_model` must be \"deterministic\" or \"exponential\"; found \
                 {other:?}"
            ));
        }
    };
    let free = number(config, "b0", 64.0)?;
    if free.fract() != 0.0 || free > 1e9 {
        return Err(format!("`config.b0` must be whole and at most 10^9; found {free}"));
    }
    Ok(AffineSpec {
        base_ms: number(config, "c_ms", 45.5)?,
        per_token_ms: number(config, "a_ms", 0.30)?,
        free_tokens: free as u32,
        mixed: Mixed::Max,
        law,
    })
}

fn number(config: &Map<String, Value>, key: &str, default: f64) -> Result<f64, String> {
    let Some(value) = config.get(key) else { return Ok(default) };
    let found = value.as_f64().filter(|number| *number >= 0.0);
    found.ok_or_else(|| format!("`config.{key}` must be a number of 0 or more; found {value}"))
}

fn count(config: &Map<String, Value>, key: &str, default: u32) -> Result<u32, String> {
    match number(config, key, f64::from(default))? {
        count if count.fract() == 0.0 && (1.0..=1e9).contains(&count) => Ok(count as u32),
        other => Err(format!("`config.{key}` must be whole and from 1 to 10^9; found {other}")),
    }
}

fn flag(config: &Map<String, Value>, key: &str) -> Result<bool, String> {
    match config.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(format!("`config.{key}` must be true or false; found {other}")),
    }
}
