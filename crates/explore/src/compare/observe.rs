//! What a comparison sees of a run beside its figures.

use std::collections::BinaryHeap;

use tokendrome::metrics::{Arrival, Observer, RequestRecord};
use tokendrome::units::SimTime;
use tokendrome::workload::Rows;
use tokendrome::{Figures, SchedulerSpec, SimulateError, TimeSeries, TimeUnit};

use crate::jobs::Job;

/// Most requests whose times are kept of a first trial.
pub const FIRST_REQUESTS_MAX: usize = 512;

/// What the first trial of a scenario looked like.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstTrial {
    /// The run over time.
    pub series: TimeSeries,
    /// Simulated seconds of the whole run.
    pub duration_s: f64,
    /// The requests that were scheduled first, in this order: at most [`FIRST_REQUESTS_MAX`].
    pub requests: Vec<RequestRecord>,
    /// What the clock counts.
    pub time_unit: TimeUnit,
    /// Whether requests decode in other places than they are prefilled in.
    pub hands_over: bool,
}

impl FirstTrial {
    /// A time of a record in the seconds of the series.
    #[must_use]
    pub fn seconds(&self, time: SimTime) -> f64 {
        time.as_secs_f64() / self.time_unit.stretch()
    }
}

/// What was asked of a scenario in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offered {
    /// Requests that arrived.
    pub requests: u64,
    /// Tokens of their prompts.
    pub input_tokens: u64,
    /// Tokens that they ask for.
    pub output_tokens: u64,
    /// Sum of their times of arrival, in nanoseconds; 0 where the clock counts ticks, for there a
    /// request arrives when a step ends, and steps are the scheduler's.
    pub arrival_ns: u128,
}

impl Offered {
    /// In which way `other`, asked of the scenario `name`, is not this, asked of `first`.
    pub(super) fn difference(&self, other: &Self, first: &str, name: &str) -> String {
        let amounts = [
            (self.requests, other.requests, "requests"),
            (self.input_tokens, other.input_tokens, "input tokens"),
            (self.output_tokens, other.output_tokens, "output tokens"),
        ];
        let differ = amounts.iter().find(|(of_first, its, _)| of_first != its);
        match differ {
            Some((of_first, its, what)) => format!(
                "{name} does not get the requests of {first}: {its} {what} arrive instead of \
                 {of_first}, as where lengths differ, answers call for requests, or one run is \
                 cut earlier"
            ),
            None => format!(
                "{name} gets the requests of {first} at other times, as where rates differ or \
                 answers call for requests"
            ),
        }
    }
}

impl Observer for Offered {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn arrival(&mut self, arrival: &Arrival) {
        self.requests += 1;
        self.input_tokens += u64::from(arrival.prompt_tokens);
        self.output_tokens += u64::from(arrival.output_tokens);
        self.arrival_ns += u128::from(arrival.now.as_nanos());
    }
}

/// What is seen of one run.
pub(super) struct Seen {
    pub(super) offered: Offered,
    pub(super) first_trial: Option<FirstTrial>,
}

/// Runs a job; of a first trial it keeps the course, too.
pub(super) fn observed(
    job: &Job<'_>,
    rows: Option<Rows>,
    stopper: &mut dyn Observer,
) -> Result<(Figures, Seen), SimulateError> {
    let mut offered = Offered::default();
    if job.replication > 0 {
        let figures =
            job.simulation.figures(job.replication, rows, &mut [stopper, &mut offered])?;
        if job.simulation.scenario().simulation.time_unit == TimeUnit::Tick {
            offered.arrival_ns = 0;
        }
        return Ok((figures, Seen { offered, first_trial: None }));
    }
    let mut first = FirstRequests::default();
    let output = job.simulation.run(0, rows, &mut [stopper, &mut offered, &mut first])?;
    let report = output.report;
    let digest = u64::from_str_radix(&report.digest, 16);
    let first_trial = FirstTrial {
        duration_s: report.summary.duration_s,
        series: report.series,
        requests: first.finish(),
        time_unit: report.scenario.simulation.time_unit,
        hands_over: matches!(report.scenario.scheduler, SchedulerSpec::Disaggregated(_)),
    };
    if first_trial.time_unit == TimeUnit::Tick {
        offered.arrival_ns = 0;
    }
    let figures = Figures {
        digest: digest.expect("a digest is hexadecimal"),
        is_complete: report.is_complete,
        notices: report.notices,
        summary: report.summary,
    };
    Ok((figures, Seen { offered, first_trial: Some(first_trial) }))
}

/// Keeps the requests that were scheduled first, whenever they end.
#[derive(Default)]
struct FirstRequests(BinaryHeap<Scheduled>);

struct Scheduled(SimTime, RequestRecord);

impl Scheduled {
    fn key(&self) -> (SimTime, u32) {
        (self.0, self.1.index)
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Observer for FirstRequests {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn request(&mut self, record: &RequestRecord) {
        let Some(scheduled) = record.first_scheduled else { return };
        let is_full = self.0.len() == FIRST_REQUESTS_MAX;
        let key = (scheduled, record.index);
        if is_full && self.0.peek().is_some_and(|last| last.key() <= key) {
            return;
        }
        if is_full {
            self.0.pop();
        }
        self.0.push(Scheduled(scheduled, record.clone()));
    }
}

impl FirstRequests {
    fn finish(self) -> Vec<RequestRecord> {
        self.0.into_sorted_vec().into_iter().map(|Scheduled(_, record)| record).collect()
    }
}
