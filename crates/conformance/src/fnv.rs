//! The checksum of the block numbers in a trace.

/// The checksum FNV-1a with 64 bits.
pub(crate) struct Fnv;

impl Fnv {
    /// The sum of nothing.
    pub(crate) const START: u64 = 0xCBF2_9CE4_8422_2325;
    const PRIME: u64 = 0x100_0000_01B3;

    /// Adds a number as four bytes, the lowest first.
    pub(crate) fn add(sum: u64, number: u32) -> u64 {
        let bytes = number.to_le_bytes();
        bytes.iter().fold(sum, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(Self::PRIME))
    }
}
