//! What tables may lack.

use thiserror::Error;

use crate::RooflineError;

/// Why operator tables cannot price a model's iterations.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TablesError {
    /// An operator that nobody knows: how often a layer runs it is not known either.
    #[error("an operator called `{found}` is not known; known are {}", known.join(", "))]
    Operator {
        /// The name.
        found: String,
        /// Those that are known.
        known: Vec<&'static str>,
    },
    /// Nothing that works on tokens.
    #[error("the tables have no times by number of tokens (dense.csv)")]
    NoDense,
    /// No attention.
    #[error("the tables of attention must have chunks without decodes and decodes without a chunk")]
    NoAttention,
    /// A mixture of experts without theirs.
    #[error("the model routes tokens to experts, and the tables have no times of them (moe.csv)")]
    NoExperts,
    /// Tables of another placement.
    #[error("the tables are of {found} ranks, and tensor_parallel_size is {wanted}")]
    Ranks {
        /// Ranks of the tables.
        found: u32,
        /// Ranks of the placement.
        wanted: u32,
    },
    /// The model cannot be placed so.
    #[error(transparent)]
    Placement(#[from] RooflineError),
}
