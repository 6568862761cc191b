//! Replicas of an engine, the router before them, and the event loop.
//!
//! This is the only crate that schedules events. There are two: a request arrives, and an
//! iteration ends. At one moment iterations end first, then requests arrive, then every replica
//! that can start an iteration plans one, in the order of the replicas. So an iteration that
//! starts when another ends sees the requests that arrived until then, as in the engines
//! themselves.

mod digest;
mod host;
mod replica;
mod router;
mod run;

pub use host::{EMPTY_STEP_SLEEP, HostLoop};
pub use replica::{EngineLoop, ReplicaModel};
pub use router::{RoundRobin, Router, SharedQueue};
pub use run::{Cluster, Outcome, RunError};
