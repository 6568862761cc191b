//! The search for the largest rate at which conditions hold.
//!
//! Runs are measured after their first fifth, in which the system fills up, and drained, so that
//! requests count that are late. A rate *holds* if the mean over replications of every figure is on
//! the right side of its limit with confidence and the backlog does not grow, and *fails* if that
//! of any is on the other or the backlog grows: figures of an unstable system are those of the
//! run's length. It grows if it does by more than the precision, as a share of the arrivals, and
//! does not below half of that. Near the boundary a system takes long to fill up, and short runs
//! show it too fast; so what was found is confirmed by runs four times as long, and searched for
//! anew where these say otherwise. It is supposed that what fails at a rate also fails at all
//! larger ones.

use tokendrome::metrics::Observer;
use tokendrome::{SimulateError, Simulation, Summary};

use super::backlog::{ALPHA, Flow, LOOKS, judge};
use super::bracket::narrow;
use super::drift::arrivals_for;
use super::load::{Load, Window};
use super::outcome::{Basis, Course, Found, Measured, Objective, Tried, Verdict};
use super::runs::{Batch, Runs, Stop};
use super::{CapacityError, Condition, LENGTH_MAX_S, Search};
use crate::jobs::Watch;
use crate::statistics::Moments;
use crate::trials::is_random;

/// Share of a run that is not measured.
const LEFT_OUT: f64 = 0.2;
/// Arrivals of a run, as a multiple of the requests that run at once at most.
const ARRIVALS_PER_RUNNING: u64 = 20;
/// Most arrivals that a run is lengthened to.
const ARRIVALS_MAX: u64 = 200_000;
/// Most times that a rate is doubled, or halved, on the way to a bracket.
const DOUBLINGS_MAX: u32 = 30;
/// How much longer runs are made to confirm what was found, and how often at most.
const LONGER: u64 = 4;
const LENGTHENED_MAX: u32 = 3;
/// Rates tried around one that longer runs leave open.
const STEPS_MAX: i32 = 16;
/// Highest rate of arrivals, per second: one a nanosecond.
const RATE_MAX: f64 = 1e9;

pub(super) fn search(
    load: &Load,
    search: &Search,
    conditions: &[Condition],
    runs: &Runs<'_, impl Watch>,
    course: &mut Course,
) -> Result<Found, Stop> {
    let arrivals = arrivals_for(search.precision);
    let is_random = is_random(load.scenario());
    let mut hunt = Hunt { load, search, conditions, runs, course, arrivals, is_random };
    let highest = search.to_per_s.unwrap_or(RATE_MAX);
    let start = search.from_per_s.unwrap_or(load.rate_per_s).min(highest);
    let mut around = hunt.climb(start, highest)?;
    for lengthened in 0.. {
        let Some((holds, fails)) = around else {
            hunt.course.notice(
                "the conditions hold at no rate that was tried, however low; one that is missed at \
                 a low rate and met at a higher one, as of throughput, has no largest rate to look \
                 for from below: give --from a rate at which it is met",
            );
            return Ok(Found::nothing());
        };
        let found = hunt.close_in(holds, fails)?;
        let best = found.interval.map_or(holds, |interval| interval.low);
        // Replayed traces are as long as they are, and where nothing is random runs settle at once.
        if !hunt.is_random || load.is_replayed() || !hunt.is_overruled(best)? {
            return Ok(found);
        }
        if lengthened == LENGTHENED_MAX {
            hunt.course.notice(format!(
                "figures still get worse with the length of runs, which had up to {} arrivals: the \
                 rate may be too high",
                hunt.arrivals
            ));
            return Ok(found);
        }
        around = hunt.around(best, highest)?;
    }
    unreachable!("the last round returns")
}

struct Hunt<'a, W> {
    load: &'a Load,
    search: &'a Search,
    conditions: &'a [Condition],
    runs: &'a Runs<'a, W>,
    course: &'a mut Course,
    /// Arrivals of a run.
    arrivals: u64,
    /// Whether replications differ.
    is_random: bool,
}

/// What the replications at a rate had.
struct Values {
    /// Of each condition, with the sign that makes less better.
    figures: Vec<Moments>,
    /// Growth of the backlog.
    drift: Moments,
    /// Requests that were measured.
    measured: u64,
}

impl Values {
    /// Whether all requests met the objectives, and were too few to say that as many will as are
    /// asked for: of n requests with a share of `1 - limit` that miss, none is seen with the chance
    /// `limit^n`.
    fn may_be_luck(&self, condition: &Condition, figures: &Moments, alpha: f64) -> bool {
        let is_share = condition.name.ends_with("attainment") && condition.limit < 1.0;
        is_share
            && figures.mean() == -1.0
            && libm::pow(condition.limit, self.measured as f64) > alpha / LOOKS.len() as f64
    }
}

