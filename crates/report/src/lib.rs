//! What a run leaves behind: tables, JSON, CSV, Parquet, plots and timelines.
//!
//! Everything here writes (and a journal reads back what it wrote); nothing here simulates. The
//! functions take what a run yields as plain data and write to what they are given, so that a
//! caller decides between a file ([`atomic::write`]: whole or not at all), standard output and
//! memory. Equal runs yield equal bytes. Layouts and their versions: `docs/outputs.md`,
//! `docs/sweep.md`; definitions of the metrics: `docs/metrics.md`.

pub mod animation;
pub mod atomic;
pub mod capacity;
mod clock;
mod columnar;
pub mod compare;
mod error;
pub mod explain;
pub mod fit;
pub mod foreign;
pub mod journal;
pub mod json;
mod number;
pub mod plot;
mod quantity;
pub mod queueing;
pub mod requests;
mod rows;
pub mod seed001;
pub mod side_by_side;
pub mod sweep;
pub mod table;
pub mod timeline;
pub mod trials;

pub use error::OutputError;

#[cfg(test)]
mod fixtures;
