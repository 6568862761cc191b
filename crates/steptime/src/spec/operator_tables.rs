//! What a scenario says of operator tables.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokendrome_units::{SpecError, check_range};

use crate::OperatorTables;

/// Step times from measured times of single operators.
///
/// The tables lie in files that somebody else reads: a scenario carries where they lie, and the
/// tables themselves once they are read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OperatorTablesSpec {
    /// The folder of the tables, of as many ranks as `tensor_parallel_size` says; relative to the
    /// scenario file.
    pub path: String,
    /// Time of the host between two iterations, in microseconds; hidden behind the accelerator
    /// where the engine plans ahead.
    #[serde(default)]
    pub host_overhead_us: f64,
    /// Time of an iteration on the accelerator beyond its operators, in microseconds: copies of
    /// inputs and outputs, gaps between kernels. Default: [`ITERATION_OVERHEAD_US`].
    #[serde(default = "iteration_overhead_us")]
    pub iteration_overhead_us: f64,
    /// Share of a link's bandwidth that all-reduces reach (0 to 1]; they are not in the tables.
    #[serde(default = "link_efficiency")]
    pub link_efficiency: f64,
    /// The tables, once they are read.
    #[serde(skip)]
    pub tables: Option<Arc<OperatorTables>>,
}

/// What an iteration takes beyond its operators, in microseconds: one figure for all accelerators.
///
/// Source: the one figure that is fitted here, on two runs of Llama 3.1 8B under vLLM 0.19 with
/// asynchronous scheduling (RTX 4090, RTX PRO 6000; 300 requests each; 2026-11), so that the
/// largest error of mean latencies is least. The first by itself asks for 0, the second for 600.
pub const ITERATION_OVERHEAD_US: f64 = 450.0;

fn iteration_overhead_us() -> f64 {
    ITERATION_OVERHEAD_US
}

/// As of the roofline.
fn link_efficiency() -> f64 {
    crate::RooflineSpec::default().link_efficiency
}

impl OperatorTablesSpec {
    /// Tables that are still to be read from a folder, with the overheads of the default.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            host_overhead_us: 0.0,
            iteration_overhead_us: ITERATION_OVERHEAD_US,
            link_efficiency: link_efficiency(),
            tables: None,
        }
    }

    pub(super) fn validate(&self) -> Result<(), SpecError> {
        /// A second: more is a mistake of a unit.
        const US_MAX: f64 = 1e6;
        check_range("host_overhead_us", self.host_overhead_us, 0.0, US_MAX)?;
        check_range("iteration_overhead_us", self.iteration_overhead_us, 0.0, US_MAX)?;
        check_range("link_efficiency", self.link_efficiency, 1e-3, 1.0)
    }
}
