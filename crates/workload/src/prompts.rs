//! Prompts of a dataset: how long they are and what they share is known, when they arrive is drawn,
//! and so is how long the answers are, unless the dataset tells it.

use tokendrome_kernel::{Stream, Streams, sample};
use tokendrome_units::{SimDuration, SimTime, TokenRun};

use crate::replay::Rows;
use crate::request::at_secs;
use crate::{
    Arrivals, ArrivalsSpec, ClassId, Lengths, LengthsSpec, Request, Source, SourceError, TraceRow,
};

/// A workload of prompts.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptsSpec {
    /// When requests arrive.
    pub arrivals: ArrivalsSpec,
    /// Tokens of the outputs, where a row tells none.
    pub output_tokens: Option<LengthsSpec>,
    /// Most tokens that the engine may generate, where a row tells no limit.
    pub max_tokens: Option<u32>,
    /// Most requests; none: as many as there are prompts.
    pub requests: Option<u32>,
    /// Nothing arrives after this many seconds.
    pub duration_s: Option<f64>,
    /// Tokens that an entry of the rows' `hash_ids` stands for; none: they have none.
    pub block_tokens: Option<u32>,
}

/// The stream of requests of a dataset, in its order. Memory is that of one row.
///
/// Arrivals, thinking and outputs draw from the same streams as those of a synthetic workload.
pub struct Prompts {
    rows: Rows,
    spec: PromptsSpec,
    arrivals: Option<Arrivals>,
    output: Option<Lengths>,
    output_stream: Stream,
    think_stream: Stream,
    /// Users of a closed loop who have sent their first request.
    users_started: u32,
    created: u32,
    horizon: Option<SimTime>,
    /// Whether the rows have ended before `requests` or the horizon did.
    is_exhausted: bool,
    has_priorities: bool,
}

impl Prompts {
    /// The requests of `rows`, whose times are not looked at.
    ///
    /// # Errors
    /// A `duration_s` beyond the clock's range.
    pub fn new(rows: Rows, spec: PromptsSpec, streams: &Streams) -> Result<Self, SourceError> {
        Ok(Self {
            rows,
            arrivals: spec.arrivals.build(streams.stream("arrivals")),
            output: spec.output_tokens.as_ref().map(LengthsSpec::build),
            output_stream: streams.stream("output-tokens"),
            think_stream: streams.stream("think"),
            users_started: 0,
            created: 0,
            horizon: spec.duration_s.map(at_secs).transpose()?,
            is_exhausted: false,
            has_priorities: false,
            spec,
        })
    }

    /// The next prompt as a request, unless the workload is over.
    fn request(
        &mut self,
        arrival: SimTime,
        user: Option<u32>,
    ) -> Result<Option<Request>, SourceError> {
        if self.is_complete() || self.horizon.is_some_and(|horizon| arrival > horizon) {
            return Ok(None);
        }
        let Some(row) = self.rows.next().transpose()? else {
            self.is_exhausted = true;
            return Ok(None);
        };
        self.created += 1;
        self.has_priorities |= row.priority.is_some_and(|priority| priority != 0);
        let output_tokens = self.output_tokens(&row)?;
        Ok(Some(Request {
            index: row.index,
            arrival,
            prompt_tokens: row.input_tokens,
            output_tokens,
            max_tokens: row.max_tokens.or(self.spec.max_tokens).unwrap_or(output_tokens),
            priority: row.priority.unwrap_or(0),
            class: ClassId::default(),
            user,
            content: self.content(&row),
        }))
    }

    fn is_complete(&self) -> bool {
        self.spec.requests.is_some_and(|requests| self.created >= requests)
    }

    /// Tokens of the output: what the dataset tells, or a draw.
    fn output_tokens(&mut self, row: &TraceRow) -> Result<u32, SourceError> {
        match (&self.output, row.output_tokens) {
            (Some(lengths), 0) => Ok(lengths.draw(&mut self.output_stream)),
            (None, 0) => Err(SourceError(format!(
                "prompt {} of the dataset does not tell how long its answer is: give the workload \
                 lengths of outputs (`output_tokens`)",
                row.index + 1
            ))),
            (_, tokens) => Ok(tokens),
        }
    }

    /// A run for each full block; what follows them is the request's own.
    fn content(&self, row: &TraceRow) -> Vec<TokenRun> {
        let size = self.spec.block_tokens.unwrap_or(0);
        let run = |(ids, &id): (u32, &u64)| TokenRun { id, end: ids * size };
        (1..).zip(&row.hash_ids).map(run).take_while(|run| run.end > 0).collect()
    }
}

impl Source for Prompts {
    fn next_request(&mut self) -> Result<Option<Request>, SourceError> {
        // Arrivals may stand still for ever, and the horizon with them.
        if self.is_exhausted || self.is_complete() {
            return Ok(None);
        }
        if let Some(arrivals) = &mut self.arrivals {
            let arrival_s = arrivals.next_s();
            if self.spec.duration_s.is_some_and(|duration_s| arrival_s > duration_s) {
                return Ok(None);
            }
            return self.request(at_secs(arrival_s)?, None);
        }
        match self.spec.arrivals {
            ArrivalsSpec::ClosedLoop { users, .. } if self.users_started < users => {
                let user = self.users_started;
                self.users_started += 1;
                self.request(SimTime::ZERO, Some(user))
            }
            _ => Ok(None),
        }
    }

    fn ended(
        &mut self,
        user: u32,
        now: SimTime,
        _served: bool,
    ) -> Result<Option<Request>, SourceError> {
        let ArrivalsSpec::ClosedLoop { think_s, random_think, .. } = self.spec.arrivals else {
            return Ok(None);
        };
        let pause_s = match random_think {
            true => sample::exponential(&mut self.think_stream, think_s),
            false => think_s,
        };
        let pause = SimDuration::from_secs_f64(pause_s)
            .map_err(|error| SourceError(format!("think time: {error}")))?;
        match now.checked_add(pause) {
            Some(arrival) => self.request(arrival, Some(user)),
            None => Ok(None),
        }
    }

    fn has_priorities(&self) -> bool {
        self.has_priorities
    }

    fn notices(&self) -> Vec<String> {
        let wanted = self.spec.requests.filter(|_| self.is_exhausted);
        let short = wanted.filter(|&requests| requests > self.created);
        let notice = short.map(|requests| {
            let created = self.created;
            format!("the dataset has {created} requests, fewer than the {requests} asked for")
        });
        notice.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
