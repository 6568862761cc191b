//! What the `hash_ids` of rows say of the tokens that requests share.

use std::num::NonZeroU32;

use tokendrome_units::TokenRun;

use crate::parse::blocks::BlockSizes;
use crate::{SourceError, TraceRow};

/// The blocks of a trace.
///
/// Nobody writes into a trace how many tokens a block has. The rows that are read ahead narrow the
/// sizes down; when a request of several blocks is due, the size is settled, and every row read
/// after that is held against it. The size of a single block makes no difference.
#[derive(Default)]
pub(super) struct HashBlocks {
    sizes: BlockSizes,
    is_given: bool,
    /// Whether any row had ids.
    is_used: bool,
}

impl HashBlocks {
    /// Blocks of `size` tokens, or of the size that the rows will tell.
    pub(super) fn new(size: Option<NonZeroU32>) -> Self {
        let sizes = size.map(BlockSizes::given).unwrap_or_default();
        Self { sizes, is_given: size.is_some(), is_used: false }
    }

    /// Takes in a row that is read ahead.
    pub(super) fn admit(&mut self, row: &TraceRow) -> Result<(), SourceError> {
        if row.hash_ids.is_empty() {
            return Ok(());
        }
        self.is_used = true;
        self.sizes.admit(row.input_tokens, row.hash_ids.len()).map_err(|what| fault(row, &what))
    }

    /// What a request may share: a run for each block, the last one up to the end of the prompt.
    pub(super) fn content(&mut self, row: &TraceRow) -> Result<Vec<TokenRun>, SourceError> {
        let size = match row.hash_ids.len() {
            0 | 1 => row.input_tokens,
            _ => self.sizes.settle().map_err(|what| fault(row, &what))?,
        };
        let mut blocks_end = 0_u64;
        let run = |&id: &u64| {
            blocks_end += u64::from(size);
            TokenRun { id, end: blocks_end.min(row.input_tokens.into()) as u32 }
        };
        Ok(row.hash_ids.iter().map(run).collect())
    }

    /// Whether a size was given for ids that the trace does not have.
    pub(super) fn is_needless(&self) -> bool {
        self.is_given && !self.is_used
    }
}

fn fault(row: &TraceRow, what: &str) -> SourceError {
    SourceError(format!("row {} of the trace: {what}", row.index + 1))
}
