//! Measured runs of real engines on real accelerators, simulated and scored.
//!
//! A folder of measurements has a `manifest.json` that lists runs: the trace that was sent, what
//! the client measured, how the engine was configured ([`Exam`]). [`Exam::plan`] makes a scenario
//! of each, with the constants and profiles that the project ships and those of one more folder;
//! nothing is fitted. [`simulate`] plays one out, and [`score`] compares. The rules of the scores
//! are those of the exam: see `docs/accuracy.md`.

mod error;
mod exam;
mod fields;
mod files;
mod fitting;
mod plan;
mod score;
mod simulated;
mod table;
mod units;

pub use error::AccuracyError;
pub use exam::{Exam, Kind, Run, Stage};
pub use fitting::{CONSTANTS, Constant, Off, Question};
pub use plan::{Planned, Profiles};
pub use score::{Errors, METRICS, Metric};
pub use simulated::{Measured, Sent, simulate};
pub use table::{csv, table};
pub use units::{Peer, Unit, score};
