//! Many runs instead of one: replications of a scenario across cores, and what they tell together.
//!
//! A job is a scenario made ready ([`tokendrome::Simulation`]) and the number of a replication;
//! [`run_all`] runs any list of them on as many threads as one likes and hands the figures over in
//! the order of the jobs, so that the outcome never depends on the threads. [`run_trials`] reduces
//! the replications of one scenario to a mean, a standard deviation and a confidence interval for
//! every figure of the report. Memory is that of the sums, not of the runs.

mod figures;
mod jobs;
mod notices;
mod parallel;
mod statistics;
mod student;
mod trials;

pub use figures::{figures, unit};
pub use jobs::{Input, Job, JobError, Watch, run_all};
pub use parallel::{Needed, Threads, run_in_order};
pub use statistics::{Interval, Moments};
pub use student::two_sided_quantile;
pub use trials::{Estimate, Trials, TrialsError, run_trials};
