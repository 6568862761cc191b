//! From a scenario to a report.
//!
//! A [`Simulation`] is a scenario that was resolved and checked; it is plain data, so that many
//! threads can run trials of one. [`simulate`] makes one and runs it once.

use std::rc::Rc;

mod engine;
mod requests;
mod windows;

use thiserror::Error;
use tokendrome_cluster::{
    Cluster, Delays, Disaggregation, Outcome, ReplicaModel, RoundRobin, Router, RunError,
    SharedQueue, Wires,
};
use tokendrome_kernel::Streams;
use tokendrome_metrics::{EXACT_SAMPLES_MAX, Observer, Recorder, RecorderSpec};
use tokendrome_steptime::{Affine, Constant, Prefills, StepTime, StepTimeSpec, Ticks};
use tokendrome_units::{SimDuration, SimTime};
use tokendrome_workload::{Rows, Source, SourceError};

use self::requests::{row_notices, source};

use crate::{
    Contention, Curves, DelaysSpec, DisaggregationSpec, Overlap, Phase, Report, RouterSpec,
    Scenario, ScenarioError, SchedulerSpec, Summary, TransferUnit, report,
};

/// What a run yields.
#[derive(Debug, Clone)]
pub struct Output {
    /// The report.
    pub report: Report,
    /// Distributions for drawing.
    pub curves: Curves,
}

/// What a run yields where only its figures are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Fingerprint of the run: the number that [`Report::digest`]
    /// writes in hexadecimal digits.
    pub digest: u64,
    /// Whether the run went to its end: false if an observer ended it.
    pub is_complete: bool,
    /// What a person should know before trusting the figures.
    pub notices: Vec<String>,
    /// The figures.
    pub summary: Summary,
}

/// Why a run has no report.
#[derive(Debug, Error)]
pub enum SimulateError {
    /// The scenario cannot be simulated.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The input behind the workload cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The workload has no request.
    #[error(
        "the workload is empty: no request arrives before it ends (or before simulation.max_time_s)"
    )]
    Empty,
    /// The simulation cannot go on; the text names what blocks it.
    #[error("the simulation can make no progress: {0}")]
    Stuck(String),
}

/// Simulates a scenario once. `rows` are those of its trace or dataset, if it has one; `observers`
/// see what happens, and may end the run.
///
/// # Errors
/// The scenario does not resolve, the trace cannot be read, or the simulation cannot go on.
///
/// # Panics
/// If the scenario names a trace or a dataset and no rows come, or the other way round.
pub fn simulate(
    scenario: &Scenario,
    rows: Option<Rows>,
    observers: &mut [&mut dyn Observer],
) -> Result<Output, SimulateError> {
    Simulation::new(scenario)?.run(0, rows, observers)
}

/// A scenario that is ready to run, as often as one likes and on any thread.
#[derive(Debug, Clone)]
pub struct Simulation {
    scenario: Scenario,
    notices: Vec<String>,
}

impl Simulation {
    /// Resolves and checks the scenario, once for all runs.
    ///
    /// # Errors
    /// The first thing that makes the scenario impossible, by the path of its field.
    pub fn new(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let (scenario, notices) = scenario.clone().resolve()?;
        Ok(Self { scenario, notices })
    }

    /// The scenario with every default filled in.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What a person should know of how the scenario was resolved.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Runs replication `replication` of the scenario: its random numbers are fixed by the seed and
    /// this number, and independent of those of other replications. A plain run is replication 0.
    ///
    /// `rows` are those of the scenario's trace or dataset, from its beginning, if it has one;
    /// `observers` see what happens, and may end the run.
    ///
    /// # Errors
    /// The trace cannot be read, or the simulation cannot go on.
    ///
    /// # Panics
    /// If the scenario names a trace or a dataset and no rows come, or the other way round.
    pub fn run(
        &self,
        replication: u64,
        rows: Option<Rows>,
        observers: &mut [&mut dyn Observer],
    ) -> Result<Output, SimulateError> {
        let (outcome, notices) = self.outcome(replication, rows, observers)?;
        Ok(report::build(&self.scenario, outcome, notices))
    }

    /// The same as [`Simulation::run`] without what costs more than the figures: the copy of the
    /// scenario, and the run over time.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    ///
    /// # Panics
    /// As [`Simulation::run`].
    pub fn figures(
        &self,
        replication: u64,
        rows: Option<Rows>,
        observers: &mut [&mut dyn Observer],
    ) -> Result<Figures, SimulateError> {
        let (outcome, notices) = self.outcome(replication, rows, observers)?;
        Ok(report::figures(&self.scenario, &outcome, notices))
    }

    /// Plays the scenario out, and says what a person should know of it.
    fn outcome(
        &self,
        replication: u64,
        rows: Option<Rows>,
        observers: &mut [&mut dyn Observer],
    ) -> Result<(Outcome, Vec<String>), SimulateError> {
        let on_clock = self.scenario.on_engine_clock();
        let scenario = &on_clock;
        let streams = Streams::new(scenario.simulation.seed, replication);
        let mut source = source(scenario, rows, &streams)?;
        let cluster = cluster(scenario, &streams, source.as_mut(), observers)?;
        let cluster = cluster.with_delays(delays(&scenario.cluster.delays)?);
        let horizon = scenario.simulation.max_time_s.map(time).transpose()?;
        let outcome = cluster.run(horizon.map(SimTime::after_start)).map_err(failure)?;
        if outcome.totals.whole.arrived == 0 && !outcome.interrupted {
            return Err(SimulateError::Empty);
        }
        let mut notices = self.notices.clone();
        notices.extend(source.notices());
        row_notices(scenario, source.as_ref(), &mut notices);
        Ok((outcome, notices))
    }
}

