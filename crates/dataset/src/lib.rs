//! Files of traces, of prompts, of lengths and of operator tables: plain or gzipped, read as a
//! stream.
//!
//! [`open`] gives the rows of a trace one by one, for `tokendrome_workload::Replay`; its layout is
//! told from its content, and so is whether it is gzipped. [`chat`] turns chats into rows with a
//! tokenizer. [`read_lengths`] reads the lengths of an empirical distribution. What a line of a
//! trace means is the business of `tokendrome_workload::parse`; this crate knows files.
//! [`read_results`] reads what clients of benchmarks measured,
//! [`read_iteration_log`] what engines log of their iterations.
//!
//! Whatever the bytes of a file, the answer is rows or an error that names the file, the line and
//! the column, what is wrong there and what to do. A trace of any length is read in the memory of
//! its longest line, which is at most [`LINE_BYTES_MAX`].

pub mod chat;
mod error;
mod file;
mod iteration_log;
mod lengths;
mod lines;
mod operator_tables;
mod results;
mod trace;

pub use error::DatasetError;
pub use iteration_log::{Interval, Iteration, IterationLog, read_iteration_log};
pub use lengths::{LENGTHS_MAX, read_lengths};
pub use lines::LINE_BYTES_MAX;
pub use operator_tables::read_operator_tables;
pub use results::{
    Figure, MeasuredRequest, RESULTS_BYTES_MAX, Results, ResultsFormat, ResultsSummary, Statistics,
    read_results,
};
pub use trace::{Format, Notices, Options, Trace, from_reader, open, open_with};
