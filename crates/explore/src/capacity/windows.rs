//! The search of a recorded simulator: a grid of rates, each judged by a curve of response times.

use tokendrome::{SimulateError, Simulation};

use super::detector::detect;
use super::load::{Load, Window};
use super::outcome::{Basis, Course, Curve, Found, Measured, Tried, Verdict};
use super::runs::{Batch, Runs, Stop};
use super::{CapacityError, Grid};
use crate::jobs::Watch;
use crate::statistics::Moments;

pub(super) fn search(
    load: &Load,
    grid: &Grid,
    runs: &Runs<'_, impl Watch>,
    course: &mut Course,
) -> Result<Found, Stop> {
    if load.is_replayed() {
        return Err(CapacityError::NoRate {
            what: "replays a trace at its own times, which last as long as they do",
            help: "windows need arrivals of any length: give --rate, or use `--method drift`",
        }
        .into());
    }
    let per_rate = u64::from(grid.points) * u64::from(grid.trials);
    for (number, rate_per_s) in (0..).zip(grid.rates()) {
        let curve = curve(load, grid, rate_per_s, number * per_rate, runs)?;
        let verdict = curve
            .detection
            .as_ref()
            .map(|of| if of.is_unstable { Verdict::Fails } else { Verdict::Holds });
        course.tried.push(Tried {
            rate_per_s,
            trials: u64::from(grid.trials),
            arrivals: rate_per_s * grid.window_s,
            verdict: Some(verdict.unwrap_or(Verdict::Undecided)),
            measured: Measured::Curve(curve),
        });
    }
    Ok(boundary(&course.tried))
}

impl Grid {
    /// The rates, in ascending order: as many steps as fit, to a billionth.
    pub(super) fn rates(&self) -> Vec<f64> {
        let steps = libm::floor((self.to_per_s - self.from_per_s) / self.step_per_s + 1e-9);
        let count = if steps >= 0.0 { steps as u64 + 1 } else { 0 };
        (0..count).map(|step| self.from_per_s + step as f64 * self.step_per_s).collect()
    }
}

/// Mean response times over windows of `window_s / points`, twice that, and so on.
fn curve(
    load: &Load,
    grid: &Grid,
    rate_per_s: f64,
    first: u64,
    runs: &Runs<'_, impl Watch>,
) -> Result<Curve, Stop> {
    let (points, trials) = (u64::from(grid.points), u64::from(grid.trials));
    let length_s = |point: u64| grid.window_s * (point + 1) as f64 / points as f64;
    let simulation = |point: u64| {
        let length_s = length_s(point);
        let window = Window { arrivals: (rate_per_s * length_s) as u64, length_s };
        let mut scenario = load.at(rate_per_s, window);
        // Drained: whatever has arrived also ends.
        scenario.simulation.max_time_s = None;
        Simulation::new(&scenario)
    };
    let simulations: Result<Vec<_>, _> = (0..points).map(simulation).collect();
    let simulations = simulations.map_err(CapacityError::from)?;
    // In turn, so that long windows do not all come last.
    let batch = Batch { rate_per_s, simulations: &simulations, first, runs: points * trials };
    let results = runs.all(&batch, |job, rows, stopper| {
        let figures = job.simulation.figures(job.replication, rows, &mut [stopper])?;
        Ok::<_, SimulateError>((figures, ()))
    })?;
    let mut means = vec![Moments::default(); points as usize];
    for (mean, run) in (0..points as usize).cycle().zip(results) {
        let figures = run.map(|(figures, ())| figures);
        let e2e = figures.and_then(|figures| figures.summary.latency.e2e_ms);
        if let Some(e2e) = e2e {
            means[mean].add(e2e.mean / 1e3);
        }
    }
    let points = (0..points).zip(&means).filter(|(_, mean)| mean.count() > 0);
    let points: Vec<_> = points.map(|(point, mean)| (length_s(point), mean.mean())).collect();
    let values: Vec<f64> = points.iter().map(|(_, mean)| *mean).collect();
    Ok(Curve { detection: detect(&values), points })
}

/// The middle between the largest stable and the smallest unstable rate. If they cross, the latter
/// alone.
pub(super) fn boundary(tried: &[Tried]) -> Found {
    let of = |verdict| {
        let of = tried.iter().filter(move |tried| tried.verdict == Some(verdict));
        of.map(|tried| tried.rate_per_s)
    };
    match (of(Verdict::Holds).reduce(f64::max), of(Verdict::Fails).reduce(f64::min)) {
        (Some(stable), Some(unstable)) if stable < unstable => {
            Found::between(stable, unstable, Basis::Grid)
        }
        (Some(_), Some(unstable)) => Found::between(unstable, unstable, Basis::Grid),
        (Some(stable), None) => Found::at_least(stable),
        (None, _) => Found::nothing(),
    }
}
