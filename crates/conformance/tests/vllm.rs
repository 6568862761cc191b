//! The scheduler against recorded decisions of the real one, and against a plain reading of the
//! rules.

#![allow(clippy::unwrap_used, reason = "what cannot be read or run should stop the test")]

#[path = "vllm/drawn.rs"]
mod drawn;
#[path = "vllm/plain.rs"]
mod plain;
#[path = "vllm/plain_admission.rs"]
mod plain_admission;
#[path = "vllm/plain_loops.rs"]
mod plain_loops;
#[path = "vllm/properties.rs"]
mod properties;
#[path = "vllm/recorded.rs"]
mod recorded;