impl<W: Watch> Hunt<'_, W> {
    fn close_in(&mut self, holds: f64, fails: Option<f64>) -> Result<Found, Stop> {
        let Some(fails) = fails else { return Ok(Found::at_least(holds)) };
        let width = 2.0 * self.search.precision;
        let (holds, fails) = narrow((holds, fails), width, |rate| self.judge(rate))?;
        Ok(Found::between(holds, fails, Basis::Bracket))
    }

    /// Whether longer runs leave open that a rate holds. Then earlier judgements are void.
    fn is_overruled(&mut self, holds: f64) -> Result<bool, Stop> {
        self.arrivals *= LONGER;
        let is_overruled = self.judge(holds)? != Verdict::Holds;
        if is_overruled {
            self.course.overrule();
        }
        Ok(is_overruled)
    }

    /// A rate that holds and a larger one that fails, near one of which neither is known.
    fn around(&mut self, rate: f64, highest: f64) -> Result<Option<(f64, Option<f64>)>, Stop> {
        let step = 4.0 * self.search.precision;
        let (mut low, mut high) = (rate, rate);
        for steps in 0..STEPS_MAX {
            let wide = libm::ldexp(step, steps);
            let known = self.course.known();
            match known {
                (Some(holds), Some(_)) => return Ok(Some((holds, known.1))),
                (None, _) if wide < 1.0 => {
                    low *= 1.0 - wide;
                    self.judge(low)?;
                }
                (Some(holds), None) if high >= highest => return Ok(Some((holds, None))),
                (Some(_), None) => {
                    high = (high * (1.0 + wide)).min(highest);
                    self.judge(high)?;
                }
                (None, _) => break,
            }
        }
        let (holds, fails) = self.course.known();
        Ok(holds.map(|holds| (holds, fails)))
    }

    /// A rate that holds, and a larger one that fails unless nothing does; none if none holds.
    fn climb(&mut self, start: f64, highest: f64) -> Result<Option<(f64, Option<f64>)>, Stop> {
        let (mut rate, mut holds, mut fails) = (start, None, None);
        for _ in 0..DOUBLINGS_MAX {
            if self.arrivals as f64 > rate * LENGTH_MAX_S {
                break;
            }
            match self.judge(rate)? {
                Verdict::Holds => holds = Some(rate),
                Verdict::Fails => fails = Some(rate),
                // What can be told lies on both sides of it.
                Verdict::Undecided if rate >= highest && holds.is_some() => break,
                Verdict::Undecided => {}
            }
            rate = match (holds, fails) {
                (Some(_), Some(_)) => break,
                (_, Some(fails)) => rate.min(fails) / 2.0,
                (Some(_), None) if rate >= highest => break,
                // At the highest of all, no more can be told.
                (None, None) if rate >= highest => rate / 2.0,
                (_, None) => (2.0 * rate).min(highest),
            };
        }
        Ok(holds.map(|holds| (holds, fails)))
    }

    fn judge(&mut self, rate_per_s: f64) -> Result<Verdict, Stop> {
        let window = self.load.window(rate_per_s, self.arrivals);
        if let Some(verdict) = self.course.verdict(rate_per_s, window.arrivals) {
            return Ok(verdict);
        }
        let mut values = Values {
            figures: vec![Moments::default(); self.conditions.len()],
            drift: Moments::default(),
            measured: 0,
        };
        let (mut done, mut verdict) = (0, Verdict::Undecided);
        for total in
            LOOKS.into_iter().filter(|&total| total <= self.search.trials_max.max(LOOKS[0]))
        {
            let total = if self.is_random { total } else { 1 };
            self.sample(rate_per_s, (done, total - done), &mut values)?;
            done = total;
            verdict = self.verdict(rate_per_s, &values);
            if verdict != Verdict::Undecided || !self.is_random {
                break;
            }
        }
        let of = self.conditions.iter().zip(&values.figures).map(|(condition, values)| Objective {
            name: condition.name.clone(),
            mean: values.mean() * condition.sign(),
            half: values.half_width(0.95),
        });
        self.course.tried.push(Tried {
            rate_per_s,
            trials: done,
            arrivals: self.load.window(rate_per_s, self.arrivals).arrivals as f64,
            verdict: Some(verdict),
            measured: Measured::Objectives(of.collect()),
        });
        Ok(verdict)
    }

    /// All hold, each with confidence; or any fails, with the chance of error shared among them.
    fn verdict(&mut self, rate_per_s: f64, values: &Values) -> Verdict {
        let stability = match self.load.is_replayed() {
            // Its rate changes with the hours: that it grows for some is no instability.
            true => Verdict::Holds,
            false => {
                let precision = self.search.precision;
                match judge(&values.drift, precision, ALPHA) {
                    // What is so near to growing may still fill up.
                    Verdict::Holds => match judge(&values.drift, 0.5 * precision, ALPHA) {
                        Verdict::Holds => Verdict::Holds,
                        _ => Verdict::Undecided,
                    },
                    verdict => verdict,
                }
            }
        };
        if stability == Verdict::Fails {
            self.course.notice(format!(
                "at a rate of {rate_per_s} the backlog grows for as long as a run lasts: it counts \
                 as missed, whatever its figures"
            ));
        }
        let of = |alpha: f64| {
            let pairs = self.conditions.iter().zip(&values.figures);
            let judged = pairs.map(move |(of, figures)| {
                let verdict = judge(figures, of.limit * of.sign(), alpha);
                match values.may_be_luck(of, figures, alpha) {
                    true if verdict == Verdict::Holds => Verdict::Undecided,
                    _ => verdict,
                }
            });
            judged.chain([stability])
        };
        let shared = ALPHA / self.conditions.len() as f64;
        if of(ALPHA).all(|verdict| verdict == Verdict::Holds) {
            Verdict::Holds
        } else if of(shared).any(|verdict| verdict == Verdict::Fails) {
            Verdict::Fails
        } else {
            Verdict::Undecided
        }
    }

    /// Adds replications `first`, ... at a rate to the figures, which have the sign that makes less
    /// better.
    fn sample(
        &mut self,
        rate_per_s: f64,
        (first, trials): (u64, u64),
        values: &mut Values,
    ) -> Result<(), Stop> {
        let results = loop {
            let window = self.load.window(rate_per_s, self.arrivals);
            let results = self.results(rate_per_s, window, (first, trials))?;
            let running = results.iter().map(|(summary, _)| summary.queue.running_max).max();
            let wanted = (running.unwrap_or(0) * ARRIVALS_PER_RUNNING).min(ARRIVALS_MAX);
            // What earlier replications have shown does not change in length.
            if first > 0 || wanted <= self.arrivals || self.load.is_replayed() {
                break results;
            }
            self.arrivals = wanted;
        };
        for (summary, drift) in &results {
            values.drift.add(*drift);
            values.measured += summary.requests.measured;
            let figures = crate::figures(summary);
            for (condition, values) in self.conditions.iter().zip(&mut values.figures) {
                let figure = figures.iter().find(|(name, _)| *name == condition.name);
                let (_, value) = figure.ok_or_else(|| no_figure(&condition.name, &figures))?;
                values.add(value * condition.sign());
            }
        }
        Ok(())
    }

    fn results(
        &self,
        rate_per_s: f64,
        window: Window,
        (first, runs): (u64, u64),
    ) -> Result<Vec<(Summary, f64)>, Stop> {
        let mut scenario = self.load.at(rate_per_s, window);
        scenario.simulation.max_time_s = None;
        scenario.simulation.warm_up_s = LEFT_OUT * window.length_s;
        let watch = Flow::new(window.length_s, scenario.simulation.time_unit.stretch());
        let simulation = Simulation::new(&scenario).map_err(CapacityError::from)?;
        let simulations = std::slice::from_ref(&simulation);
        let batch = Batch { rate_per_s, simulations, first, runs };
        let results = self.runs.all(&batch, |job, rows, stopper| {
            let mut flow = watch;
            let mut observers: [&mut dyn Observer; 2] = [stopper, &mut flow];
            let figures = job.simulation.figures(job.replication, rows, &mut observers)?;
            Ok::<_, SimulateError>((figures, flow))
        })?;
        let late = 0.5 * window.arrivals as f64;
        let ran = results.into_iter().flatten();
        Ok(ran.map(|(figures, flow)| (figures.summary, flow.drift(late))).collect())
    }
}

/// Says which figures there are: those with the same last part, or the first of all.
fn no_figure(name: &str, figures: &[(String, f64)]) -> CapacityError {
    const SHOWN: usize = 6;
    let last = name.rsplit('.').next().unwrap_or(name);
    let names = || figures.iter().map(|(name, _)| name.clone());
    let mut known: Vec<String> =
        names().filter(|known| known.rsplit('.').next() == Some(last)).take(SHOWN).collect();
    if known.is_empty() {
        known = names().filter(|known| known.starts_with("latency.")).take(SHOWN).collect();
    }
    CapacityError::NoFigure { name: name.to_owned(), known }
}
