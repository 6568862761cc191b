//! Runs whose arrivals go on to their end, and how their backlog drifts.
//!
//! A run is cut when its window of arrivals ends, so that a system that cannot keep up costs no
//! more than one that can. Its first half is left out: the system fills up. In the second half
//! arrivals and departures are counted. Their difference is the growth of the backlog; as a share
//! of the arrivals it tends to 0 in a stable system, as the run gets longer, and to the share of
//! the load that is too much in an unstable one.

use tokendrome::metrics::{Arrival, Observer, RequestRecord, Status};
use tokendrome::{SimulateError, Simulation};

use super::load::{Load, Window};
use super::outcome::{Course, Drift, Verdict};
use super::runs::{Batch, Runs, Stop};
use crate::jobs::Watch;
use crate::statistics::Moments;
use crate::student::two_sided_quantile;
use crate::trials::is_random;

/// Arrivals of a run, as a multiple of the requests that run at once at most: by Little's law a run
/// is then as many times longer than a request is in work.
const ARRIVALS_PER_RUNNING: u64 = 20;

/// Most arrivals that a run is lengthened to.
const ARRIVALS_MAX: u64 = 200_000;

/// After so many replications the intervals are looked at. The first are not fewer, for the spread
/// of a handful may come out far too small.
pub(super) const LOOKS: [u64; 4] = [10, 20, 40, 80];

/// Chance at most that a verdict is wrong, whenever it falls.
pub(super) const ALPHA: f64 = 0.05;

/// Replications at one rate.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sample {
    /// Growth of the backlog over the expected arrivals.
    pub(super) drift: Moments,
    /// Departures per second.
    pub(super) departures: Moments,
    pub(super) running_max: u64,
    /// Expected arrivals of a run.
    pub(super) arrivals: u64,
}

impl Sample {
    /// Adds more replications at the same rate.
    pub(super) fn extend(&mut self, other: &Self) {
        self.drift.extend(&other.drift);
        self.departures.extend(&other.departures);
        self.running_max = self.running_max.max(other.running_max);
        self.arrivals = self.arrivals.max(other.arrivals);
    }

    /// Variance of the departures of a run's second half over their number: for one server that is
    /// always busy, the squared coefficient of variation of its service times.
    pub(super) fn dispersion(&self, rate_per_s: f64) -> f64 {
        let half_s = 0.5 * self.arrivals as f64 / rate_per_s;
        let mean = self.departures.mean();
        let std = self.departures.std().filter(|_| mean > 0.0);
        std.map_or(0.0, |std| std * std * half_s / mean)
    }

    pub(super) fn measured(&self) -> Drift {
        Drift {
            share: self.drift.mean(),
            half: self.drift.half_width(0.95),
            departures_per_s: self.departures.mean(),
        }
    }
}

/// Runs at any rate of one load.
pub(super) struct Backlogs<'a, W> {
    pub(super) load: &'a Load,
    pub(super) runs: &'a Runs<'a, W>,
    /// Whether replications differ.
    pub(super) is_random: bool,
    /// Most requests that were seen to run at once.
    running_max: u64,
}

impl<'a, W: Watch> Backlogs<'a, W> {
    pub(super) fn new(load: &'a Load, runs: &'a Runs<'a, W>) -> Self {
        Self { load, runs, is_random: is_random(load.scenario()), running_max: 0 }
    }

    /// Runs replications `first`, ... at a rate, with at least so many arrivals each. Runs that
    /// turn out to be short against the time that requests are in work are run again, longer.
    pub(super) fn sample(
        &mut self,
        rate_per_s: f64,
        arrivals: u64,
        (first, trials): (u64, u64),
        course: &mut Course,
    ) -> Result<Sample, Stop> {
        loop {
            let wanted = arrivals.max(self.running_max * ARRIVALS_PER_RUNNING);
            let window = self.load.window(rate_per_s, wanted.min(ARRIVALS_MAX.max(arrivals)));
            if window.arrivals < wanted && self.running_max > 0 {
                course.notice(format!(
                    "runs of {} arrivals are short: up to {} requests run at once, and the first \
                     half of a run should be many times as long as one of them takes; the rate may \
                     be too high",
                    window.arrivals, self.running_max
                ));
            }
            let trials = if self.is_random { trials } else { 1 };
            let sample = self.sample_once(rate_per_s, window, (first, trials))?;
            self.running_max = self.running_max.max(sample.running_max);
            let is_long = self.running_max * ARRIVALS_PER_RUNNING <= window.arrivals;
            if is_long || window.arrivals < wanted || window.arrivals >= ARRIVALS_MAX {
                return Ok(sample);
            }
        }
    }

