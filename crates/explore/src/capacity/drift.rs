//! The search for the largest stable rate.
//!
//! 1. *Climb.* Rates are doubled, from the scenario's own, until the backlog clearly grows; where
//!    it does so beyond measure, the next rate is a little above that of the departures.
//! 2. *Measure.* A quarter above the rate of departures the system is always busy and as full as it
//!    gets. Replications are added until the mean rate of departures, the estimate, is precise.
//! 3. *Verify.* A rate four precisions below the estimate must be judged stable and one as far
//!    above unstable. If so, that is all. If not, departures in overload are not the boundary: some
//!    policies serve less when they are flooded, and queues of several replicas fill one by one.
//!    Then the boundary is bracketed by judging rates, and that bracket is the interval.
//!
//! Between the second and the third step runs are made longer if departures vary more than those
//! of an exponential server.
//!
//! A rate is judged *stable* where the drift of the backlog is below, and *unstable* where it is
//! above, two precisions of the arrivals: half of what a rate so far above the boundary has. The
//! limit is not 0, for a system that starts empty drifts a little for ever: near its boundary a
//! queue of load ρ takes about `1 / (1 - sqrt(ρ))²` services to forget its start.
//!
//! Sources: Baccelli and Foss, On the saturation rule for the stability of queues, Journal of
//! Applied Probability 32 (1995), 494-507 (the largest stable rate is that of departures of the
//! saturated system, where more work never makes requests leave earlier); Loynes, The stability of
//! a queue with non-independent inter-arrival and service times, Mathematical Proceedings of the
//! Cambridge Philosophical Society 58 (1962), 497-520; Law, Simulation Modeling and Analysis (5th
//! ed., 2015), sections 9.4 and 9.5 (independent replications, initial transients).

use super::backlog::{ALPHA, Backlogs, LOOKS, Sample, judge};
use super::bracket::narrow;
use super::load::Load;
use super::outcome::{Basis, Course, Found, Measured, Tried, Verdict};
use super::runs::{Runs, Stop};
use super::{LENGTH_MAX_S, Search};
use crate::jobs::Watch;
use crate::precision::{Goal, Precision, share_of};

/// Load, over the rate of departures, at which these are measured.
const OVERLOAD: f64 = 1.25;
/// Largest load at which a first look at the departures is good enough to go on from.
const OVERLOAD_MAX: f64 = 1.6;
/// How far from the estimate rates are verified, and the drift of the backlog that divides stable
/// from unstable ones, in precisions.
const MARGIN: f64 = 4.0;
const DRIFT_LIMIT: f64 = 2.0;
/// Drift of the backlog from which a first look takes a rate for too high, as a share.
const CLEARLY: f64 = 0.1;
/// Rates between which nothing is clear are this near to each other, as a ratio.
const NEAR: f64 = 1.3;
/// How far below a rate without departures the next one is.
const FAR: f64 = 16.0;
/// Rates looked at in a climb at most, and rates judged on the way out of a failed verification.
const CLIMB_MAX: u32 = 80;
const WIDEN_MAX: u32 = 12;
/// Most times that a rate is doubled where nobody limits it.
const DOUBLINGS_MAX: i32 = 30;
/// Most arrivals of a run where departures vary much.
const LENGTHENED_MAX: f64 = 4e6;
/// Highest rate of arrivals, per second: one a nanosecond.
const RATE_MAX: f64 = 1e9;
/// Arrivals and replications of a first look.
const LOOK: (u64, u64) = (1_000, 2);
/// Numbers of the first replications of what is measured and of what is judged, which have nothing
/// to do with each other.
const MEASURED_FROM: u64 = 1 << 20;
const JUDGED_FROM: u64 = 2 << 20;

pub(super) fn search(
    load: &Load,
    search: &Search,
    runs: &Runs<'_, impl Watch>,
    course: &mut Course,
) -> Result<Found, Stop> {
    let arrivals = arrivals_for(search.precision);
    let mut hunt = Hunt { search, arrivals, backlogs: Backlogs::new(load, runs), course };
    if !hunt.backlogs.is_random {
        let text = "nothing is left to chance: each rate is run once, and there is no interval";
        hunt.course.notice(text);
    }
    let departures_per_s = match hunt.climb()? {
        Climbed::Found { departures_per_s } => departures_per_s,
        Climbed::Stuck => {
            hunt.course.notice("no request ends in any run, however low the rate");
            return Ok(Found::nothing());
        }
        Climbed::Never { highest } => return hunt.up_to(highest),
    };
    let measured = hunt.measure(OVERLOAD * departures_per_s)?;
    hunt.lengthen(measured.dispersion(OVERLOAD * departures_per_s));
    let measured = measured.departures;
    let (estimate, margin) = (measured.mean(), MARGIN * search.precision);
    let (below, above) = (estimate * (1.0 - margin), estimate * (1.0 + margin));
    let (low, high) = (hunt.judge(below)?, hunt.judge(above)?);
    if (low, high) == (Verdict::Holds, Verdict::Fails) {
        let interval = measured.interval(0.95);
        return Ok(Found { rate_per_s: Some(estimate), interval, basis: Basis::Departures });
    }
    let word = |verdict| match verdict {
        Verdict::Holds => "stable",
        Verdict::Fails => "unstable",
        Verdict::Undecided => "neither stable nor unstable",
    };
    hunt.course.notice(format!(
        "the rate of departures in overload was not confirmed as the boundary: a little below the \
         system is {}, a little above {}. This happens where a flooded system serves less, or \
         fills replica by replica; the boundary is bracketed by judging rates instead",
        word(low),
        word(high)
    ));
    hunt.bracket(below, above)
}

