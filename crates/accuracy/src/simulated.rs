//! One run played out, as rows of requests.

use std::path::Path;

use tokendrome::metrics::{Observer, RequestRecord, Status};
use tokendrome::workload::{Rows, TraceRow};
use tokendrome::{Scenario, Simulation};
use tokendrome_dataset::{Options, open_with};

use crate::AccuracyError;
use crate::plan::replayed;

/// What was measured of a request, or simulated. Times in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// When it arrived.
    pub arrival_s: f64,
    /// From arrival to the first token.
    pub ttft_s: f64,
    /// From arrival to the last token.
    pub e2e_s: f64,
    /// `(e2e - ttft) / (output tokens - 1)`; none with one token.
    pub tpot_s: Option<f64>,
    /// From arrival to the first iteration.
    pub queue_s: Option<f64>,
    /// Tokens that were generated; 0 where that is not said.
    pub output_tokens: u32,
}

/// One request as a client sent and saw it. Times in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sent {
    /// When it was sent, from the first of all.
    pub start_s: f64,
    /// Tokens of its prompt.
    pub prompt_tokens: u32,
    /// Tokens that came.
    pub output_tokens: u32,
    /// From sending to the first token.
    pub ttft_s: f64,
    /// From sending to the last token.
    pub e2e_s: f64,
}

/// Keeps the requests of a run.
#[derive(Default)]
struct Kept(Vec<RequestRecord>);

impl Observer for Kept {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn request(&mut self, record: &RequestRecord) {
        self.0.push(record.clone());
    }
}

/// Simulates a scenario with a trace: its requests in the order of the input, and what a person
/// should know of the run.
///
/// # Errors
/// The scenario cannot be simulated, or a request was not served.
pub fn simulate(scenario: &Scenario) -> Result<(Vec<Measured>, Vec<String>), AccuracyError> {
    let failed = |what: String| AccuracyError::Run(what);
    let trace = scenario.workload.trace.as_ref();
    let trace = trace.ok_or_else(|| failed("the scenario names no trace".to_owned()))?;
    let options = Options {
        block_tokens: trace.block_size.and_then(std::num::NonZeroU32::new),
        ..Options::default()
    };
    let rows = open_with(Path::new(&trace.path), &options);
    let rows: Rows = Box::new(rows.map_err(|error| failed(error.to_string()))?);
    play(scenario, rows)
}

/// Simulates a scenario with the requests that a client sent in place of its workload, in their
/// order.
///
/// # Errors
/// The scenario cannot be simulated, or a request was not served.
pub(crate) fn simulate_again(
    scenario: &Scenario,
    requests: &[Sent],
) -> Result<Vec<Measured>, AccuracyError> {
    let row = |(index, of): (usize, &Sent)| TraceRow {
        index: index as u32,
        // To the microsecond: clients' clocks tell no more.
        arrival_ns: (of.start_s * 1e6).round() as u64 * 1_000,
        input_tokens: of.prompt_tokens,
        output_tokens: of.output_tokens,
        ..TraceRow::default()
    };
    let rows: Vec<TraceRow> = requests.iter().enumerate().map(row).collect();
    let mut scenario = scenario.clone();
    scenario.workload = replayed("what the client sent".to_owned());
    let (found, _) = play(&scenario, Box::new(rows.into_iter().map(Ok)))?;
    Ok(found)
}

fn play(scenario: &Scenario, rows: Rows) -> Result<(Vec<Measured>, Vec<String>), AccuracyError> {
    let failed = |what: String| AccuracyError::Run(what);
    let simulation = Simulation::new(scenario).map_err(|error| failed(error.to_string()))?;
    let mut kept = Kept::default();
    let output = simulation.run(0, Some(rows), &mut [&mut kept]);
    let output = output.map_err(|error| failed(error.to_string()))?;
    let mut records = kept.0;
    records.sort_by_key(|record| record.index);
    let requests = records.iter().map(measured).collect::<Result<Vec<_>, _>>()?;
    Ok((requests, output.report.notices))
}

impl From<&Sent> for Measured {
    fn from(of: &Sent) -> Self {
        let gaps = f64::from(of.output_tokens.saturating_sub(1));
        Self {
            arrival_s: of.start_s,
            ttft_s: of.ttft_s,
            e2e_s: of.e2e_s,
            tpot_s: (gaps > 0.0).then(|| (of.e2e_s - of.ttft_s) / gaps),
            queue_s: None,
            output_tokens: of.output_tokens,
        }
    }
}

fn measured(record: &RequestRecord) -> Result<Measured, AccuracyError> {
    let unserved =
        |why: &str| AccuracyError::Run(format!("request {} was not served: {why}", record.index));
    let (Some(ttft), Some(e2e)) = (record.ttft(), record.e2e()) else {
        return Err(match &record.status {
            Status::Rejected(rejection) => unserved(&rejection.detail),
            status => unserved(status.name()),
        });
    };
    Ok(Measured {
        arrival_s: record.arrival.as_secs_f64(),
        ttft_s: ttft.as_secs_f64(),
        e2e_s: e2e.as_secs_f64(),
        tpot_s: record.tpot_ns().map(|nanos| nanos / 1e9),
        queue_s: record.queue_time().map(|time| time.as_secs_f64()),
        output_tokens: record.output_tokens,
    })
}
