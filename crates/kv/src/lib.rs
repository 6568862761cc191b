//! The KV cache of one replica: a pool of blocks, and prompts that share them.
//!
//! A sequence holds whole blocks of a fixed number of tokens, listed in its [`BlockTable`]. The
//! [`BlockPool`] hands blocks out and takes them back. With prefix caching it also remembers what
//! the blocks hold: a block that came back stays a *hit* for any sequence with the same tokens
//! until it is taken for something else. The order in which blocks are taken, hit and overwritten
//! is that of vLLM's V1 block manager, to the single block.
//!
//! Where no block is ever shared and nobody asks which block is which, the pool is two counters
//! ([`BlockPool::counting`]): the decisions are those without prefix caching, and everything costs
//! O(1). (With it they differ even where nothing is shared, once a request is preempted: it may hit
//! its own blocks.)
//!
//! What a block holds is told by identity, not by tokens: a run of the sequence's content
//! ([`tokendrome_units::TokenRun`]) and the block's position, or, behind the last run, the sequence
//! itself. Blocks that only their own sequence can hit cost no entry in the index of shared blocks.

mod index;
mod pool;
mod store;
mod table;

pub use pool::BlockPool;
pub use table::BlockTable;
