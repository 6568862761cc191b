//! The rate of a scenario's arrivals: what it is, and the same scenario at another.

use tokendrome::workload::{ArrivalsSpec, Rows, SourceError};
use tokendrome::{Scenario, ScenarioError};

use super::CapacityError;

/// What a trace holds, as far as rates go.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Recording {
    /// Rows that are replayed.
    rows: u64,
    /// From the start of the part that is replayed to its last row, in seconds.
    span_s: f64,
}

/// A scenario whose arrivals have one rate.
#[derive(Debug, Clone)]
pub(super) struct Load {
    scenario: Scenario,
    recording: Option<Recording>,
    /// Its own rate: requests per second, or sessions if it has them.
    pub(super) rate_per_s: f64,
}

/// What a run at some rate looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    /// Requests (or sessions) that arrive in it, in the mean.
    pub(super) arrivals: u64,
    /// Its length in seconds.
    pub(super) length_s: f64,
}

impl Load {
    /// The load of a resolved scenario. `rows` are those of its trace, if it has one.
    pub(super) fn of(scenario: &Scenario, rows: Option<Rows>) -> Result<Self, CapacityError> {
        let recording = match rows {
            Some(rows) => {
                let trace = scenario.workload.trace.as_ref();
                let start_s = trace.map_or(0.0, |trace| trace.start_s);
                let read = Recording::read(rows, start_s, scenario.workload.requests);
                Some(read.map_err(CapacityError::Trace)?)
            }
            None => None,
        };
        let rate_per_s = match (&scenario.workload.arrivals, recording) {
            (Some(arrivals), _) => rate_of(arrivals)?,
            (None, Some(recording)) => {
                let trace = scenario.workload.trace.as_ref();
                recording.rate_per_s()? * trace.map_or(1.0, |trace| trace.speedup)
            }
            (None, None) => return Err(no_rate("says nothing of its arrivals", "")),
        };
        let mut scenario = scenario.clone();
        let (workload, simulation) = (&mut scenario.workload, &mut scenario.simulation);
        if recording.is_none() {
            workload.requests = None;
        }
        (simulation.trials, simulation.precision, simulation.max_trials) = (1, None, None);
        (simulation.warm_up_s, simulation.cool_down_s) = (0.0, 0.0);
        Ok(Self { scenario, recording, rate_per_s })
    }

    /// Whether what arrives are sessions, which bring several requests each.
    pub(super) fn has_sessions(&self) -> bool {
        self.scenario.workload.sessions.is_some()
    }

    /// Whether times of arrival are those of a recording.
    pub(super) fn is_replayed(&self) -> bool {
        self.recording.is_some() && self.scenario.workload.arrivals.is_none()
    }

    pub(super) fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// How many times faster than recorded a rate is; none if times are not recorded.
    pub(super) fn speedup(&self, rate_per_s: f64) -> Option<f64> {
        let recording = self.recording.filter(|_| self.is_replayed())?;
        Some(rate_per_s / recording.rate_per_s().ok()?)
    }

    /// A run with so many arrivals at a rate, or as many as a trace has. Where the trace's times
    /// are replaced, a fifth of its rows stays behind: chance may bring them sooner.
    pub(super) fn window(&self, rate_per_s: f64, arrivals: u64) -> Window {
        let arrivals = match self.recording {
            Some(recording) if self.is_replayed() => recording.rows,
            Some(recording) => arrivals.min((recording.rows * 4).div_ceil(5)),
            None => arrivals,
        };
        Window { arrivals, length_s: arrivals as f64 / rate_per_s }
    }

    /// The same scenario at another rate, with arrivals in the window only.
    pub(super) fn at(&self, rate_per_s: f64, window: Window) -> Scenario {
        let mut scenario = self.scenario.clone();
        match &mut scenario.workload.arrivals {
            Some(arrivals) => set_rate(arrivals, rate_per_s),
            None => {
                let speedup =
                    self.speedup(rate_per_s).expect("without arrivals, times are replayed");
                let trace = scenario.workload.trace.as_mut();
                trace.expect("a replayed scenario has a trace").speedup = speedup;
            }
        }
        scenario.workload.duration_s = Some(window.length_s);
        scenario
    }
}

impl Recording {
    fn read(rows: Rows, start_s: f64, limit: Option<u32>) -> Result<Self, SourceError> {
        let start_ns = start_s * 1e9;
        let (mut count, mut last_ns) = (0, 0.0_f64);
        for row in rows {
            let at_ns = row?.arrival_ns as f64 - start_ns;
            if at_ns < 0.0 {
                continue;
            }
            (count, last_ns) = (count + 1, last_ns.max(at_ns));
            if limit.is_some_and(|limit| count == u64::from(limit)) {
                break;
            }
        }
        Ok(Self { rows: count, span_s: last_ns / 1e9 })
    }

    fn rate_per_s(self) -> Result<f64, CapacityError> {
        if self.rows < 2 || self.span_s <= 0.0 {
            return Err(no_rate(
                "replays a trace whose rows all arrive at once",
                "give the requests other times: --rate, with any rate to begin the search",
            ));
        }
        Ok(self.rows as f64 / self.span_s)
    }
}

fn no_rate(what: &'static str, help: &'static str) -> CapacityError {
    CapacityError::NoRate { what, help }
}

/// The rate of a process that has one.
fn rate_of(arrivals: &ArrivalsSpec) -> Result<f64, CapacityError> {
    const OPEN: &str =
        "choose arrivals at a rate (`--set workload.arrivals.kind=poisson --rate 1`)";
    match *arrivals {
        ArrivalsSpec::Poisson { rate_per_s }
        | ArrivalsSpec::Gamma { rate_per_s, .. }
        | ArrivalsSpec::FixedRate { rate_per_s }
        | ArrivalsSpec::Uniform { rate_per_s }
        | ArrivalsSpec::Bursts { rate_per_s, .. } => Ok(rate_per_s),
        ArrivalsSpec::Batched { size, interval_s } if interval_s > 0.0 => {
            Ok(f64::from(size) / interval_s)
        }
        ArrivalsSpec::Batched { .. } => Err(no_rate("lets everything arrive at the start", OPEN)),
        ArrivalsSpec::ClosedLoop { .. } => {
            Err(no_rate("is a closed loop: its requests wait for answers, at no rate", OPEN))
        }
        ArrivalsSpec::Ramp { .. } | ArrivalsSpec::Daily { .. } => {
            Err(no_rate("has arrivals at a rate that changes, not at one", OPEN))
        }
    }
}

fn set_rate(arrivals: &mut ArrivalsSpec, to_per_s: f64) {
    match arrivals {
        ArrivalsSpec::Poisson { rate_per_s }
        | ArrivalsSpec::Gamma { rate_per_s, .. }
        | ArrivalsSpec::FixedRate { rate_per_s }
        | ArrivalsSpec::Uniform { rate_per_s }
        | ArrivalsSpec::Bursts { rate_per_s, .. } => *rate_per_s = to_per_s,
        ArrivalsSpec::Batched { size, interval_s } => *interval_s = f64::from(*size) / to_per_s,
        ArrivalsSpec::ClosedLoop { .. }
        | ArrivalsSpec::Ramp { .. }
        | ArrivalsSpec::Daily { .. } => {
            unreachable!("what has no rate was refused")
        }
    }
}

impl From<ScenarioError> for CapacityError {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(error)
    }
}
