//! What the scheduler keeps of one request.

use tokendrome_kv::BlockTable;
use tokendrome_units::SimTime;

use super::Policy;
use super::running::Links;
use super::steady::Stay;
use crate::NewRequest;

/// Where a sequence is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// In the queue, never scheduled.
    Waiting,
    /// Among the running.
    Running,
    /// In the queue again, without blocks.
    Preempted,
    /// Ended; the slot is free once nothing of it is in flight.
    Finished,
}

/// One request: its tokens, what has been computed of them, and what it holds. While it is steady
/// ([`Stay`]), what is told here is as of the moment before.
#[derive(Debug, Clone)]
pub(super) struct Sequence {
    pub(super) prompt: u32,
    /// Output tokens at which it ends.
    pub(super) output: u32,
    /// Prompt and most output tokens: the length at which the scheduler knows that it ends.
    pub(super) longest: u64,
    /// Output tokens delivered.
    pub(super) delivered: u32,
    /// Tokens computed, or being computed by a plan in flight.
    pub(super) computed: u32,
    /// Tokens of the prompt whose KV cache has come from elsewhere, and was not lost since. The
    /// last token of a prompt is computed in any case: its output is wanted.
    pub(super) external: u32,
    /// KV blocks held, and what they hold.
    pub(super) table: BlockTable,
    /// Tokens of plans in flight.
    pub(super) in_flight: u32,
    /// Output tokens that plans in flight will deliver, where the next plan may count on them.
    pub(super) placeholders: u32,
    /// Those of them that were in flight when it was preempted: they still yield their token, but
    /// their KV is lost.
    pub(super) stale: u32,
    /// Whether it was scheduled and still lacks tokens before it can sample.
    pub(super) chunking: bool,
    /// Number of the last plan that listed it and sampled a token of it; 0: none.
    pub(super) sampled_in: u64,
    /// Its time in steady decode.
    pub(super) stay: Stay,
    /// Its place among the running.
    pub(super) links: Links,
    pub(super) state: State,
    pub(super) priority: i32,
    /// Its place in the order of admission, the lowest first; it changes only while it runs.
    pub(super) rank: i64,
    pub(super) arrival: SimTime,
    pub(super) order: u64,
    /// A number that no other request of the scheduler has.
    pub(super) serial: u64,
}

impl Sequence {
    /// A request that has not been ranked yet.
    pub(super) fn new(request: &NewRequest<'_>, output: u32, serial: u64) -> Self {
        Self {
            prompt: request.prompt_tokens,
            output,
            longest: u64::from(request.prompt_tokens) + u64::from(request.max_tokens),
            delivered: 0,
            computed: 0,
            external: request.computed_tokens.min(request.prompt_tokens - 1),
            table: BlockTable::new(serial, request.content),
            in_flight: 0,
            placeholders: 0,
            stale: 0,
            chunking: false,
            sampled_in: 0,
            stay: Stay::default(),
            links: Links::default(),
            state: State::Waiting,
            priority: request.priority,
            rank: 0,
            arrival: request.arrival,
            order: request.order,
            serial,
        }
    }

    /// Its place in the order of admission under a policy. What is in flight counts as computed.
    pub(super) fn rank_under(&self, policy: Policy) -> i64 {
        match policy {
            Policy::Fcfs => 0,
            Policy::Priority => i64::from(self.priority),
            Policy::ShortestInput | Policy::ShortestOutput | Policy::ShortestTotal => {
                self.length_under(policy)
            }
            Policy::LongestInput | Policy::LongestOutput | Policy::LongestTotal => {
                -self.length_under(policy)
            }
        }
    }

    /// What a policy by length looks at, in tokens.
    pub(super) fn length_under(&self, policy: Policy) -> i64 {
        let (prompt, left) = (i64::from(self.prompt), self.outputs_left());
        match policy {
            Policy::Fcfs | Policy::Priority => 0,
            Policy::ShortestInput | Policy::LongestInput => prompt,
            Policy::ShortestOutput | Policy::LongestOutput => left,
            // Of a prompt that has been computed nothing is left.
            Policy::ShortestTotal | Policy::LongestTotal => {
                left + (prompt - i64::from(self.computed)).max(0)
            }
        }
    }

    /// Output tokens that it will have, but for those delivered and in flight.
    fn outputs_left(&self) -> i64 {
        i64::from(self.output) - i64::from(self.delivered) - i64::from(self.placeholders)
    }

    /// Tokens of the sequence so far: the prompt and the outputs delivered.
    #[inline]
    pub(super) fn tokens(&self) -> u32 {
        self.prompt + self.delivered
    }

    /// Tokens that have to be computed before the next one can be sampled, those among them that
    /// plans in flight are still to sample.
    #[inline]
    pub(super) fn expected(&self) -> u32 {
        self.tokens() + self.placeholders
    }

    /// Whether the token in flight is known to be its last.
    #[inline]
    pub(super) fn awaits_last_token(&self) -> bool {
        let delivered_later = u64::from(self.computed) + 2 - u64::from(self.placeholders);
        self.placeholders > 0 && delivered_later >= self.longest
    }
}
