//! From scenario files and flags to a [`Scenario`].
//!
//! A file is read into a tree that remembers where each value was written ([`load`]). On that tree
//! flags make their changes, other spellings are rewritten into ours, and names are filled in from
//! the catalog. Only then is it read into the types. A tree that fits costs no more than that; for
//! one that does not, the JSON schema of the types is built and walked, to say of everything that
//! is wrong where it stands, and what was probably meant.
//!
//! Whatever comes in, what goes out is a scenario or [`Problems`]: never a panic.

mod change;
mod check;
mod compat;
mod dump;
mod engine;
mod files;
mod fill;
mod hint;
mod kind;
mod load;
mod parse;
mod paths;
mod pools;
mod problem;
pub mod profile;
mod schema;
mod source;
mod sweep;
mod tree;

pub use change::Change;
pub use dump::{to_json, to_toml};
pub use engine::EngineFlags;
pub use load::{Input, Loaded, load};
pub use parse::Format;
pub use problem::{Problems, Shown};
pub use schema::file_schema;
pub use sweep::{LoadedSweep, POINTS_MAX, SweepMode, Vary, load_sweep};
pub use tokendrome::Scenario;
