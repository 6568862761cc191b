//! What a run leaves behind: tables, JSON, CSV, Parquet, plots and timelines.

pub mod atomic;
mod error;
mod number;
pub mod requests;
pub mod timeline;

pub use error::OutputError;
