//! Synthetic workloads: an arrival process, two length distributions, a mix of classes.

use serde::{Deserialize, Serialize};
use tokendrome_kernel::{Stream, Streams, sample};
use tokendrome_units::{SimDuration, SimTime, SpecError, check_positive, check_range};

use crate::request::at_secs;
use crate::{Arrivals, ArrivalsSpec, ClassId, Lengths, LengthsSpec, Request, Source, SourceError};

/// One class of requests in a synthetic mix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClassMix {
    /// Name, as it stands in the report and in `[slo.classes]`.
    pub name: String,
    /// Weight among the classes; need not add up to 1.
    pub share: f64,
    /// Priority of its requests: lower is sooner. Read by priority scheduling alone.
    #[serde(default)]
    pub priority: i32,
}

/// A synthetic workload.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntheticSpec {
    /// When requests arrive.
    pub arrivals: ArrivalsSpec,
    /// Tokens of the prompts.
    pub input_tokens: LengthsSpec,
    /// Tokens of the outputs.
    pub output_tokens: LengthsSpec,
    /// Most tokens that the engine may generate for a request; none: as many as the output has.
    pub max_tokens: Option<u32>,
    /// Number of requests; none: as many as arrive within `duration_s`.
    pub requests: Option<u32>,
    /// Nothing arrives after this many seconds; none: `requests` ends the workload.
    pub duration_s: Option<f64>,
    /// Classes to draw from; none: a single one without a name.
    pub classes: Vec<ClassMix>,
}

impl SyntheticSpec {
    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        self.arrivals.validate()?;
        self.input_tokens.validate()?;
        self.output_tokens.validate()?;
        match (self.requests, self.duration_s) {
            (None, None) => {
                let rule = "be given, or `duration_s`: otherwise the workload never ends";
                return Err(SpecError::new("requests", rule, &"neither"));
            }
            (Some(requests), _) => check_positive("requests", f64::from(requests))?,
            (None, Some(_)) => self.check_time_passes()?,
        }
        if let Some(duration_s) = self.duration_s {
            check_positive("duration_s", duration_s)?;
        }
        if self.max_tokens == Some(0) {
            return Err(SpecError::new("max_tokens", "be 1 or more", &0));
        }
        for (i, class) in self.classes.iter().enumerate() {
            check_range("share", class.share, 0.0, f64::MAX)?;
            if self.classes[..i].iter().any(|earlier| earlier.name == class.name) {
                let rule = "be different in every class";
                return Err(SpecError::new("name", rule, &class.name));
            }
        }
        if !self.classes.is_empty() {
            check_positive("share", self.classes.iter().map(|class| class.share).sum())?;
        }
        Ok(())
    }

    /// A process that stands still would never reach `duration_s`.
    fn check_time_passes(&self) -> Result<(), SpecError> {
        match self.arrivals {
            ArrivalsSpec::Batched { interval_s, .. } if interval_s <= 0.0 => {
                let rule = "be given: batches without an interval all arrive at 0";
                Err(SpecError::new("requests", rule, &"only `duration_s`"))
            }
            _ => Ok(()),
        }
    }
}

/// The stream of requests of a [`SyntheticSpec`].
///
/// Arrivals, input lengths, output lengths, classes and think times draw from streams of their own,
/// so that two scenarios which differ in one of them share all the others.
pub struct Synthetic {
    spec: SyntheticSpec,
    arrivals: Option<Arrivals>,
    input: Lengths,
    output: Lengths,
    classes: Stream,
    class_edges: Vec<f64>,
    think: Stream,
    created: u32,
    /// Users of a closed loop who have sent their first request.
    users_started: u32,
    horizon: Option<SimTime>,
}

impl Synthetic {
    /// The requests of a valid specification.
    ///
    /// # Errors
    /// A `duration_s` beyond the clock's range.
    pub fn new(spec: SyntheticSpec, streams: &Streams) -> Result<Self, SourceError> {
        let horizon = spec.duration_s.map(at_secs).transpose()?;
        let mut sum = 0.0;
        let class_edges = spec
            .classes
            .iter()
            .map(|class| {
                sum += class.share;
                sum
            })
            .collect();
        Ok(Self {
            arrivals: spec.arrivals.build(streams.stream("arrivals")),
            input: spec.input_tokens.build(streams.stream("input-tokens")),
            output: spec.output_tokens.build(streams.stream("output-tokens")),
            classes: streams.stream("classes"),
            class_edges,
            think: streams.stream("think"),
            created: 0,
            users_started: 0,
            horizon,
            spec,
        })
    }

    /// Creates the next request, unless the workload has ended by `arrival`.
    fn create(&mut self, arrival: SimTime, user: Option<u32>) -> Option<Request> {
        let most = self.spec.requests.unwrap_or(u32::MAX);
        let full = self.created >= most;
        if full || self.horizon.is_some_and(|horizon| arrival > horizon) {
            return None;
        }
        let index = self.created;
        self.created += 1;
        let output_tokens = self.output.draw();
        let class = match self.class_edges.len() {
            0 | 1 => 0,
            _ => sample::weighted(&mut self.classes, &self.class_edges),
        };
        Some(Request {
            index,
            arrival,
            prompt_tokens: self.input.draw(),
            output_tokens,
            max_tokens: self.spec.max_tokens.unwrap_or(output_tokens),
            priority: self.spec.classes.get(class).map_or(0, |class| class.priority),
            class: ClassId(class as u16),
            user,
            content: Vec::new(),
        })
    }
}

impl Source for Synthetic {
    fn next_request(&mut self) -> Result<Option<Request>, SourceError> {
        if let Some(arrivals) = &mut self.arrivals {
            if self.spec.requests.is_some_and(|requests| self.created >= requests) {
                return Ok(None);
            }
            let arrival_s = arrivals.next_s();
            if self.spec.duration_s.is_some_and(|duration_s| arrival_s > duration_s) {
                return Ok(None);
            }
            return Ok(self.create(at_secs(arrival_s)?, None));
        }
        match self.spec.arrivals {
            ArrivalsSpec::ClosedLoop { users, .. } if self.users_started < users => {
                let user = self.users_started;
                self.users_started += 1;
                Ok(self.create(SimTime::ZERO, Some(user)))
            }
            _ => Ok(None),
        }
    }

    fn ended(&mut self, user: u32, now: SimTime) -> Result<Option<Request>, SourceError> {
        let ArrivalsSpec::ClosedLoop { think_s, random_think, .. } = self.spec.arrivals else {
            return Ok(None);
        };
        let pause_s = match random_think {
            true => sample::exponential(&mut self.think, think_s),
            false => think_s,
        };
        let pause = SimDuration::from_secs_f64(pause_s)
            .map_err(|error| SourceError(format!("think time: {error}")))?;
        let arrival = now.checked_add(pause);
        Ok(arrival.and_then(|arrival| self.create(arrival, Some(user))))
    }

    fn classes(&self) -> Vec<String> {
        self.spec.classes.iter().map(|class| class.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
