//! The whole simulator through its front door, one file per behaviour.

mod capacity;
mod checker;
mod lifecycle;
mod queueing;
mod random;
mod scenarios;
