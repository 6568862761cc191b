//! One run through the ordinary engine, seen up to the time at which the original stopped.

use tokendrome::metrics::Iteration;
use tokendrome::units::{SimTime, TICK};

use super::config::Config;
use crate::replayed::{Witness, replay, row};

/// A request as it is fed in.
pub(super) struct Request {
    /// When it comes, in ticks.
    pub(super) added_at: f64,
    pub(super) output_tokens: u32,
}

/// What became of a request while the original looked; times in ticks.
pub(super) struct Served {
    pub(super) added_at: f64,
    pub(super) target: u32,
    pub(super) started_at: Option<f64>,
    pub(super) first_token_at: Option<f64>,
    pub(super) completed_at: Option<f64>,
    decode_start: Option<f64>,
    /// Whether it decodes in another place than it was prefilled in.
    is_handed_over: bool,
    /// The lowest slot that was free when it started.
    pub(super) slot: Option<usize>,
    /// Tokens at the last look.
    pub(super) tokens: u32,
}

impl Served {
    /// When it took its present place: the original overwrites the start with that of decode. Of
    /// one that had only one token to generate, the engine does not say when it passed through.
    pub(super) fn last_started_at(&self) -> Option<f64> {
        let is_through = self.is_handed_over && self.completed_at.is_some();
        self.decode_start.or(self.started_at.filter(|_| !is_through))
    }

    /// Whether it is in a batch that decodes, with more than one token, when a step begins.
    pub(super) fn decodes_on(&self, step: f64) -> bool {
        let begun = if self.is_handed_over { self.decode_start } else { self.first_token_at };
        begun.is_some_and(|begun| begun < step) && self.completed_at.is_none_or(|end| end > step)
    }
}

/// A step of the original's loop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) start: f64,
    pub(super) end: f64,
}

/// A run.
pub(super) struct Outcome {
    pub(super) requests: Vec<Served>,
    /// The steps that began before the time limit, idle ones of one tick among them.
    pub(super) steps: Vec<Step>,
}

fn ticks(time: SimTime) -> f64 {
    time.as_nanos() as f64 / TICK.as_nanos() as f64
}

/// Runs the requests to their end, and looks at what the original saw of it.
pub(super) fn simulate(config: &Config, requests: &[Request]) -> Result<Outcome, String> {
    let row = |(index, request): (usize, &Request)| {
        // A tick takes the place of a millisecond.
        row(index, request.added_at * 1e6, [config.chunks, request.output_tokens])
    };
    let rows = requests.iter().enumerate().map(row).collect();
    let Witness { records, iterations } = replay(&config.scenario(), rows)?;
    let steps = steps(&iterations, config.time_limit);
    let last = steps.last().map_or(0.0, |step| step.start);
    let seen = |time: Option<SimTime>| {
        time.map(ticks).filter(|&time| time <= last && time < config.time_limit)
    };
    let served = records.iter().zip(requests).map(|(record, request)| {
        let decode_start = seen(record.decode_start);
        let mut served = Served {
            added_at: ticks(record.arrival),
            target: request.output_tokens,
            started_at: seen(record.first_scheduled),
            first_token_at: seen(record.first_token),
            completed_at: seen(record.end),
            decode_start,
            is_handed_over: config.is_disaggregated(),
            slot: None,
            tokens: 0,
        };
        served.tokens = tokens(&served, &steps, last);
        served
    });
    let mut requests: Vec<Served> = served.collect();
    place(&mut requests, config);
    Ok(Outcome { requests, steps })
}

/// The original's loop: a step where there is one, else a tick without work.
fn steps(iterations: &[Iteration], time_limit: f64) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut iterations = iterations.iter().peekable();
    let mut now = SimTime::ZERO;
    while ticks(now) < time_limit {
        let end = match iterations.next_if(|iteration| iteration.start <= now) {
            Some(iteration) => iteration.end,
            None => now.checked_add(TICK).unwrap_or(SimTime::MAX),
        };
        steps.push(Step { start: ticks(now), end: ticks(end) });
        now = end;
    }
    steps
}

/// Tokens of a request at the last look.
fn tokens(of: &Served, steps: &[Step], last: f64) -> u32 {
    let Some(first) = of.first_token_at else { return 0 };
    if of.completed_at.is_some() {
        return of.target;
    }
    let begun = if of.is_handed_over { of.decode_start } else { Some(first) };
    let Some(begun) = begun else { return 1 };
    let after = steps.partition_point(|step| step.end <= begun);
    let until = steps.partition_point(|step| step.end <= last);
    1 + (until - after) as u32
}

/// Gives every request the lowest slot that is free when it starts.
fn place(requests: &mut [Served], config: &Config) {
    let mut free_at = vec![f64::NEG_INFINITY; config.prefill_slots()];
    for request in requests {
        let Some(start) = request.started_at else { continue };
        let slot = free_at.iter().position(|&free| free <= start);
        if let Some(slot) = slot {
            let leaves = match config.is_disaggregated() {
                true => request.first_token_at,
                false => request.completed_at,
            };
            free_at[slot] = leaves.unwrap_or(f64::INFINITY);
            request.slot = Some(slot);
        }
    }
}
