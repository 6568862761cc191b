//! What one iteration takes, operator by operator, without a simulation.
//!
//! A [`Batch`] says what the iteration computes; [`explain`] prices it with the scenario's own
//! step-time model, and again on the ideal machine: every efficiency 1, no overheads.

mod batch;
mod typical;

use thiserror::Error;
use tokendrome_steptime::{BatchShape, Part, PartKind, StepCost, StepTime};

use crate::{Scenario, ScenarioError, TimeUnit, run};

pub use batch::{Batch, Decodes};
pub use typical::MeanLengths;

/// One iteration, explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What it computes.
    pub batch: Batch,
    /// What its time is made of, largest first; empty where step times are given.
    pub parts: Vec<ExplainedPart>,
    /// Time of the host, in seconds.
    pub host_s: f64,
    /// Time in each pipeline stage, with the transfer to the next, in seconds.
    pub stage_s: Vec<f64>,
    /// From the end of one such iteration to that of the next, in seconds, with as many of them in
    /// flight as there are stages: the time of the slowest stage, the host's being in front of the
    /// first, or beside it if the engine plans ahead.
    pub period_s: f64,
    /// Whether the engine plans an iteration while the one before it runs.
    pub plans_ahead: bool,
    /// Operations of all accelerators of the replica; none where step times are given.
    pub flops: Option<f64>,
    /// Bytes to and from their memories; none likewise.
    pub bytes: Option<f64>,
    /// Share of the peak of all accelerators that those operations are in a period (MFU).
    pub compute: Option<f64>,
    /// The same of the bandwidth (MBU).
    pub bandwidth: Option<f64>,
    /// What a person should know of the batch.
    pub notices: Vec<String>,
}

/// A part of an iteration beside its ideal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExplainedPart {
    /// The part, of one rank, summed over layers and stages.
    pub part: Part,
    /// Its time on the ideal machine, in seconds.
    pub ideal_s: f64,
}

impl Explanation {
    /// Time of the iteration by itself, in seconds: the host's, then every stage's.
    #[must_use]
    pub fn total_s(&self) -> f64 {
        self.host_s + self.stage_s.iter().sum::<f64>()
    }

    /// The same on the ideal machine; none where step times are given or
    /// measured.
    #[must_use]
    pub fn ideal_s(&self) -> Option<f64> {
        let parts = &self.parts;
        let sum: f64 = parts.iter().map(|explained| explained.ideal_s).sum();
        // Every ideal machine takes some time; where times are measured, none is known.
        (sum > 0.0).then_some(sum)
    }
}

/// Why an iteration cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExplainError {
    /// The scenario cannot be simulated.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Time has another meaning there.
    #[error(
        "the clock counts ticks: a step takes the prompts' shares of step_time.prefill_time, or \
         step_time.itl, and has no operators"
    )]
    Ticks,
    /// Nothing is computed.
    #[error("the batch is empty: say what it computes")]
    Empty,
    /// More decodes than are looked at.
    #[error("a batch of {found} decodes is more than the {most} that are looked at")]
    Decodes {
        /// Decodes of the batch.
        found: u64,
        /// Most that may be.
        most: u32,
    },
    /// A sequence that is longer than can be counted.
    #[error("a chunk of {tokens} tokens after {context} is too long to count")]
    Length {
        /// Tokens of the chunk.
        tokens: u32,
        /// Tokens before it.
        context: u32,
    },
}

/// What an iteration over `batch` takes in a resolved scenario.
///
/// # Errors
/// If the batch is empty or too large, or the scenario has no seconds.
///
/// # Panics
/// If the scenario has not been resolved.
pub fn explain(scenario: &Scenario, batch: Batch) -> Result<Explanation, ExplainError> {
    if scenario.simulation.time_unit == TimeUnit::Tick {
        return Err(ExplainError::Ticks);
    }
    batch.check()?;
    let model = run::step_time(scenario)?;
    let shape = batch.shape(model.as_ref(), scenario);
    let mut cost = StepCost::new(model.stages());
    model.cost(&shape, &mut cost);
    let mut notices = batch.notices(scenario);
    if cost.is_extrapolated {
        notices.push(
            "this iteration lies outside of the operator tables: its time is extrapolated"
                .to_owned(),
        );
    }
    let mut stage_s = cost.stage_s;
    stage_s[0] = stage_s[0].max(cost.beside_s);
    let plans_ahead = scenario.scheduler.plans_ahead();
    let period_s = period(cost.host_s, &stage_s, plans_ahead);
    let peaks = model.peaks();
    // Data-parallel engines all have such a batch.
    let engines = f64::from(scenario.parallelism.data_parallel_size);
    let (flops, bytes) = (cost.flops * engines, cost.bytes * engines);
    let share = |amount: f64, peak: f64| amount / (period_s * peak);
    Ok(Explanation {
        parts: parts(scenario, model.as_ref(), &shape)?,
        host_s: cost.host_s,
        period_s,
        plans_ahead,
        flops: peaks.map(|_| flops),
        bytes: peaks.map(|_| bytes),
        compute: peaks.map(|(peak, _)| share(flops, peak)),
        bandwidth: peaks.map(|(_, peak)| share(bytes, peak)),
        notices,
        stage_s,
        batch,
    })
}

/// From the end of one such iteration to that of the next, in seconds, for each of `batches`, in a
/// resolved scenario.
///
/// # Errors
/// As [`explain`].
///
/// # Panics
/// If the scenario has not been resolved.
pub fn periods(scenario: &Scenario, batches: &[Batch]) -> Result<Vec<f64>, ExplainError> {
    if scenario.simulation.time_unit == TimeUnit::Tick {
        return Err(ExplainError::Ticks);
    }
    let model = run::step_time(scenario)?;
    let plans_ahead = scenario.scheduler.plans_ahead();
    let period = |batch: &Batch| {
        batch.check()?;
        let mut cost = StepCost::new(model.stages());
        model.cost(&batch.shape(model.as_ref(), scenario), &mut cost);
        cost.stage_s[0] = cost.stage_s[0].max(cost.beside_s);
        Ok(period(cost.host_s, &cost.stage_s, plans_ahead))
    };
    batches.iter().map(period).collect()
}

/// From one end to the next.
fn period(host_s: f64, stage_s: &[f64], plans_ahead: bool) -> f64 {
    let (first, others) = stage_s.split_first().expect("an iteration has a stage");
    let first = if plans_ahead { first.max(host_s) } else { first + host_s };
    others.iter().copied().fold(first, f64::max)
}

fn parts(
    scenario: &Scenario,
    model: &dyn StepTime,
    shape: &BatchShape,
) -> Result<Vec<ExplainedPart>, ExplainError> {
    let Some(step_time) = scenario.step_time.ideal() else {
        // Measured operators have no ideal.
        let parts = model.explain(shape).into_iter();
        return Ok(parts.map(|part| ExplainedPart { part, ideal_s: 0.0 }).collect());
    };
    let ideal = run::step_time(&Scenario { step_time, ..scenario.clone() })?;
    let ideal = ideal.explain(shape);
    let ideal_s = |kind: PartKind| {
        let part = ideal.iter().find(|part| part.kind == kind);
        // Overheads are no parts of the ideal.
        part.map_or(0.0, |part| part.seconds)
    };
    let parts = model.explain(shape).into_iter();
    Ok(parts.map(|part| ExplainedPart { part, ideal_s: ideal_s(part.kind) }).collect())
}
