//! vLLM 0.33.0: its V1 scheduler, synchronous or asynchronous, on a simulated clock.
//!
//! The recordings are made by vLLM's own Python code, without a model: a batch takes
//! `base_ns + per_token_ns × tokens`, and token j of a request is a fixed function of the request
//! and j. So everything in a trace follows from the scenario: every decision of the scheduler,
//! every block handed out, every nanosecond. `docs/conformance.md` describes both formats.

mod run;
mod scenario;
mod token;

pub use scenario::Scenario;

/// The version whose decisions these are.
pub const VERSION: &str = "0.33.0";
