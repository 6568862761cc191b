//! What is drawn for requests, and from which streams.

use tokendrome_kernel::{Stream, Streams, sample};
use tokendrome_units::SimDuration;

use super::SyntheticSpec;
use crate::prefixes::{Prefix, Prefixes};
use crate::{Lengths, SourceError};

/// The distributions of a synthetic workload, ready to draw from.
pub(super) struct Laws {
    pub(super) input: Lengths,
    pub(super) output: Lengths,
    /// Running sums of the classes' shares.
    class_edges: Vec<f64>,
    prefixes: Option<Prefixes>,
    pub(super) sessions: Option<SessionLaws>,
}

/// The distributions of sessions.
pub(super) struct SessionLaws {
    pub(super) turns: Lengths,
    /// Tokens that a turn adds.
    pub(super) new: Lengths,
    pub(super) think: Think,
}

/// Pauses of users.
#[derive(Clone, Copy)]
pub(super) struct Think {
    pub(super) mean_s: f64,
    /// Exponential, not constant.
    pub(super) is_random: bool,
}

/// The streams that a series of requests draws from: one for each purpose, so that a change in one
/// of them leaves all the others alone.
pub(super) struct Draws {
    pub(super) input: Stream,
    pub(super) output: Stream,
    pub(super) new: Stream,
    pub(super) turns: Stream,
    pub(super) think: Stream,
    classes: Stream,
    prefix_shares: Stream,
    prefix_groups: Stream,
}

/// What stays the same for all turns of a session.
#[derive(Clone, Copy)]
pub(super) struct Character {
    pub(super) class: usize,
    pub(super) prefix: Option<Prefix>,
}

impl Laws {
    pub(super) fn new(spec: &SyntheticSpec, streams: &Streams) -> Self {
        let input = spec.input_tokens.build();
        let sessions = spec.sessions.as_ref().map(|sessions| SessionLaws {
            turns: sessions.turns.law().build(),
            new: sessions.new_tokens.as_ref().map_or_else(|| input.clone(), |new| new.build()),
            think: Think { mean_s: sessions.think_s, is_random: sessions.random_think },
        });
        let mut sum = 0.0;
        let edge = |share: f64| {
            sum += share;
            sum
        };
        Self {
            input,
            output: spec.output_tokens.build(),
            class_edges: spec.classes.iter().map(|class| class.share).map(edge).collect(),
            prefixes: spec.prefixes.as_ref().map(|prefixes| Prefixes::new(prefixes, streams)),
            sessions,
        }
    }

    /// The class and the prefix of a request or a session.
    pub(super) fn character(&self, draws: &mut Draws) -> Character {
        let class = match self.class_edges.len() {
            0 | 1 => 0,
            _ => sample::weighted(&mut draws.classes, &self.class_edges),
        };
        let prefix = self
            .prefixes
            .as_ref()
            .and_then(|prefixes| prefixes.draw(&mut draws.prefix_shares, &mut draws.prefix_groups));
        Character { class, prefix }
    }
}

impl Draws {
    /// The streams whose names begin with `of`.
    pub(super) fn new(streams: &Streams, of: &str) -> Self {
        let stream = |name: &str| streams.stream(&format!("{of}{name}"));
        Self {
            input: stream("input-tokens"),
            output: stream("output-tokens"),
            new: stream("new-tokens"),
            turns: stream("turns"),
            think: stream("think"),
            classes: stream("classes"),
            prefix_shares: stream("prefix-shares"),
            prefix_groups: stream("prefix-groups"),
        }
    }
}

impl Think {
    /// The next pause.
    pub(super) fn draw(self, stream: &mut Stream) -> Result<SimDuration, SourceError> {
        let pause_s = match self.is_random {
            true => sample::exponential(stream, self.mean_s),
            false => self.mean_s,
        };
        SimDuration::from_secs_f64(pause_s)
            .map_err(|error| SourceError(format!("think time: {error}")))
    }
}
