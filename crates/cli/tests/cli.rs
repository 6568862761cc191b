//! The command as a user meets it: what it prints, what it writes, how it ends.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "cli/harness.rs"]
mod harness;

#[path = "cli/accuracy.rs"]
mod accuracy;
#[path = "cli/batching.rs"]
mod batching;
#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/calibrate.rs"]
mod calibrate;
#[path = "cli/capacity.rs"]
mod capacity;
#[path = "cli/compare.rs"]
mod compare;
#[path = "cli/conformance.rs"]
mod conformance;
#[path = "cli/dataset.rs"]
mod dataset;
#[path = "cli/engine.rs"]
mod engine;
#[path = "cli/errors.rs"]
mod errors;
#[path = "cli/examples.rs"]
mod examples;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/fit.rs"]
mod fit;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/outputs.rs"]
mod outputs;
#[path = "cli/pools.rs"]
mod pools;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/sweep.rs"]
mod sweep;
#[path = "cli/trials.rs"]
mod trials;
#[path = "cli/validate.rs"]
mod validate;
