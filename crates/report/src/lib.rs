//! What a run leaves behind: tables, JSON, CSV, Parquet, plots and timelines.
//!
//! Everything here writes; nothing here simulates. The functions take what a run yields as plain
//! data and write to what they are given, so that a caller decides between a file
//! ([`atomic::write`]: whole or not at all), standard output and memory. Equal runs yield equal
//! bytes. Layouts and their versions: `docs/outputs.md`; definitions of the metrics:
//! `docs/metrics.md`.

pub mod atomic;
mod clock;
pub mod compare;
mod error;
pub mod json;
mod number;
pub mod plot;
pub mod queueing;
pub mod requests;
pub mod table;
pub mod timeline;
pub mod trials;

pub use error::OutputError;

#[cfg(test)]
mod fixtures;
