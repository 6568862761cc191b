//! The scheduler of TensorRT-LLM against decisions that agreed with those of the real one.

#![allow(clippy::unwrap_used, reason = "what cannot be read or run should stop the test")]

#[path = "trtllm/recorded.rs"]
mod recorded;
