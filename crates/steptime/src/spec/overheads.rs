//! What an engine adds to the work of its kernels.

use serde::{Deserialize, Serialize};
use tokendrome_units::{SpecError, check_range};

/// Times that an engine adds to its kernels' work, beside those of host and layers.
///
/// What is left out has the value of the profile `vllm-0.15`; other engines' stand in the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct OverheadsSpec {
    /// Of every iteration outside its layers, where asynchronous scheduling hides nothing: inputs
    /// put together on the accelerator, the launch of its graph, the sampler; in microseconds.
    pub iteration_us: f64,
    /// Of every sequence that gets a token: logits, sampling, rows of its own in small kernels; in
    /// microseconds.
    pub sequence_us: f64,
    /// Of every layer whose matrices are stored in less than 16 bits: quantising what goes into
    /// them, scales; in microseconds.
    pub quantized_layer_us: f64,
    /// Of every collective of the general library: launch and synchronisation beyond the links'
    /// latencies; in microseconds.
    pub collective_us: f64,
    /// Of an all-reduce by which ranks of one node read from each other directly: launch and one
    /// barrier; in microseconds.
    pub direct_latency_us: f64,
    /// Share of a link's bandwidth that such an all-reduce reaches; 0 if the engine has none.
    pub direct_link_efficiency: f64,
}

impl Default for OverheadsSpec {
    /// Those of the catalog's profile `vllm-0.15`.
    fn default() -> Self {
        Self {
            iteration_us: 878.0,
            sequence_us: 1.24,
            quantized_layer_us: 65.9,
            collective_us: 20.0,
            direct_latency_us: 4.0,
            direct_link_efficiency: 0.143,
        }
    }
}

impl OverheadsSpec {
    /// An engine that adds nothing, and has no all-reduce of its own.
    pub const NONE: Self = Self {
        iteration_us: 0.0,
        sequence_us: 0.0,
        quantized_layer_us: 0.0,
        collective_us: 0.0,
        direct_latency_us: 0.0,
        direct_link_efficiency: 0.0,
    };

    /// Says what is wrong with the numbers, if anything.
    pub(super) fn validate(&self) -> Result<(), SpecError> {
        let times = [
            ("overheads.iteration_us", self.iteration_us),
            ("overheads.sequence_us", self.sequence_us),
            ("overheads.quantized_layer_us", self.quantized_layer_us),
            ("overheads.collective_us", self.collective_us),
            ("overheads.direct_latency_us", self.direct_latency_us),
        ];
        for (field, value) in times {
            check_range(field, value, 0.0, 1e9)?;
        }
        let share = self.direct_link_efficiency;
        let least = if share == 0.0 { 0.0 } else { 1e-3 };
        check_range("overheads.direct_link_efficiency", share, least, 1.0)
    }
}
