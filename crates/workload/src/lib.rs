//! Workloads: which requests arrive, when, and how long they are.
//!
//! Everything here is a stream: a [`Source`] yields one [`Request`] at a time in the order of
//! arrival, so that a run of ten million requests holds only the live ones. Synthetic workloads
//! come from an arrival process and distributions of lengths, with sessions and shared prefixes
//! ([`Synthetic`]); recorded ones from rows that somebody else reads from a file ([`Replay`]), and
//! so do prompts whose arrivals are drawn ([`Prompts`]). Each
//! request says which of its tokens others may share. This crate does no IO: `parse` turns bytes
//! of one row into a [`TraceRow`].

mod arrivals;
mod lengths;
pub mod parse;
mod prefixes;
mod prompts;
mod replay;
mod request;
mod sessions;
mod synthetic;

pub use arrivals::{Arrivals, ArrivalsSpec};
pub use lengths::{Lengths, LengthsSpec, Rounding};
pub use prefixes::{PopularitySpec, PrefixesSpec};
pub use prompts::{Prompts, PromptsSpec};
pub use replay::{REORDER_WINDOW, Replay, ReplaySpec, Rows};
pub use request::{ClassId, Request, Source, SourceError, TraceRow};
pub use sessions::{SessionsSpec, TurnsSpec};
pub use synthetic::{ClassMix, Synthetic, SyntheticSpec};
