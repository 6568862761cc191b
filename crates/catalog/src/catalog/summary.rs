//! Rows for tables of what the catalog holds.

use serde::Serialize;
use tokendrome_units::{Bytes, BytesPerSecond, Dollars};

use super::{AcceleratorEntry, ModelEntry};
use crate::Peaks;

/// A model in one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelSummary {
    /// The catalog's name.
    pub name: String,
    /// The family.
    pub family: String,
    /// Parameters of the whole model, from its shape.
    pub parameters: u64,
    /// Parameters that one token passes through, from its shape.
    pub active_parameters: u64,
    /// Number of layers.
    pub layers: u32,
    /// Longest context, in tokens.
    pub max_context: u32,
    /// Bytes of all weights, in the formats of its file.
    pub weight_bytes: Bytes,
    /// Bytes of KV cache per token over all layers, before any window.
    pub kv_bytes_per_token: Bytes,
}

/// An accelerator in one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AcceleratorSummary {
    /// The catalog's name.
    pub name: String,
    /// Who makes it.
    pub vendor: Option<String>,
    /// Device memory.
    pub memory: Bytes,
    /// Memory bandwidth.
    pub memory_bandwidth: BytesPerSecond,
    /// Dense peaks.
    pub peak: Peaks,
    /// Bandwidth of the link inside the node, per direction.
    pub link_bandwidth: Option<BytesPerSecond>,
    /// Accelerators that the link joins.
    pub accelerators_per_node: u32,
    /// Price of one for one hour.
    pub price_per_hour: Option<Dollars>,
}

impl ModelSummary {
    pub(super) fn of(entry: &ModelEntry) -> Self {
        let model = &entry.model;
        Self {
            name: model.name.clone(),
            family: entry.family.clone(),
            parameters: model.parameters(),
            active_parameters: model.active_parameters(),
            layers: model.layers(),
            max_context: model.max_context,
            weight_bytes: Bytes(model.weight_bytes()),
            kv_bytes_per_token: Bytes(model.kv_bytes_per_token(1)),
        }
    }
}

impl AcceleratorSummary {
    pub(super) fn of(entry: &AcceleratorEntry) -> Self {
        let spec = &entry.accelerator;
        Self {
            name: spec.name.clone(),
            vendor: spec.vendor.clone(),
            memory: spec.memory,
            memory_bandwidth: spec.memory_bandwidth,
            peak: spec.peak,
            link_bandwidth: spec.link.map(|link| link.bandwidth),
            accelerators_per_node: spec.accelerators_per_node,
            price_per_hour: spec.price_per_hour,
        }
    }
}
