//! What the scheduler keeps of one request.

use tokendrome_kv::{BlockTable, Found};

use crate::NewRequest;

/// What is to be computed of a request next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Its prompt.
    Context,
    /// A token.
    Generation,
    /// Nothing: its last token is in flight.
    ToComplete,
}

/// One request. Its *context* is the prompt, and after a pause the outputs before it too.
#[derive(Debug, Clone)]
pub(super) struct Sequence {
    /// Tokens of the prompt as it came.
    prompt: u32,
    /// Output tokens at which it ends.
    pub(super) output: u32,
    /// Output tokens delivered.
    pub(super) delivered: u32,
    /// Tokens of the context.
    pub(super) context: u32,
    /// Output tokens that are allowed behind the context.
    pub(super) new: u32,
    /// Tokens of the context that were computed, or found.
    pub(super) position: u32,
    /// Those that were found.
    pub(super) found: u32,
    /// Tokens of the context that the next plan computes.
    pub(super) chunk: u32,
    /// Tokens that it is thought to find, if it has not begun.
    pub(super) estimate: u32,
    /// What it finds, as it was looked up for the plan of this number.
    pub(super) looked_up: Option<(u64, Found)>,
    /// Tokens for which it has KV blocks.
    pub(super) kv_tokens: u32,
    pub(super) table: BlockTable,
    pub(super) state: State,
    pub(super) has_ended: bool,
    /// Whether a part of it was planned since it came, or was paused.
    pub(super) has_started: bool,
    /// Plans in flight that list it.
    pub(super) in_flight: u32,
}

impl Sequence {
    /// A request that may have `most` output tokens; `serial` is its alone.
    pub(super) fn new(request: &NewRequest<'_>, most: u32, serial: u64) -> Self {
        let prompt = request.prompt_tokens;
        Self {
            prompt,
            output: request.output_tokens.min(most),
            delivered: 0,
            context: prompt,
            new: most,
            position: 0,
            found: 0,
            chunk: prompt,
            estimate: 0,
            looked_up: None,
            kv_tokens: 0,
            table: BlockTable::new(serial, request.content),
            state: State::Context,
            has_ended: false,
            has_started: false,
            in_flight: 0,
        }
    }

    /// Tokens of the sequence so far.
    pub(super) fn tokens(&self) -> u32 {
        self.prompt + self.delivered
    }

    /// Output tokens delivered behind the context.
    pub(super) fn generated(&self) -> u32 {
        self.tokens() - self.context
    }

    /// Tokens of the context that are left.
    pub(super) fn left(&self) -> u32 {
        self.context - self.position
    }

    pub(super) fn is_context(&self) -> bool {
        self.state == State::Context
    }

    /// Whether nothing of the context was computed.
    pub(super) fn is_first_chunk(&self) -> bool {
        self.position == self.found
    }

    /// Whether its first chunk is next.
    pub(super) fn is_to_begin(&self) -> bool {
        self.is_context() && self.is_first_chunk()
    }

    /// Whether the chunk is the context's last.
    pub(super) fn is_last_chunk(&self) -> bool {
        self.position + self.chunk == self.context
    }

    /// Tokens of its next chunk that count as found.
    pub(super) fn counted_found(&self) -> u32 {
        if self.is_first_chunk() { self.estimate } else { 0 }
    }

    /// It starts again, with its outputs as part of its context.
    pub(super) fn pause(&mut self) {
        self.new -= self.generated();
        self.context = self.tokens();
        self.state = State::Context;
        (self.position, self.found) = (0, 0);
        self.chunk = self.context;
    }

    /// Its chunk has been computed. The end that is known beforehand is foreseen, if that is asked.
    pub(super) fn advance(&mut self, chunk: u32, foresees: bool) {
        self.position += chunk;
        self.chunk = 0;
        if self.left() == 0 {
            self.state = State::Generation;
            if foresees {
                self.foresee_end();
            }
        }
    }

    /// Nothing more is to be computed if the token in flight is its last.
    pub(super) fn foresee_end(&mut self) {
        if self.generated() + 1 >= self.new {
            self.state = State::ToComplete;
        }
    }
}
