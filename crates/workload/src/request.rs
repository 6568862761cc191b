//! What the simulator knows of a request before it is served, and where requests come from.

use thiserror::Error;
use tokendrome_units::{SimDuration, SimTime, TokenRun};

/// An SLO class: its position in the scenario's list of classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ClassId(pub u16);

/// One request as it reaches the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Position in the input, from 0: the row of a trace, or the order of creation.
    pub index: u32,
    /// When it arrives.
    pub arrival: SimTime,
    /// Tokens of the prompt, at least 1.
    pub prompt_tokens: u32,
    /// Tokens that the model will generate if nothing cuts it short; none where only the prompt is
    /// to be computed, which not every scheduler serves. The scheduler does not know this number;
    /// it finds out when the last token has come.
    pub output_tokens: u32,
    /// Most tokens that the engine may generate: what the scheduler does know. Generation stops at
    /// the smaller of the two.
    pub max_tokens: u32,
    /// Lower is sooner; read by priority scheduling alone.
    pub priority: i32,
    /// SLO class.
    pub class: ClassId,
    /// Who waits for its end: a user of a closed loop, or whoever is in a session. None: nobody.
    pub user: Option<u32>,
    /// What other sequences may share of its tokens, outputs included; empty if nothing.
    pub content: Vec<TokenRun>,
}

/// Why a source of requests cannot go on: the text names the file, line and column where there is
/// one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// A stream of requests in the order of their arrival.
///
/// Requests that wait for no others come through [`Source::next_request`]. Those that do (of the
/// users of a closed loop, but for their first; the further turns of a session) come in answer to
/// [`Source::ended`].
pub trait Source {
    /// The next request; `None` when no further one will come without an answer.
    ///
    /// # Errors
    /// The input behind the source cannot be read.
    fn next_request(&mut self) -> Result<Option<Request>, SourceError>;

    /// A request of `user` has ended at `now`: completed if `served`, else rejected. The request
    /// that follows from it, if any; its arrival is `now` or later.
    ///
    /// # Errors
    /// The input behind the source cannot be read.
    fn ended(
        &mut self,
        user: u32,
        now: SimTime,
        served: bool,
    ) -> Result<Option<Request>, SourceError> {
        let _ = (user, now, served);
        Ok(None)
    }

    /// Names of the SLO classes, in the order of [`ClassId`]: complete once the source has ended.
    fn classes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether requests so far differed in priority.
    fn has_priorities(&self) -> bool {
        false
    }

    /// What a person should know about the input, such as rows that were put in order.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The point `seconds` after the start of the run.
pub(crate) fn at_secs(seconds: f64) -> Result<SimTime, SourceError> {
    SimDuration::from_secs_f64(seconds)
        .map(SimTime::after_start)
        .map_err(|error| SourceError(format!("an arrival time: {error}")))
}

/// One row of a trace: a request without its place in a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TraceRow {
    /// Position among the trace's data rows, from 0, before any reordering.
    pub index: u32,
    /// Arrival, in nanoseconds since the trace's zero: its first row, or the zero of its own clock.
    pub arrival_ns: u64,
    /// Tokens of the prompt, at least 1.
    pub input_tokens: u32,
    /// Tokens that were generated, at least 1 in a trace. 0 in a dataset of prompts that does not
    /// tell: the workload draws them.
    pub output_tokens: u32,
    /// Most tokens that the client allowed, where the trace tells it.
    pub max_tokens: Option<u32>,
    /// Priority, where the trace tells it; lower is sooner.
    pub priority: Option<i32>,
    /// Name of the SLO class, where the trace tells it.
    pub slo_class: Option<String>,
    /// Conversation that the request belongs to, where the trace tells it.
    pub session_id: Option<String>,
    /// Identities of the prompt's blocks, where the trace tells them: equal ids mean equal tokens
    /// in the block and in everything before it. All blocks have the same size, but the last one
    /// may be shorter.
    pub hash_ids: Vec<u64>,
}
