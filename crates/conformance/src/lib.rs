//! Recorded decisions of real engines, compared with those of our schedulers, byte for byte.
//!
//! A *scenario* is a file with an engine's configuration, what iterations cost and some requests;
//! a *trace* is what the real engine decided for it, iteration by iteration. For each engine there
//! is a module that reads its scenarios, drives the very scheduler that simulations use, and writes
//! a trace in the format of the recordings. It holds formats and the loop around the scheduler, and
//! no rule of scheduling.
//!
//! Reading and running are pure; [`mod@file`] and [`folder`] open files.

pub mod compare;
mod content;
mod error;
pub mod file;
mod fnv;
pub mod folder;
pub mod golden;
mod json;
mod keys;
mod line;
#[cfg(test)]
mod ordinary;
mod python;
pub mod recording;
mod replayed;
mod rows;
pub mod seed000;
pub mod seed001;
pub mod seed002;
mod served;
pub mod trtllm;
pub mod vllm;

pub use error::{Place, ScenarioError};
