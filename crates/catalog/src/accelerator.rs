//! What a datasheet says of a device.

use serde::{Deserialize, Serialize};
use tokendrome_units::{Bytes, BytesPerSecond, Dollars, FlopsPerSecond};

use crate::{CatalogError, DType};

/// One accelerator: a GPU, a TPU chip, or what software sees as one device.
///
/// Every figure is a datasheet's, not a measurement: how much of it a kernel reaches belongs to the
/// step-time model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AcceleratorSpec {
    /// What reports call it.
    pub name: String,
    /// Who makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Device memory in bytes, as the driver reports it to software (an H100 "80GB" has
    /// 81,559 MiB); the share that an engine may use is the engine's setting.
    pub memory: Bytes,
    /// Peak memory bandwidth, bytes per second, reads and writes together.
    pub memory_bandwidth: BytesPerSecond,
    /// Peak rates of dense matrix products.
    pub peak: Peaks,
    /// The link to the other accelerators of the same node (NVLink, xGMI, ICI, PCIe); none: the
    /// device stands alone and a parallel run on it is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// The link to other nodes, as this accelerator's share of the node's network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Link>,
    /// Accelerators that `link` joins; more need `network`.
    #[serde(default = "one")]
    pub accelerators_per_node: u32,
    /// Price of one accelerator for one hour, US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_hour: Option<Dollars>,
}

/// Peak rates of dense matrix products by number format of the operands, in operations per second
/// (a multiply-add counts two), WITHOUT structured sparsity.
///
/// A row that the device has no units for is absent. `f32` is the rate of true single precision,
/// not of TF32.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Peaks {
    /// Single precision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f32: Option<FlopsPerSecond>,
    /// Half precision, accumulating in single precision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f16: Option<FlopsPerSecond>,
    /// bfloat16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bf16: Option<FlopsPerSecond>,
    /// 8-bit float.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp8: Option<FlopsPerSecond>,
    /// 8-bit integer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub int8: Option<FlopsPerSecond>,
    /// 4-bit float.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp4: Option<FlopsPerSecond>,
}

/// A connection of one accelerator.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Bytes per second that ONE accelerator can send, PER DIRECTION (vendors often print the sum
    /// of both: NVLink 4's "900 GB/s" is 450 GB/s here).
    pub bandwidth: BytesPerSecond,
    /// Time of one hop of a small message, in microseconds, without the launch of a kernel (the
    /// catalog gives what NCCL and RCCL reckon with for their low-latency protocol).
    pub latency_us: f64,
}

const fn one() -> u32 {
    1
}

impl Peaks {
    /// The rate of this very row.
    #[must_use]
    pub const fn row(&self, dtype: DType) -> Option<FlopsPerSecond> {
        match dtype {
            DType::F32 => self.f32,
            DType::F16 => self.f16,
            DType::Bf16 => self.bf16,
            DType::Fp8 => self.fp8,
            DType::Int8 => self.int8,
            DType::Fp4 => self.fp4,
            DType::Mxfp4 | DType::Int4 => None,
        }
    }

    /// The row and rate that a matrix product with weights of `dtype` runs at: the first of
    /// [`DType::compute_rows`] that the device has. `None` if it has none of them (f32 weights on a
    /// device that lists no f32 rate).
    #[must_use]
    pub fn for_weights(&self, dtype: DType) -> Option<(DType, FlopsPerSecond)> {
        dtype.compute_rows().iter().find_map(|&row| self.row(row).map(|rate| (row, rate)))
    }
}

impl AcceleratorSpec {
    /// Checks that every figure is usable.
    ///
    /// # Errors
    /// The first figure that is zero or not finite, or that no peak is given.
    pub fn validate(&self) -> Result<(), CatalogError> {
        self.positive("memory", self.memory.0 as f64)?;
        self.positive("memory_bandwidth", self.memory_bandwidth.0)?;
        self.positive("accelerators_per_node", f64::from(self.accelerators_per_node))?;
        for (field, link) in [("link", self.link), ("network", self.network)] {
            let Some(link) = link else { continue };
            self.positive(&format!("{field}.bandwidth"), link.bandwidth.0)?;
            if !(link.latency_us.is_finite() && link.latency_us >= 0.0) {
                return Err(CatalogError::Contradiction {
                    name: self.name.clone(),
                    problem: format!("`{field}.latency_us` is {}", link.latency_us),
                    remedy: "give microseconds, zero or more",
                });
            }
        }
        let rows = DType::ALL.map(|dtype| (dtype, self.peak.row(dtype)));
        for (dtype, rate) in rows {
            if let Some(rate) = rate {
                self.positive(&format!("peak.{dtype}"), rate.0)?;
            }
        }
        if self.peak.for_weights(DType::Bf16).is_none() {
            return Err(CatalogError::Missing {
                name: self.name.clone(),
                what: "peak rate for 16- or 32-bit arithmetic",
                remedy: "give `peak.bf16`, `peak.f16` or `peak.f32`",
            });
        }
        Ok(())
    }

    fn positive(&self, field: &str, value: f64) -> Result<(), CatalogError> {
        if value.is_finite() && value > 0.0 {
            return Ok(());
        }
        Err(CatalogError::NotPositive {
            name: self.name.clone(),
            field: field.to_owned(),
            value: value.to_string(),
        })
    }
}

#[cfg(test)]
mod tests;
