//! Time, sizes, rates and typed ids.
//!
//! Everything that the simulator counts has a type here, so that a duration cannot be taken for a
//! token count. Time is an integer number of nanoseconds ([`SimTime`], [`SimDuration`]); a float
//! becomes time through one door, [`SimDuration::from_secs_f64`], which rejects NaN, negative
//! numbers and overflow.
//!
//! Quantities in files may be plain numbers or text with a unit (`"80GiB"`, `"3.35TB/s"`); see
//! [`quantity`].

mod content;
mod ids;
pub mod quantity;
mod spec;
mod time;

pub use content::TokenRun;
pub use ids::{Id, IdVec, ReplicaId, RequestId};
pub use quantity::{Bytes, BytesPerSecond, Dollars, FlopsPerSecond, QuantityError};
pub use spec::{SpecError, check_positive, check_range};
pub use time::{SimDuration, SimTime, TICK, TimeError};
