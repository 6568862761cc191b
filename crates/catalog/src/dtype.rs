//! Number formats, their size in memory and the arithmetic that their weights need.

use serde::{Deserialize, Serialize};

/// A number format of weights, activations or KV cache.
///
/// Formats with block scales count the scales: the size is what memory really holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum DType {
    /// IEEE single precision, 32 bits.
    #[serde(alias = "fp32", alias = "float32", alias = "float")]
    F32,
    /// IEEE half precision, 16 bits.
    #[serde(alias = "fp16", alias = "float16", alias = "half")]
    F16,
    /// bfloat16, 16 bits.
    #[serde(alias = "bfloat16")]
    Bf16,
    /// 8-bit float (E4M3 or E5M2), scales per tensor, channel or 128x128 block: below 0.01 bit per
    /// element, not counted.
    #[serde(alias = "fp8_e4m3", alias = "fp8_e5m2", alias = "float8_e4m3fn")]
    Fp8,
    /// 8-bit integer, weights and activations (W8A8); scales per channel, not counted.
    Int8,
    /// OCP microscaling FP4: 4-bit elements and one 8-bit scale per 32 (4.25 bits).
    ///
    /// Source: OCP Microscaling Formats (MX) Specification v1.0, section 5.
    Mxfp4,
    /// NVIDIA's NVFP4: 4-bit elements and one FP8 scale per 16 (4.5 bits).
    ///
    /// Source: NVIDIA, "Introducing NVFP4 for Efficient and Accurate Low-Precision
    /// Inference", 2025.
    #[serde(alias = "nvfp4")]
    Fp4,
    /// 4-bit integer weights (AWQ, GPTQ) in groups of 128 with a 16-bit scale and a 4-bit zero
    /// point (4.15625 bits); the arithmetic is 16-bit.
    Int4,
}

impl DType {
    /// Every format, widest first.
    pub const ALL: [Self; 8] = [
        Self::F32,
        Self::F16,
        Self::Bf16,
        Self::Fp8,
        Self::Int8,
        Self::Fp4,
        Self::Mxfp4,
        Self::Int4,
    ];

    /// 32nds of a bit per element: the unit in which every size is whole.
    const fn bits_times_32(self) -> u64 {
        match self {
            Self::F32 => 1024,
            Self::F16 | Self::Bf16 => 512,
            Self::Fp8 | Self::Int8 => 256,
            Self::Fp4 => 144,
            Self::Mxfp4 => 136,
            Self::Int4 => 133,
        }
    }

    /// Bits that one element takes in memory, its share of the scales included.
    #[must_use]
    pub fn bits_per_element(self) -> f64 {
        self.bits_times_32() as f64 / 32.0
    }

    /// Bytes that `elements` elements take in memory, rounded up.
    #[must_use]
    pub const fn bytes(self, elements: u64) -> u64 {
        // 128 bits: no count of elements overflows.
        (elements as u128 * self.bits_times_32() as u128).div_ceil(256) as u64
    }

    /// The rows of a peak table that a matrix product with weights of this format can use, best
    /// first; the first one that the hardware has is what runs.
    ///
    /// FP8, INT8 and FP4 weights fall back to 16-bit arithmetic (weight-only kernels) where the
    /// hardware has no units for them. INT4 always runs in 16 bits.
    #[must_use]
    pub const fn compute_rows(self) -> &'static [Self] {
        match self {
            Self::F32 => &[Self::F32],
            Self::F16 => &[Self::F16, Self::Bf16, Self::F32],
            Self::Bf16 | Self::Int4 => &[Self::Bf16, Self::F16, Self::F32],
            Self::Fp8 => &[Self::Fp8, Self::Bf16, Self::F16, Self::F32],
            Self::Int8 => &[Self::Int8, Self::Bf16, Self::F16, Self::F32],
            Self::Mxfp4 | Self::Fp4 => &[Self::Fp4, Self::Bf16, Self::F16, Self::F32],
        }
    }

    /// The name that files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Fp8 => "fp8",
            Self::Int8 => "int8",
            Self::Mxfp4 => "mxfp4",
            Self::Fp4 => "fp4",
            Self::Int4 => "int4",
        }
    }
}

impl std::fmt::Display for DType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_count_scales_and_round_up() {
        assert_eq!(DType::Bf16.bytes(3), 6);
        assert_eq!(DType::Mxfp4.bytes(32), 17);
        assert_eq!(DType::Fp4.bytes(16), 9);
        assert_eq!(DType::Int4.bytes(256), 133);
        assert_eq!(DType::Int4.bytes(1), 1);
        assert_eq!(DType::F32.bytes(1 << 60), 1 << 62);
    }

    #[test]
    fn names_read_back_and_every_format_can_compute() {
        for dtype in DType::ALL {
            let json = serde_json::to_string(&dtype).unwrap();
            assert_eq!(json, format!("\"{}\"", dtype.name()));
            assert_eq!(serde_json::from_str::<DType>(&json).unwrap(), dtype);
            assert!(dtype.compute_rows().contains(&DType::F32));
        }
        assert_eq!(serde_json::from_str::<DType>("\"nvfp4\"").unwrap(), DType::Fp4);
    }
}
