//! A fingerprint of a run: what was decided, and when.

/// A 64-bit rolling hash. Not cryptographic: it tells runs apart, it does not defend against
/// anybody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    #[inline]
    pub(crate) fn add(&mut self, word: u64) {
        // A multiply-rotate step; the odd constant is 2^64 divided by the golden ratio.
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    pub(crate) fn value(self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