/// Arrivals of a run, to begin with: so many that the drift of a single run, about
/// `2 / sqrt(arrivals)` of the arrivals for a queue of one server near its boundary, is two
/// precisions.
pub(super) fn arrivals_for(precision: f64) -> u64 {
    libm::ceil(1.0 / (precision * precision)) as u64
}

/// What a climb ends with.
enum Climbed {
    /// The departures from a rate that is clearly unstable.
    Found { departures_per_s: f64 },
    /// Nothing was unstable up to this rate.
    Never { highest: f64 },
    /// Nothing came out of the system at any rate.
    Stuck,
}

struct Hunt<'a, W> {
    search: &'a Search,
    /// Arrivals of a run whose rate is judged or measured.
    arrivals: u64,
    backlogs: Backlogs<'a, W>,
    course: &'a mut Course,
}

impl<W: Watch> Hunt<'_, W> {
    fn tell(&mut self, rate_per_s: f64, sample: &Sample, verdict: Option<Verdict>) {
        self.course.tried.push(Tried {
            rate_per_s,
            trials: sample.drift.count(),
            arrivals: sample.arrivals as f64,
            verdict,
            measured: Measured::Drift(sample.measured()),
        });
    }

    fn climb(&mut self) -> Result<Climbed, Stop> {
        let mut rate = self.search.from_per_s.unwrap_or(self.backlogs.load.rate_per_s);
        let farthest = libm::ldexp(rate, DOUBLINGS_MAX).min(RATE_MAX);
        let highest = self.search.to_per_s.unwrap_or(farthest);
        rate = rate.min(highest);
        let (mut stable, mut unstable): (Option<f64>, Option<f64>) = (None, None);
        let mut departures_per_s = 0.0;
        for _ in 0..CLIMB_MAX {
            if LOOK.0 as f64 > rate * LENGTH_MAX_S {
                break;
            }
            let sample = self.backlogs.sample(rate, LOOK.0, (0, LOOK.1), self.course)?;
            self.tell(rate, &sample, None);
            let leaves = sample.departures.mean();
            let mut next = if sample.drift.mean() > CLEARLY {
                unstable = Some(unstable.map_or(rate, |known| known.min(rate)));
                if leaves > 0.0 {
                    departures_per_s = leaves;
                    if rate <= OVERLOAD_MAX * leaves {
                        break;
                    }
                    OVERLOAD * leaves
                } else {
                    // The run was over before anything came out.
                    rate / FAR
                }
            } else {
                stable = Some(stable.map_or(rate, |known| known.max(rate)));
                if rate >= highest {
                    return Ok(Climbed::Never { highest });
                }
                (2.0 * rate).min(highest)
            };
            if let (Some(low), Some(high)) = (stable, unstable) {
                if high <= NEAR * low && departures_per_s > 0.0 {
                    break;
                }
                if next <= low || next >= high {
                    next = libm::sqrt(low * high);
                }
            }
            rate = next;
        }
        if departures_per_s > 0.0 {
            return Ok(Climbed::Found { departures_per_s });
        }
        Ok(stable.map_or(Climbed::Stuck, |highest| Climbed::Never { highest }))
    }

    /// No rate up to `highest` was clearly unstable.
    fn up_to(&mut self, highest: f64) -> Result<Found, Stop> {
        match self.judge(highest)? {
            Verdict::Holds => return Ok(Found::at_least(highest)),
            Verdict::Fails => return self.bracket(0.5 * highest, highest),
            Verdict::Undecided => {}
        }
        let text = format!(
            "at a rate of {highest}, the highest that is allowed, stable and unstable cannot be \
             told apart: --to a higher rate brackets the boundary"
        );
        self.course.notice(text);
        let mut rate = highest;
        for _ in 0..WIDEN_MAX {
            rate *= 1.0 - MARGIN * self.search.precision;
            if self.judge(rate)? == Verdict::Holds {
                return Ok(Found::at_least(rate));
            }
        }
        self.course.notice("no rate was low enough to be judged stable");
        Ok(Found::nothing())
    }

    /// Makes runs longer where departures vary more than those of an exponential server: what the
    /// start leaves in the drift grows with the standard deviation of the service times.
    fn lengthen(&mut self, dispersion: f64) {
        let factor = 0.5 * (1.0 + dispersion);
        let wanted = self.arrivals as f64 * factor.max(1.0);
        self.arrivals = self.arrivals.max(wanted.min(LENGTHENED_MAX) as u64);
        if wanted > LENGTHENED_MAX {
            self.course.notice(format!(
                "departures vary {} times as much as those of an exponential server, and runs of \
                 {} arrivals are short for that: a stable rate may be taken for unstable",
                dispersion.round(),
                self.arrivals
            ));
        }
    }

    /// Departures per second at a rate above the boundary, to the precision.
    fn measure(&mut self, rate_per_s: f64) -> Result<Sample, Stop> {
        let Search { precision, trials_first, trials_max, .. } = *self.search;
        let goal = Goal::Precision(Precision { share: precision, trials_first, trials_max });
        let mut all = Sample::default();
        let mut done = None;
        loop {
            let half = all.departures.half_width(0.95);
            let share = half.and_then(|half| share_of(half, all.departures.mean()));
            let Some(total) = goal.next(done, &[("departures", share)]) else { break };
            let first = done.unwrap_or(0);
            let batch = (MEASURED_FROM + first, total - first);
            let sample = self.backlogs.sample(rate_per_s, self.arrivals, batch, self.course)?;
            all.extend(&sample);
            if !self.backlogs.is_random {
                break;
            }
            done = Some(total);
        }
        self.tell(rate_per_s, &all, None);
        let half = all.departures.half_width(0.95).unwrap_or(0.0);
        if half > precision * all.departures.mean() {
            self.course.notice(format!(
                "{} replications, the most that are allowed, leave the interval wider than the \
                 precision: --max-trials allows more",
                all.departures.count()
            ));
        }
        Ok(all)
    }

    /// Judges a rate by the drift of the backlog.
    fn judge(&mut self, rate_per_s: f64) -> Result<Verdict, Stop> {
        let window = self.backlogs.load.window(rate_per_s, self.arrivals);
        if let Some(verdict) = self.course.verdict(rate_per_s, window.arrivals) {
            return Ok(verdict);
        }
        let mut all = Sample::default();
        let mut verdict = Verdict::Undecided;
        let most = self.search.trials_max.max(LOOKS[0]);
        for total in LOOKS.into_iter().filter(|&total| total <= most) {
            let first = all.drift.count();
            let batch = (JUDGED_FROM + first, total - first);
            let sample = self.backlogs.sample(rate_per_s, self.arrivals, batch, self.course)?;
            all.extend(&sample);
            verdict = judge(&all.drift, DRIFT_LIMIT * self.search.precision, ALPHA);
            if verdict != Verdict::Undecided || !self.backlogs.is_random {
                break;
            }
        }
        self.tell(rate_per_s, &all, Some(verdict));
        Ok(verdict)
    }

    /// Brackets the boundary by judging rates, the first of them `low` and `high`.
    fn bracket(&mut self, low: f64, high: f64) -> Result<Found, Stop> {
        let (mut holds, mut fails) = self.course.known();
        let mut factor = 1.0 - MARGIN * self.search.precision;
        let mut rate = low;
        for _ in 0..WIDEN_MAX {
            if holds.is_some() {
                break;
            }
            self.judge(rate)?;
            (holds, fails) = self.course.known();
            rate *= factor;
            factor *= factor;
        }
        let Some(mut holds) = holds else {
            self.course.notice("no rate was low enough to be judged stable");
            return Ok(Found::nothing());
        };
        let mut factor = 1.0 + MARGIN * self.search.precision;
        let mut rate = high.max(holds * factor);
        for _ in 0..WIDEN_MAX {
            if fails.is_some() {
                break;
            }
            if self.judge(rate)? == Verdict::Holds {
                holds = rate;
            }
            (_, fails) = self.course.known();
            rate *= factor;
            factor *= factor;
        }
        let Some(fails) = fails else {
            self.course.notice("no rate that was tried was judged unstable");
            return Ok(Found::at_least(holds));
        };
        let width = MARGIN * self.search.precision;
        let (holds, fails) = narrow((holds, fails), width, |rate| self.judge(rate))?;
        Ok(Found::between(holds, fails, Basis::Bracket))
    }
}