    fn sample_once(
        &self,
        rate_per_s: f64,
        window: Window,
        (first, runs): (u64, u64),
    ) -> Result<Sample, Stop> {
        let mut scenario = self.load.at(rate_per_s, window);
        scenario.simulation.max_time_s = Some(window.length_s);
        let watch = Flow::new(window.length_s, scenario.simulation.time_unit.stretch());
        let simulation = Simulation::new(&scenario).map_err(super::CapacityError::from)?;
        let simulations = std::slice::from_ref(&simulation);
        let batch = Batch { rate_per_s, simulations, first, runs };
        let flows = self.runs.all(&batch, |job, rows, stopper| {
            let mut flow = watch;
            let figures =
                job.simulation.figures(job.replication, rows, &mut [stopper, &mut flow])?;
            Ok::<_, SimulateError>((figures, flow))
        })?;
        let mut sample = Sample { arrivals: window.arrivals, ..Sample::default() };
        let (late, half_s) = (0.5 * window.arrivals as f64, 0.5 * window.length_s);
        for run in flows {
            let Some((figures, flow)) = run else {
                // Nothing arrived: the backlog has not grown.
                sample.drift.add(0.0);
                sample.departures.add(0.0);
                continue;
            };
            let drift = flow.drift(late);
            sample.drift.add(drift);
            sample.departures.add(if self.load.has_sessions() {
                // A session has one request at most in the system: what does not grow departs.
                rate_per_s * (1.0 - drift)
            } else {
                flow.completions_per_s(half_s)
            });
            sample.running_max = sample.running_max.max(figures.summary.queue.running_max);
        }
        Ok(sample)
    }
}

/// What goes in and out of a run, by halves.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flow {
    /// The end of the first half, and of the window of arrivals, in nanoseconds of the clock.
    half_ns: u64,
    end_ns: u64,
    arrived: u64,
    rejected: u64,
    late_in: u64,
    /// Ends in the second half of the window, of whatever kind.
    late_out: u64,
    /// Those that completed.
    late_completed: u64,
}

impl Flow {
    /// Watches a run whose arrivals go on for so long, on a clock stretched so much.
    pub(super) fn new(length_s: f64, stretch: f64) -> Self {
        let end = length_s * 1e9 * stretch;
        Self { half_ns: (0.5 * end) as u64, end_ns: end as u64, ..Self::default() }
    }

    /// Growth of the backlog in the second half, as a share of those of the `late` expected
    /// arrivals that are not refused.
    pub(super) fn drift(&self, late: f64) -> f64 {
        let growth = self.late_in as f64 - self.late_out as f64;
        growth * self.per_served() / late
    }

    /// Arrivals for each that is not refused; 0 if all are.
    fn per_served(&self) -> f64 {
        let served = self.arrived - self.rejected;
        if served > 0 { self.arrived as f64 / served as f64 } else { 0.0 }
    }

    /// Completions per second of the second half, which is so long, as a rate of arrivals: of these
    /// some are refused.
    fn completions_per_s(&self, half_s: f64) -> f64 {
        self.late_completed as f64 * self.per_served() / half_s
    }
}

impl Observer for Flow {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn arrival(&mut self, arrival: &Arrival) {
        self.arrived += 1;
        self.late_in += u64::from(arrival.now.as_nanos() >= self.half_ns);
    }

    fn request(&mut self, record: &RequestRecord) {
        let is_late = |end: Option<tokendrome::units::SimTime>| {
            u64::from(end.is_some_and(|end| (self.half_ns..self.end_ns).contains(&end.as_nanos())))
        };
        match record.status {
            Status::Completed => {
                let late = is_late(record.end);
                self.late_out += late;
                self.late_completed += late;
            }
            Status::Rejected(_) => {
                self.late_out += is_late(Some(record.arrival));
                self.rejected += 1;
            }
            Status::Unfinished => {}
        }
    }
}

/// Whether the mean of the values is above or below a limit: `Holds` below. At each of [`LOOKS`]
/// the chance to be wrong is at most `alpha` over their number, so that it is at most that over all
/// of them, as far as means are normal. One value, where nothing is left to chance, decides at
/// once.
pub(super) fn judge(values: &Moments, limit: f64, alpha: f64) -> Verdict {
    let Some(freedom) = values.count().checked_sub(1) else { return Verdict::Undecided };
    let half = if freedom == 0 {
        0.0
    } else {
        let level = 1.0 - 2.0 * alpha / LOOKS.len() as f64;
        values.half_width_by(two_sided_quantile(level, freedom)).unwrap_or(0.0)
    };
    if values.mean() + half <= limit {
        Verdict::Holds
    } else if values.mean() - half > limit {
        Verdict::Fails
    } else {
        Verdict::Undecided
    }
}
