//! The tokens of a simulated model: a fixed function of a stream's number and a position in it.

/// The token that ends a sequence; no stream holds it.
pub(super) const EOS: u32 = 1 << 31;

/// Token `index` of a stream, below 2^31: the finaliser of `SplitMix64`, upper bits.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
pub(super) fn token(stream: u64, index: u64) -> u32 {
    let z = ((stream << 32) | index).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 33) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_the_recorder() {
        // From the recorder, in Python.
        let cases = [(0, 0), (7, 3), (1000, 59_999), ((1 << 32) + 5, 1), (u64::MAX, (1 << 33) + 9)];
        let expect = [1_896_895_516, 2_123_962_916, 1_713_737_710, 948_149_371, 1_794_588_277];
        assert_eq!(cases.map(|(stream, index)| token(stream, index)), expect);
    }
}
