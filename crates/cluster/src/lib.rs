//! Replicas of an engine, the router before them, and the event loop.
//!
//! This is the only crate that schedules events: a request comes, an iteration ends, a host that
//! rested wakes, a request arrives at an engine that took no notice of it before
//! ([`EngineLoop::Ticking`]), a KV cache has been sent or arrives ([`Disaggregation`]). At one
//! moment iterations end first, then requests arrive, then every replica that can start an
//! iteration plans one, in the order of the replicas. So a plan sees all that has arrived by its
//! moment, as in the engines themselves. With synchronous scheduling it is that of the iteration
//! that follows, with asynchronous scheduling ([`HostLoop`]) that of the one after it.

mod delays;
mod digest;
mod host;
mod replica;
mod router;
mod run;
mod transfers;

pub use delays::Delays;
pub use host::{Device, EMPTY_STEP_SLEEP, HostLoop};
pub use replica::{EngineLoop, ReplicaModel};
pub use router::{RoundRobin, Router, SharedQueue};
pub use run::{Carried, Cluster, Disaggregation, Outcome, RunError, TransferTotals};
pub use transfers::Wires;
