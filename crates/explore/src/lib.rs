//! Many runs instead of one: replications of a scenario across cores, and what they tell together.
//!
//! A job is a scenario made ready ([`tokendrome::Simulation`]) and the number of a replication;
//! [`run_all`] runs any list of them on as many threads as one likes and hands the figures over in
//! the order of the jobs, so that the outcome never depends on the threads. [`run_trials`] reduces
//! the replications of one scenario to a mean, a standard deviation and a confidence interval for
//! every figure of the report, and adds more of them until the means are precise if asked to
//! ([`Goal`]); [`compare()`] does so for several scenarios on the same requests, and for the
//! differences between them; [`run_sweep`] for many points at once. [`growth()`] says whether a
//! queue grows, [`capacity()`] at which rate of arrivals it begins to; [`queueing`] compares the
//! engine with theory. Memory is that of
//! the sums, not of the runs.

mod calibrate;
mod capacity;
mod compare;
mod estimates;
mod figures;
mod growth;
mod jobs;
mod kendall;
mod notices;
mod parallel;
mod precision;
pub mod queueing;
mod statistics;
mod student;
mod sweep;
mod trials;

pub use calibrate::{Calibration, Found, Parameter, Residual, calibrate};
pub use capacity::{
    Basis, Capacity, CapacityError, Condition, ConditionError, Curve, Detection, Drift, Grid,
    Measured, Method, Objective, Search, Side as ConditionSide, Step, Tried, Verdict, capacity,
    detect,
};
pub use compare::{
    Case, Cases, CasesError, CompareError, Comparison, Difference, FIRST_REQUESTS_MAX, FirstTrial,
    Offered, Side, compare,
};
pub use estimates::Estimate;
pub use figures::{figures, unit};
pub use growth::{ALPHA, BLOCKS, Growth, RISE_REQUESTS, RISE_SHARE, growth};
pub use jobs::{Input, Job, JobError, Watch, run_all};
pub use parallel::{Needed, Threads, run_in_order};
pub use precision::{Goal, HEADLINES, Precision, Reached, TRIALS_LEAST};
pub use statistics::{Interval, Moments};
pub use student::two_sided_quantile;
pub use sweep::{Sweep, SweepError, SweepPoint, Swept, run_sweep};
pub use trials::{Trials, TrialsError, run_trials};
