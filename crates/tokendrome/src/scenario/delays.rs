//! What passes outside the engines.

use serde::{Deserialize, Serialize};
use tokendrome_units::{SpecError, check_range};

/// The way between clients and the router: client, network, HTTP, tokeniser and detokeniser. TTFT,
/// end-to-end latency and queueing time count from when the client sends to when it hears.
///
/// Not modelled: waiting on this way, and delays that depend on lengths.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DelaysSpec {
    /// From sending a request to its arrival at the router, in milliseconds.
    pub request_ms: f64,
    /// From a token to the client, in milliseconds.
    pub response_ms: f64,
}

impl DelaysSpec {
    pub(super) fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        /// An hour: longer delays are mistakes of a unit.
        const MS_MAX: f64 = 3_600_000.0;
        check_range("request_ms", self.request_ms, 0.0, MS_MAX)?;
        check_range("response_ms", self.response_ms, 0.0, MS_MAX)
    }
}
