//! Which blocks of which requests hold the same tokens.

use hashbrown::HashTable;
use tokendrome_units::TokenRun;

use super::scenario::Request;
use super::token::{EOS, token};

/// Identities of blocks. Two blocks have the same one if their tokens are equal and the blocks
/// before them have the same one; tokens are compared themselves, not by a checksum.
///
/// Takes the memory of the distinct blocks' tokens, 4 bytes each.
#[derive(Debug)]
pub(super) struct Contents {
    block_size: usize,
    /// The distinct blocks. The position of one is its identity.
    blocks: Vec<Block>,
    /// Their tokens, one block after the other.
    tokens: Vec<u32>,
    /// Identities by checksum.
    table: HashTable<u32>,
    /// The sequence in question, and its blocks; kept for their allocations.
    sequence: Vec<u32>,
    runs: Vec<TokenRun>,
}

/// A block, its tokens aside.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// The identity of the block before it.
    before: u32,
    /// Of that identity and of its tokens.
    checksum: u64,
}

/// What stands before the first block of a sequence.
const NOTHING: u32 = u32::MAX;

impl Contents {
    /// `most` is how many blocks there will be if all are distinct.
    pub(super) fn new(block_size: u32, most: u64) -> Self {
        /// Room that is made beforehand, in blocks; more comes as it is needed.
        const ROOM_MAX: u64 = 1 << 20;
        Self {
            block_size: block_size as usize,
            blocks: Vec::new(),
            tokens: Vec::new(),
            table: HashTable::with_capacity(most.min(ROOM_MAX) as usize),
            sequence: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// The full blocks of a request's whole sequence: its prompt, and every output token that it
    /// will have had when it ends.
    pub(super) fn of(&mut self, request: &Request) -> &[TokenRun] {
        let mut sequence = std::mem::take(&mut self.sequence);
        sequence.clear();
        request.prompt.write(&mut sequence);
        let outputs = request.output_tokens();
        sequence.extend((0..outputs).map(|j| token(request.out_stream, j.into())));
        if request.eos_after == Some(outputs) {
            sequence.pop();
            sequence.push(EOS);
        }
        self.runs.clear();
        let mut before = NOTHING;
        for block in sequence.chunks_exact(self.block_size) {
            before = self.identify(before, block);
            let end = (self.runs.len() + 1) * self.block_size;
            self.runs.push(TokenRun { id: before.into(), end: end as u32 });
        }
        self.sequence = sequence;
        &self.runs
    }

    fn identify(&mut self, before: u32, tokens: &[u32]) -> u32 {
        let checksum = checksum(before, tokens);
        let found = self.table.find(checksum, |&id| {
            let id = id as usize;
            let known = &self.tokens[id * self.block_size..][..self.block_size];
            self.blocks[id].before == before && known == tokens
        });
        if let Some(&id) = found {
            return id;
        }
        let id = u32::try_from(self.blocks.len()).expect("more than 2^32 distinct blocks");
        self.blocks.push(Block { before, checksum });
        self.tokens.extend_from_slice(tokens);
        let blocks = &self.blocks;
        self.table.insert_unique(checksum, id, |&id| blocks[id as usize].checksum);
        id
    }
}

/// Tells blocks apart quickly; equal ones have equal checksums, and others nearly always differ.
fn checksum(before: u32, tokens: &[u32]) -> u64 {
    // 2^64 divided by the golden ratio, odd: spreads a number over the upper bits.
    const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(SPREAD);
    let (pairs, rest) = tokens.as_chunks::<2>();
    let pairs = pairs.iter().map(|&[low, high]| u64::from(low) | u64::from(high) << 32);
    let sum = pairs.fold(u64::from(before), mix);
    let sum = rest.iter().copied().map(u64::from).fold(sum, mix);
    sum ^ (sum >> 32)
}
