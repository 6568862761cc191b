//! What is kept of a run while it goes on.

use tokendrome::Report;
use tokendrome::units::SimTime;
use tokendrome_metrics::{Iteration, Observer, RequestRecord, Status};

use crate::clock::Clock;
use crate::number::{decimals, fixed};

use super::first::First;
use super::window::Window;
use super::{Animation, CARRIED_MAX, ITERATIONS_MAX, REQUESTS_MAX};

/// A request with what is shown of it; times in nanoseconds. The earlier comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    pub(super) arrival: u64,
    pub(super) index: u32,
    pub(super) scheduled: Option<u64>,
    pub(super) prefilled: Option<u64>,
    pub(super) first_token: Option<u64>,
    pub(super) decode: Option<u64>,
    pub(super) end: Option<u64>,
    pub(super) is_rejected: bool,
    pub(super) replica: Option<u32>,
    pub(super) prompt_tokens: u32,
    pub(super) preemptions: u32,
}

impl Request {
    fn of(record: &RequestRecord) -> Self {
        let nanos = |time: Option<SimTime>| time.map(SimTime::as_nanos);
        Self {
            arrival: record.arrival.as_nanos(),
            index: record.index,
            scheduled: nanos(record.first_scheduled),
            prefilled: nanos(record.prefill_end),
            first_token: nanos(record.first_token),
            decode: nanos(record.decode_start),
            end: nanos(record.end),
            is_rejected: matches!(record.status, Status::Rejected(_)),
            replica: record.replica.map(|replica| replica.0),
            prompt_tokens: record.prompt_tokens,
            preemptions: record.preemptions,
        }
    }

    /// The last moment at which something is known to happen to it.
    fn last(&self) -> u64 {
        self.end.or(self.first_token).or(self.scheduled).unwrap_or(self.arrival)
    }
}

/// An iteration; times in nanoseconds. The earlier comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    pub(super) start: u64,
    pub(super) replica: u32,
    pub(super) number: u64,
    pub(super) end: u64,
    pub(super) prefills: u32,
    pub(super) prefill_tokens: u64,
    pub(super) decodes: u32,
    pub(super) preempted: u32,
    pub(super) kv_blocks: u64,
}

/// What is shown of a run; times in nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shown {
    pub(super) from: u64,
    pub(super) until: u64,
    pub(super) run_end: u64,
    /// By arrival.
    pub(super) requests: Vec<Request>,
    /// By start.
    pub(super) iterations: Vec<Step>,
    /// KV blocks of one replica.
    pub(super) kv_blocks_total: u64,
    pub(super) requests_seen: u64,
    pub(super) iterations_seen: u64,
    /// Requests that were there at the beginning and are not shown.
    pub(super) carried_left_out: u64,
    /// Whether it ends earlier than was asked for, because there is too much to show.
    pub(super) is_cut: bool,
}

impl Shown {
    /// A time in the unit of the run's length: `0 s`, `12.3 s`.
    pub(super) fn told(&self, nanos: u64, report: &Report) -> String {
        let clock = Clock::of(&report.scenario);
        let unit = clock.unit_of_time(clock.milliseconds(self.run_end.max(self.until)));
        let value = clock.milliseconds(nanos) / unit.ms;
        let decimals = if value.fract() == 0.0 { 0 } else { decimals(value) };
        format!("{} {}", fixed(value, decimals), unit.name)
    }
}

/// Sees a run and keeps what will be shown of it, in bounded memory: a few megabytes.
#[derive(Debug)]
pub struct Collector {
    window: Window,
    /// Requests that are there when the window begins.
    carried: First<Request>,
    /// Requests that arrive later.
    arriving: First<Request>,
    iterations: First<Step>,
    requests_seen: u64,
    iterations_seen: u64,
    last: u64,
    kv_blocks_total: u64,
}

impl Collector {
    /// Will keep what happens in this window.
    #[must_use]
    pub fn new(window: Window) -> Self {
        Self::limited(window, [CARRIED_MAX, REQUESTS_MAX, ITERATIONS_MAX])
    }

    /// The same with other limits.
    pub(super) fn limited(window: Window, limits: [usize; 3]) -> Self {
        let [carried, arriving, iterations] = limits;
        Self {
            window,
            carried: First::new(carried),
            arriving: First::new(arriving),
            iterations: First::new(iterations),
            requests_seen: 0,
            iterations_seen: 0,
            last: 0,
            kv_blocks_total: 0,
        }
    }

    /// What was kept, once the run has ended with this report.
    #[must_use]
    pub fn finish(self, report: &Report) -> Animation {
        let from = self.window.from.as_nanos();
        let run_end = self.last.max(nanos(report));
        let cuts = [
            self.arriving.next().map(|request| request.arrival),
            self.iterations.next().map(|iteration| iteration.start),
        ];
        let asked = self.window.until.as_nanos();
        let bound = cuts.into_iter().flatten().fold(asked, u64::min);
        let carried_left_out = self.carried.left_out();
        let mut requests = self.carried.into_sorted();
        requests.extend(self.arriving.into_sorted().iter().filter(|one| one.arrival < bound));
        let mut iterations = self.iterations.into_sorted();
        iterations.retain(|iteration| iteration.start < bound);
        Animation {
            shown: Shown {
                from,
                until: bound.min(run_end).max(from),
                run_end,
                requests,
                iterations,
                kv_blocks_total: self.kv_blocks_total,
                requests_seen: self.requests_seen,
                iterations_seen: self.iterations_seen,
                carried_left_out,
                is_cut: bound < asked,
            },
        }
    }
}

impl Observer for Collector {
    fn sees_iterations(&self) -> bool {
        true
    }

    fn iteration(&mut self, iteration: &Iteration) {
        self.iterations_seen += 1;
        self.kv_blocks_total = iteration.kv_blocks_total;
        self.last = self.last.max(iteration.end.as_nanos());
        if iteration.end <= self.window.from || iteration.start >= self.window.until {
            return;
        }
        self.iterations.offer(Step {
            start: iteration.start.as_nanos(),
            replica: iteration.replica.0,
            number: iteration.number,
            end: iteration.end.as_nanos(),
            prefills: iteration.prefills,
            prefill_tokens: iteration.prefill_tokens,
            decodes: iteration.decodes,
            preempted: iteration.preempted,
            kv_blocks: iteration.kv_blocks,
        });
    }

    fn request(&mut self, record: &RequestRecord) {
        self.requests_seen += 1;
        let request = Request::of(record);
        self.last = self.last.max(request.last());
        let (from, until) = (self.window.from, self.window.until);
        if record.arrival > from && record.arrival < until {
            self.arriving.offer(request);
        } else if record.arrival <= from && record.end.is_none_or(|end| end >= from) {
            self.carried.offer(request);
        }
    }
}

/// How long the run took, to the nearest nanosecond of the engine's clock.
fn nanos(report: &Report) -> u64 {
    let millisecond = report.scenario.simulation.time_unit.millisecond();
    libm::round(report.summary.duration_s * 1e3 * millisecond.as_nanos() as f64) as u64
}
