//! What the tokens of a sequence are, as far as it matters who shares them.

/// A run of a sequence's tokens that other sequences may have too.
///
/// A sequence's known content is a list of runs, one after the other from its first token, each up
/// to the position `end`. Two sequences whose runs have the same `id` at some position agree in
/// every token up to and including it: an id stands for its tokens and for all before them. Tokens
/// behind the last run are the sequence's own; nobody shares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenRun {
    /// The identity of the tokens and of everything before them.
    pub id: u64,
    /// Position behind the last token of the run, counted from the first token of the sequence.
    pub end: u32,
}
