//! Batch schedulers: which requests the next iteration computes, and how many tokens of each.
//!
//! A [`Scheduler`] owns the queue, the running requests and the KV blocks of one replica. It is
//! asked for a [`Plan`] when the replica can start an iteration, and told when a plan's iteration
//! has ended. Several plans may be in flight: of pipeline stages they end in the order in which
//! they were made, of several executors in any. A scheduler never computes how long anything
//! takes: times order requests, and say how long one has waited.

mod data_parallel;
mod phase_batching;
mod phases;
mod plan;
#[cfg(test)]
mod played;
mod requests;
mod slab;
mod slots;
mod trtllm;
mod vllm;
mod worker_pools;

pub use data_parallel::DataParallel;
pub use phase_batching::{BatchMemory, BatchWindow, PhaseBatching, PhaseBatchingConfig};
pub use phases::{PhaseOrder, Phases, PhasesConfig};
pub use plan::{NewRequest, Outcome, Plan, Refusal, Scheduled, Scheduler, Slot, Steady};
pub use slots::{Admission, Slots, SlotsConfig};
pub use trtllm::{CapacityPolicy, ChunkingPolicy, ContextChunking, TensorRtLlm, TensorRtLlmConfig};
pub use vllm::{Policy, Vllm, VllmConfig};
pub use worker_pools::{WorkerPools, WorkerPoolsConfig};
