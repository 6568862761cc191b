//! Workloads: which requests arrive, when, and how long they are.
//!
//! Everything here is a stream: a [`Source`] yields one [`Request`] at a time in the order of
//! arrival, so that a run of ten million requests holds only the live ones. Synthetic workloads
//! come from an arrival process and two length distributions ([`Synthetic`]); recorded ones from
//! rows that somebody else reads from a file ([`Replay`]). This crate does no IO: `parse` turns
//! bytes of one row into a [`TraceRow`].

mod arrivals;
mod lengths;
pub mod parse;
mod replay;
mod request;
mod synthetic;

pub use arrivals::{Arrivals, ArrivalsSpec};
pub use lengths::{Lengths, LengthsSpec};
pub use replay::{REORDER_WINDOW, Replay, ReplaySpec, Rows};
pub use request::{ClassId, Request, Source, SourceError, TraceRow};
pub use synthetic::{ClassMix, Synthetic, SyntheticSpec};