/// The cluster of a scenario on the engine's clock.
fn cluster<'a, 'o>(
    scenario: &Scenario,
    streams: &Streams,
    source: &'a mut dyn Source,
    observers: &'a mut [&'o mut dyn Observer],
) -> Result<Cluster<'a, 'o>, ScenarioError> {
    let recorder = Recorder::new(recorder_spec(scenario, source.classes())?);
    let Some(spec) = &scenario.disaggregation else {
        let router = router(scenario.cluster.router);
        let replicas = replicas(scenario, streams, 0)?;
        return Ok(Cluster::new(replicas, router, source, recorder, observers));
    };
    let [prefill, decode] = Phase::ALL
        .map(|phase| scenario.pool(phase).expect("a disaggregated scenario has two pools"));
    let mut all = replicas(&prefill, streams, 0)?;
    all.extend(replicas(&decode, streams, all.len())?);
    let router = router(prefill.cluster.router);
    let cluster = Cluster::new(all, router, source, recorder, observers);
    Ok(cluster.disaggregated(disaggregation(spec, &prefill, &decode)?))
}

fn delays(spec: &DelaysSpec) -> Result<Delays, ScenarioError> {
    let (request, response) = (spec.request_ms / 1e3, spec.response_ms / 1e3);
    Ok(Delays { request: time(request)?, response: time(response)? })
}

fn disaggregation(
    spec: &DisaggregationSpec,
    prefill: &Scenario,
    decode: &Scenario,
) -> Result<Disaggregation, ScenarioError> {
    let of = &spec.transfer;
    let known = "a resolved scenario says how KV caches are sent";
    Ok(Disaggregation {
        prefill_replicas: prefill.cluster.replicas,
        prefill_output_tokens: u32::from(prefill.scheduler.prompt_yields_token()),
        decode_router: router(decode.cluster.router),
        wires: Wires {
            bandwidth: of.bandwidth.expect(known).0,
            replica_bandwidth: of.replica_bandwidth.map(|rate| rate.0),
            are_shared: of.contention == Contention::Fair,
        },
        latency: time(of.latency_ms / 1e3)?,
        bytes_per_token: of.kv_bytes_per_token.expect(known).0 as f64 / of.compression_ratio,
        carried: of.carries.carried(),
        by_batch: of.unit == TransferUnit::Batch,
        overlapped_layers: match of.overlap {
            Overlap::None => None,
            Overlap::LayerWise => prefill.model.as_ref().map(tokendrome_catalog::ModelSpec::layers),
        },
    })
}

fn failure(error: RunError) -> SimulateError {
    match error {
        RunError::Source(error) => SimulateError::Source(error),
        error @ (RunError::StepTime(_) | RunError::StandsStill { .. } | RunError::Stuck { .. }) => {
            SimulateError::Stuck(error.to_string())
        }
    }
}

fn time(seconds: f64) -> Result<SimDuration, ScenarioError> {
    SimDuration::from_secs_f64(seconds)
        .map_err(|error| ScenarioError::new("simulation", error.to_string()))
}

fn recorder_spec(scenario: &Scenario, classes: Vec<String>) -> Result<RecorderSpec, ScenarioError> {
    Ok(RecorderSpec {
        millisecond: scenario.simulation.time_unit.millisecond(),
        warm_up: time(scenario.simulation.warm_up_s)?,
        cool_down: time(scenario.simulation.cool_down_s)?,
        tbt: scenario.least_output_tokens() == 0,
        transfer: scenario.disaggregation.is_some(),
        exact_max: EXACT_SAMPLES_MAX,
        slo: scenario.slo.clone(),
        classes,
    })
}

fn router(spec: RouterSpec) -> Box<dyn Router> {
    match spec {
        RouterSpec::RoundRobin => Box::new(RoundRobin::default()),
        RouterSpec::SharedQueue => Box::new(SharedQueue),
    }
}

/// The replicas of a pool, of which the first has this number.
fn replicas(
    scenario: &Scenario,
    streams: &Streams,
    first: usize,
) -> Result<Vec<ReplicaModel>, ScenarioError> {
    let step_time = step_time(scenario)?;
    let replica = |i: usize| ReplicaModel {
        scheduler: engine::engines(scenario),
        step_time: Rc::clone(&step_time),
        engine_loop: engine::engine_loop(scenario),
        stream: streams.stream(&format!("step-time-{i}")),
    };
    let count = scenario.cluster.replicas as usize;
    Ok((first..first + count).map(replica).collect())
}

/// The step-time model of a resolved scenario.
pub(crate) fn step_time(scenario: &Scenario) -> Result<Rc<dyn StepTime>, ScenarioError> {
    Ok(match &scenario.step_time {
        StepTimeSpec::Roofline(_) | StepTimeSpec::RooflineLayerwise(_) => {
            let roofline = scenario.roofline();
            let roofline =
                roofline.map_err(|error| ScenarioError::new("step_time", error.to_string()))?;
            roofline.expect("a resolved scenario is complete")
        }
        StepTimeSpec::Constant(spec) => Rc::new(Constant::new(spec)),
        StepTimeSpec::Affine(spec) => Rc::new(Affine::new(spec)),
        StepTimeSpec::OperatorTables(spec) => Rc::new(scenario.operator_model(spec)?),
        StepTimeSpec::Ticks(spec) => {
            let chunks = scenario.scheduler.total_prefill_chunks();
            let prefills = match scenario.scheduler {
                SchedulerSpec::Disaggregated(_) => Prefills::Overlap,
                _ => Prefills::Add,
            };
            Rc::new(Ticks::new(spec, chunks.unwrap_or(1), prefills))
        }
    })
}
