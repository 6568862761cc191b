//! The life of one request, as far as a client or an operator can see it.

use serde::Serialize;
use tokendrome_units::{ReplicaId, SimDuration, SimTime};

/// How a request ended. Every request ends in exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// All its tokens were delivered.
    Completed,
    /// It was refused on arrival, because it could never be served.
    Rejected(Rejection),
    /// The run ended first.
    Unfinished,
}

impl Status {
    /// The word for tables and files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Rejected(_) => "rejected",
            Self::Unfinished => "unfinished",
        }
    }
}

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// A fixed word for the kind of reason, such as `prompt-too-long`.
    pub kind: &'static str,
    /// The reason with its figures, as a sentence.
    pub detail: String,
}

/// One request from arrival to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// Position in the input, from 0.
    pub index: u32,
    /// SLO class: its position in the list of classes.
    pub class: u16,
    /// When it arrived.
    pub arrival: SimTime,
    /// When it was first part of an iteration.
    pub first_scheduled: Option<SimTime>,
    /// When its prompt had been computed; with most schedulers the first token comes with it.
    pub prefill_end: Option<SimTime>,
    /// When its KV cache had arrived in the pool of replicas that decodes. None if it did not get
    /// there, and where one pool does both.
    pub transfer_end: Option<SimTime>,
    /// When its first token was delivered.
    pub first_token: Option<SimTime>,
    /// When it was first part of an iteration in the second pool of workers, which decodes. None if
    /// it did not get there, and where the same workers compute prompts and decode.
    pub decode_start: Option<SimTime>,
    /// When it ended; none if it did not.
    pub end: Option<SimTime>,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Tokens that were delivered.
    pub output_tokens: u32,
    /// Prompt tokens found in the prefix cache when it was first scheduled.
    pub cached_tokens: u32,
    /// How often it lost its KV blocks and was computed again.
    pub preemptions: u32,
    /// Where it was served.
    pub replica: Option<ReplicaId>,
    /// How it ended.
    pub status: Status,
}

impl RequestRecord {
    /// From arrival to the first iteration it was part of.
    #[must_use]
    pub fn queue_time(&self) -> Option<SimDuration> {
        Some(self.first_scheduled? - self.arrival)
    }

    /// From the end of its prompt to the arrival of its KV cache in the pool that decodes.
    #[must_use]
    pub fn transfer_time(&self) -> Option<SimDuration> {
        Some(self.transfer_end? - self.prefill_end?)
    }

    /// Time to first token: from arrival to the first token.
    #[must_use]
    pub fn ttft(&self) -> Option<SimDuration> {
        Some(self.first_token? - self.arrival)
    }

    /// End-to-end latency: from arrival to the last token. None unless the request completed.
    #[must_use]
    pub fn e2e(&self) -> Option<SimDuration> {
        match self.status {
            Status::Completed => Some(self.end? - self.arrival),
            Status::Rejected(_) | Status::Unfinished => None,
        }
    }

    /// Time per output token in nanoseconds: `(E2E - TTFT) / (output tokens - 1)`. None with fewer
    /// than two tokens.
    #[must_use]
    pub fn tpot_ns(&self) -> Option<f64> {
        (self.output_tokens > 1).then_some(self.decode_ns()? / f64::from(self.output_tokens - 1))
    }

    /// Time between tokens in nanoseconds where all output tokens count: `(E2E - TTFT) / output
    /// tokens`. None without tokens.
    #[must_use]
    pub fn tbt_ns(&self) -> Option<f64> {
        Some(self.decode_ns()? / f64::from(self.output_tokens))
    }

    /// From the first token to the last, in nanoseconds.
    fn decode_ns(&self) -> Option<f64> {
        Some((self.e2e()?.as_nanos() - self.ttft()?.as_nanos()) as f64)
    }
}
