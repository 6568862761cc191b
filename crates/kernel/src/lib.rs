//! The discrete-event kernel: a clock, a totally ordered event queue, named random streams.
//!
//! It knows nothing of what is simulated. A model brings one closed enum of events that says the
//! class of each ([`Event`]), and pops them from an [`EventQueue`] in the order
//! `(time, class, sequence)`, in which no two events compare equal. Randomness comes from
//! [`Streams`]: one independent generator for each name, so that a new consumer does not shift the
//! draws of the others.

mod queue;
mod rng;
pub mod sample;

pub use queue::{Event, EventQueue};
pub use rng::{Stream, Streams};
