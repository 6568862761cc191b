//! How far one request has come.

use crate::NewRequest;

/// One request. While it is in steady decode, `computed` and `delivered` are those of the moment
/// when it joined.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    pub(super) prompt: u32,
    /// Output tokens at which it ends.
    pub(super) output: u32,
    /// Tokens of the sequence that were computed.
    pub(super) computed: u32,
    /// Output tokens delivered.
    pub(super) delivered: u32,
    /// Whether it was in a plan.
    pub(super) has_begun: bool,
    /// Steady steps that were completed when it joined; none if it is not steady.
    pub(super) joined: Option<u64>,
}

impl Progress {
    pub(super) fn new(new: &NewRequest<'_>) -> Self {
        assert!(new.prompt_tokens > 0, "a request without a prompt: {new:?}");
        Self {
            prompt: new.prompt_tokens,
            output: new.output_tokens.min(new.max_tokens),
            computed: new.computed_tokens.min(new.prompt_tokens),
            delivered: 0,
            has_begun: false,
            joined: None,
        }
    }

    pub(super) fn is_in_prefill(&self) -> bool {
        self.computed < self.prompt
    }

    pub(super) fn has_ended(&self) -> bool {
        !self.is_in_prefill() && self.delivered == self.output
    }
}
