//! The requests of schedulers that know no KV cache: prompts in a fixed number of chunks, then one
//! token in every plan.

use crate::{NewRequest, Scheduled, Slot};

/// How far one request has come. One plan at a time is in flight, so that what is told here is as
/// of the last completion.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    prompt: u32,
    /// Plans that its prompt takes.
    chunks: u32,
    /// Output tokens at which it ends.
    output: u32,
    /// Chunks of the prompt that were computed.
    chunks_done: u32,
    /// Tokens of the sequence that were computed.
    pub(crate) computed: u32,
    /// Output tokens delivered.
    pub(crate) delivered: u32,
}

impl Request {
    /// A request whose prompt is computed in `chunks` plans, or in as many as it has tokens.
    pub(crate) fn new(new: &NewRequest<'_>, chunks: u32) -> Self {
        let output = new.output_tokens.min(new.max_tokens);
        assert!(new.prompt_tokens > 0 && output > 0, "a request without tokens: {new:?}");
        Self {
            prompt: new.prompt_tokens,
            chunks: chunks.min(new.prompt_tokens),
            output,
            chunks_done: 0,
            computed: 0,
            delivered: 0,
        }
    }

    /// Whether its prompt has not been computed yet.
    pub(crate) fn is_in_prefill(&self) -> bool {
        self.chunks_done < self.chunks
    }

    /// Whether it has all its tokens.
    pub(crate) fn has_ended(&self) -> bool {
        self.delivered == self.output
    }

    /// Output tokens that it still lacks.
    pub(crate) fn missing(&self) -> u32 {
        self.output - self.delivered
    }

    /// Its part of the next plan.
    pub(crate) fn part(&self, slot: Slot, admitted: bool) -> Scheduled {
        let decodes = !self.is_in_prefill();
        let samples = self.chunks_done + 1 >= self.chunks;
        let tokens = if decodes { 1 } else { self.chunk_end(self.chunks_done + 1) - self.computed };
        Scheduled { slot, tokens, context: self.computed, samples, decodes, admitted }
    }

    /// Tokens of the first `chunks` chunks, which are as equal as whole tokens allow.
    fn chunk_end(&self, chunks: u32) -> u32 {
        (u64::from(self.prompt) * u64::from(chunks) / u64::from(self.chunks)) as u32
    }

    /// A part of it has been computed.
    pub(crate) fn advance(&mut self, part: &Scheduled) {
        self.chunks_done += u32::from(!part.decodes);
        self.computed += part.tokens;
        self.delivered += u32::from(part.samples);
    }
}
