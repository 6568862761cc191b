//! The tokens of a prompt.

use std::ops::Range;

use crate::ScenarioError;
use crate::json::{Field, Table};
use crate::vllm::token::token;

/// The tokens of a prompt, or the way to make them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::vllm) enum Prompt {
    /// Pieces of streams, one after the other.
    Segments(Vec<Segment>),
    /// The tokens themselves.
    Tokens(Vec<u32>),
}

/// A piece of a stream of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::vllm) struct Segment {
    stream: u64,
    offset: u64,
    length: u32,
}

impl Prompt {
    pub(super) fn read(table: &Table<'_>) -> Result<Self, ScenarioError> {
        match (table.get("segments"), table.get("prompt_token_ids")) {
            (Some(segments), None) => {
                Ok(Self::Segments(segments.list()?.map(segment).collect::<Result<_, _>>()?))
            }
            (None, Some(tokens)) => {
                let tokens = tokens.list()?.map(|token| token.whole(0..=u32::MAX));
                Ok(Self::Tokens(tokens.collect::<Result<_, _>>()?))
            }
            (Some(segments), Some(_)) => {
                Err(segments.must("be left out beside prompt_token_ids: one of the two is enough"))
            }
            (None, None) => Err(table.lacks("segments (or prompt_token_ids)")),
        }
    }

    /// Tokens in all.
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Segments(all) => all.iter().map(|segment| u64::from(segment.length)).sum(),
            Self::Tokens(tokens) => tokens.len() as u64,
        }
    }

    /// Appends the tokens in `range` to `out`, as far as there are any.
    pub(super) fn write_tokens(&self, range: Range<u32>, out: &mut Vec<u32>) {
        match self {
            Self::Segments(segments) => {
                let mut before = 0;
                for segment in segments {
                    let length = segment.length;
                    let start = range.start.clamp(before, before + length) - before;
                    let end = range.end.clamp(before, before + length) - before;
                    let indexes = (start..end).map(|i| segment.offset + u64::from(i));
                    out.extend(indexes.map(|i| token(segment.stream, i)));
                    before += length;
                }
            }
            Self::Tokens(tokens) => {
                let end = (range.end as usize).min(tokens.len());
                out.extend_from_slice(&tokens[(range.start as usize).min(end)..end]);
            }
        }
    }
}

fn segment(field: Field<'_>) -> Result<Segment, ScenarioError> {
    const RULE: &str = "be a list [stream, offset, length]";
    let mut parts = field.list()?;
    let (Some(stream), Some(offset), Some(length), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(field.must(RULE));
    };
    Ok(Segment {
        stream: stream.whole(0..=u64::MAX)?,
        offset: offset.whole(0..=u64::MAX >> 1)?,
        length: length.whole(0..=u32::MAX)?,
    })
}
