//! The search for the largest rate at which conditions hold.
//!
//! Runs are measured after their first fifth, in which the system fills up, and drained, so that
//! requests count that are late. A rate *holds* if the mean over replications of every figure is on
//! the right side of its limit with confidence, and *fails* if that of any is on the other. It is
//! supposed that what fails at a rate also fails at all larger ones.

use tokendrome::{SimulateError, Simulation, Summary};

use super::backlog::{ALPHA, LOOKS, judge};
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
    let start = search.from_per_s.unwrap_or(load.rate_per_s);
    let highest = search.to_per_s.unwrap_or(RATE_MAX);
    let Some((holds, fails)) = hunt.climb(start.min(highest), highest)? else {
        hunt.course.notice("the conditions hold at no rate that was tried, however low");
        return Ok(Found::nothing());
    };
    let Some(fails) = fails else { return Ok(Found::at_least(holds)) };
    let (holds, fails) = narrow((holds, fails), 2.0 * search.precision, |rate| hunt.judge(rate))?;
    Ok(Found::between(holds, fails, Basis::Bracket))
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

impl<W: Watch> Hunt<'_, W> {
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
        let mut values = vec![Moments::default(); self.conditions.len()];
        let (mut done, mut verdict) = (0, Verdict::Undecided);
        for total in
            LOOKS.into_iter().filter(|&total| total <= self.search.trials_max.max(LOOKS[0]))
        {
            let total = if self.is_random { total } else { 1 };
            self.sample(rate_per_s, (done, total - done), &mut values)?;
            done = total;
            verdict = self.verdict(&values);
            if verdict != Verdict::Undecided || !self.is_random {
                break;
            }
        }
        let of = self.conditions.iter().zip(&values).map(|(condition, values)| Objective {
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
    fn verdict(&self, values: &[Moments]) -> Verdict {
        let of = |alpha: f64| {
            let pairs = self.conditions.iter().zip(values);
            pairs.map(move |(of, values)| judge(values, of.limit * of.sign(), alpha))
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
        values: &mut [Moments],
    ) -> Result<(), Stop> {
        let results = loop {
            let window = self.load.window(rate_per_s, self.arrivals);
            let results = self.results(rate_per_s, window, (first, trials))?;
            let running = results.iter().map(|summary| summary.queue.running_max).max();
            let wanted = (running.unwrap_or(0) * ARRIVALS_PER_RUNNING).min(ARRIVALS_MAX);
            // What earlier replications have shown does not change in length.
            if first > 0 || wanted <= self.arrivals || self.load.is_replayed() {
                break results;
            }
            self.arrivals = wanted;
        };
        for summary in &results {
            let figures = crate::figures(summary);
            for (condition, values) in self.conditions.iter().zip(&mut *values) {
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
    ) -> Result<Vec<Summary>, Stop> {
        let mut scenario = self.load.at(rate_per_s, window);
        scenario.simulation.max_time_s = None;
        scenario.simulation.warm_up_s = LEFT_OUT * window.length_s;
        let simulation = Simulation::new(&scenario).map_err(CapacityError::from)?;
        let simulations = std::slice::from_ref(&simulation);
        let batch = Batch { rate_per_s, simulations, first, runs };
        let results = self.runs.all(&batch, |job, rows, stopper| {
            let figures = job.simulation.figures(job.replication, rows, &mut [stopper])?;
            Ok::<_, SimulateError>((figures, ()))
        })?;
        Ok(results.into_iter().flatten().map(|(figures, ())| figures.summary).collect())
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
