//! TensorRT-LLM's Python scheduler (`SimpleUnifiedScheduler`) in its executor loops, on a simulated
//! clock.
//!
//! The recordings are made by TensorRT-LLM's own scheduler code, without a model, over stand-ins of
//! the block manager and of the executor; a batch takes `base_ns + per_token_ns × tokens`. So
//! everything in a trace follows from the scenario: every decision, every block handed out, every
//! nanosecond. `docs/conformance.md` describes both formats.

mod run;
mod scenario;

pub use scenario::Scenario;
