//! The KV cache of one replica: a pool of blocks, and prompts that share them.
//!
//! A sequence holds whole blocks of a fixed number of tokens, by its [`BlockTable`]. The
//! [`BlockPool`] hands blocks out and takes them back. With prefix caching it also remembers what
//! the blocks hold: a block that came back stays a *hit* for any sequence with the same tokens
//! until it is taken for something else. The order in which blocks are taken, hit and overwritten
//! is that of vLLM's V1 block manager, to the single block.
//!
//! What a block holds is told by identity, not by tokens: a run of the sequence's content
//! ([`tokendrome_units::TokenRun`]) and the block's position, or, behind the last run, the sequence
//! itself. Several blocks may hold the same; the one that was entered first is found. Blocks that
//! only their own sequence can hit are in no index.
//!
//! There are three pools, which decide alike as far as they know the same:
//!
//! | pool | knows | a sequence costs |
//! |---|---|---|
//! | [`BlockPool::counting`] | how many blocks are free | O(1) |
//! | [`BlockPool::caching`] | what they hold | O(runs of its content) |
//! | [`BlockPool::listing`] | which block is which, and, if wanted, what it holds | O(its blocks) |
//!
//! A counting pool decides as one without prefix caching. (With it decisions differ even where
//! nothing is shared, once a request is preempted: it may hit its own blocks.)
//!
//! A caching pool keeps neighbouring blocks of one run of content as one *extent*, as long as they
//! fare alike. A sequence looks each of its runs up once; finding, claiming, entering, giving back
//! and overwriting them costs O(1) for each extent. Sequences that take hold of different parts of
//! a run split its extents, those that give them back join them again: O(runs) is O(extents), in
//! the worst case O(blocks). Blocks of a sequence that shares nothing are counts; they become an
//! extent only when it is preempted. Memory is that of the extents in the pool: what is overwritten
//! is forgotten. A listing pool is the plain version of the same, for those who ask for numbers;
//! tests hold the two against each other.
//!
//! [`BlockPool::grow`] and [`BlockPool::cache`] cost a comparison while a sequence stays within its
//! last block. Sequences that are advanced by counters only take their blocks in bulk
//! ([`BlockPool::take`]), and say later what became of them ([`BlockPool::settle`]).
//!
//! [`TreePool`] is another engine's: blocks in the order of TensorRT-LLM's block manager.

mod extents;
mod hits;
mod listed;
mod pool;
mod table;
mod tree;

pub use hits::Hits;
pub use pool::BlockPool;
pub use table::BlockTable;
pub use tree::{Found, PrefixKey, TreePool};
