//! What the simulator knows of models and accelerators.
//!
//! A [`ModelSpec`] is the shape of a model: enough to count its parameters, the bytes of its
//! weights and the bytes of KV cache that a token needs, and for a step-time model to count the
//! work of an iteration. An [`AcceleratorSpec`] is what a datasheet says of a device. Both are
//! plain data that a scenario file may also hold inline.
//!
//! *Architecture Invariant:* this crate does no IO. The catalog is text embedded in the program,
//! and only the entry that is asked for is parsed.

mod accelerator;
mod catalog;
pub mod config_json;
mod dtype;
mod error;
pub mod model;

pub use accelerator::{AcceleratorSpec, Link, Peaks};
pub use catalog::{
    AcceleratorEntry, AcceleratorSummary, Catalog, LookupError, ModelEntry, ModelSummary, Published,
};
pub use dtype::DType;
pub use error::CatalogError;
pub use model::{
    Attention, DTypes, DenseFfn, Ffn, GroupedAttention, LatentAttention, LayerGroup,
    LinearAttention, Lumped, ModelSpec, MoeFfn, NormKind, Placement, QkNorm, Shape, Transformer,
};
