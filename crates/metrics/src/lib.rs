//! What is measured: per-request records, distributions, integrals over time, SLOs, time series.
//!
//! A [`Recorder`] takes what happens in the order in which it happens and keeps memory bounded: it
//! never holds all requests. Percentiles are exact up to [`EXACT_SAMPLES_MAX`] samples and from an
//! integer log-linear histogram beyond ([`Sample`]); the summary says which. [`Batches`] keep what
//! it takes to say how sure the mean of one run is.
//!
//! An [`Observer`] sees the same events and cannot change the run.

mod batches;
mod counters;
mod histogram;
mod observer;
mod occupancy;
mod record;
mod recorder;
mod sample;
mod series;
mod slo;
mod steady;
mod stretch;
mod student;
mod totals;
mod window;

pub use batches::{BATCH, BATCHES_MAX, Batches};
pub use counters::{Counters, Levels, PlanEffects, Work};
pub use histogram::LogLinear;
pub use observer::{Arrival, Iteration, Observer, Progress, Witness};
pub use occupancy::LevelTimes;
pub use record::{Rejection, RequestRecord, Status};
pub use recorder::{Recorder, RecorderSpec};
pub use sample::{Distribution, EXACT_SAMPLES_MAX, Method, Sample};
pub use series::{Series, SeriesPoint};
pub use slo::{Attainment, Objectives, SloSpec};
pub use steady::{GROUPS_MIN, SteadyMean, Verdict, WarmUp};
pub use stretch::Stretch;
pub use student::two_sided_quantile;
pub use totals::{
    ClassSummary, Latencies, LatencyBatches, Peaks, RejectionCount, ReplicaCounters, Totals,
};
