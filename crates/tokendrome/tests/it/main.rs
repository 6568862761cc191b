//! The whole simulator through its front door, one file per behaviour.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod asynchronous;
mod capacity;
mod checker;
mod data_parallel;
mod delays;
mod explain;
mod fit;
mod lifecycle;
mod monotone;
mod phase_batching;
mod phases;
mod pools;
mod queueing;
mod random;
mod scenarios;
mod sessions;
mod ticks;
mod trtllm;
