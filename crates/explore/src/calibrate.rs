//! Finding the constants of a model of times from measured times.
//!
//! Gauss-Newton in the logarithms of the parameters, with slopes from finite differences: whoever
//! asks simulates, and says of every measured value how far off the simulation is, as a logarithm
//! of the ratio. Each parameter is pulled to where it began as by one measurement of its `spread`
//! (a maximum a posteriori estimate with normal laws), so that what the data do not say stays put.
//! Nothing is drawn at random. Source: Nocedal and Wright, Numerical Optimization (2006), 10.3.
//!
//! Not modelled: correlation between residuals of one run, which makes intervals too narrow where
//! whoever asks does not take means over blocks.

mod linear;

use linear::Normal;

/// A parameter to be found.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// What reports call it.
    pub name: String,
    /// Where the search begins: above 0.
    pub start: f64,
    /// Least value that makes sense: above 0.
    pub low: f64,
    /// Largest.
    pub high: f64,
    /// Standard deviation of its logarithm about that of `start`, before anything was measured.
    pub spread: f64,
}

/// How far a simulation is from a measured value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Residual {
    /// Logarithm of simulated by measured.
    pub value: f64,
    /// Which run it belongs to.
    pub run: usize,
    /// What was measured: residuals of one kind have a spread of their own.
    pub kind: usize,
}

/// A parameter that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What reports call it.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Lower end of its interval of 95 %.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Whether the data say more of it than was known before: they halve its spread at least.
    pub is_identified: bool,
}

/// What came of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The parameters, in the order of the question.
    pub parameters: Vec<Found>,
    /// What is left over.
    pub residuals: Vec<Residual>,
    /// The same of each run by the parameters of all others; equal to `residuals` if there is but
    /// one run. Linear in the parameters about those that were found.
    pub left_out: Vec<Residual>,
    /// Simulations that it took.
    pub simulations: u64,
}

/// Steps of the search at most.
const STEPS_MAX: usize = 8;
/// The logarithm of a parameter changes by so much of its spread for a slope: far enough that what
/// it changes stands out from who shares a batch with whom, which any change shuffles.
const SLOPE: f64 = 0.5;
/// Longest step of a logarithm.
const STEP: f64 = 1.0;
/// Steps below this end the search.
const STEP_LEAST: f64 = 2e-3;
/// No measurement is better than this: drift of clocks, of machines, of what is left out.
const SIGMA_LEAST: f64 = 0.005;
/// Half a standard normal interval of 95 %.
const HALF_WIDTH: f64 = 1.96;

/// Finds the parameters with which `simulate` comes nearest to what was measured. It must return
/// the same number of residuals, of the same runs and kinds, whatever the parameters.
///
/// # Errors
/// Those of `simulate`.
pub fn calibrate<E>(
    parameters: &[Parameter],
    simulate: impl FnMut(&[f64]) -> Result<Vec<Residual>, E>,
) -> Result<Calibration, E> {
    let mut search = Search { parameters, simulate, simulations: 0 };
    let start: Vec<f64> = parameters.iter().map(|of| libm::log(of.start)).collect();
    let mut at = start.clone();
    let mut residuals = search.residuals(&at)?;
    let mut slopes = search.slopes(&at, &residuals)?;
    for _ in 0..STEPS_MAX {
        let weights = weights(&residuals);
        let normal = Normal::new(parameters, &slopes, &weights, |_| true);
        let step = normal.step(&residuals, &at, &start);
        let before = objective(parameters, &residuals, &weights, &at, &start);
        let mut share = 1.0;
        let better = loop {
            let next = moved(parameters, &at, &step, share);
            let found = search.residuals(&next)?;
            if objective(parameters, &found, &weights, &next, &start) < before {
                break Some((next, found));
            }
            share /= 2.0;
            if share < 0.1 {
                break None;
            }
        };
        let Some((next, found)) = better else { break };
        let way = at.iter().zip(&next).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        (at, residuals) = (next, found);
        slopes = search.slopes(&at, &residuals)?;
        if way < STEP_LEAST {
            break;
        }
    }
    let weights = weights(&residuals);
    let normal = Normal::new(parameters, &slopes, &weights, |_| true);
    let found = |(index, of): (usize, &Parameter)| {
        let (value, sigma) = (at[index], normal.sigma(index));
        Found {
            name: of.name.clone(),
            value: libm::exp(value),
            low: libm::exp(value - HALF_WIDTH * sigma).max(of.low),
            high: libm::exp(value + HALF_WIDTH * sigma).min(of.high),
            is_identified: sigma < of.spread / 2.0,
        }
    };
    let found = parameters.iter().enumerate().map(found).collect();
    let left_out = left_out(parameters, &slopes, &residuals, &weights, &at, &start);
    Ok(Calibration { parameters: found, residuals, left_out, simulations: search.simulations })
}

struct Search<'a, F> {
    parameters: &'a [Parameter],
    simulate: F,
    simulations: u64,
}

impl<E, F: FnMut(&[f64]) -> Result<Vec<Residual>, E>> Search<'_, F> {
    fn residuals(&mut self, at: &[f64]) -> Result<Vec<Residual>, E> {
        self.simulations += 1;
        let values: Vec<f64> = at.iter().map(|&value| libm::exp(value)).collect();
        (self.simulate)(&values)
    }

    /// For each residual, how it changes with the logarithm of each parameter.
    fn slopes(&mut self, at: &[f64], residuals: &[Residual]) -> Result<Vec<Vec<f64>>, E> {
        let mut slopes = vec![vec![0.0; at.len()]; residuals.len()];
        for (index, of) in self.parameters.iter().enumerate() {
            let mut aside = at.to_vec();
            // Away from the nearer bound.
            let by = SLOPE * of.spread;
            let by = if aside[index] + by > libm::log(of.high) { -by } else { by };
            aside[index] += by;
            for (row, moved) in slopes.iter_mut().zip(self.residuals(&aside)?.iter().zip(residuals))
            {
                row[index] = (moved.0.value - moved.1.value) / by;
            }
        }
        Ok(slopes)
    }
}

/// One over the variance of each residual, by those of its kind.
fn weights(residuals: &[Residual]) -> Vec<f64> {
    let kinds = residuals.iter().map(|of| of.kind + 1).max().unwrap_or(0);
    let mut sums = vec![(0.0, 0.0); kinds];
    for of in residuals {
        sums[of.kind].0 += of.value * of.value;
        sums[of.kind].1 += 1.0;
    }
    let variance = |kind: usize| (sums[kind].0 / sums[kind].1).max(SIGMA_LEAST * SIGMA_LEAST);
    residuals.iter().map(|of| 1.0 / variance(of.kind)).collect()
}

fn objective(
    parameters: &[Parameter],
    residuals: &[Residual],
    weights: &[f64],
    at: &[f64],
    start: &[f64],
) -> f64 {
    let data: f64 = residuals.iter().zip(weights).map(|(of, w)| of.value * of.value * w).sum();
    let pulls = parameters.iter().zip(at.iter().zip(start));
    data + pulls
        .map(|(of, (at, start))| {
            let pull = (at - start) / of.spread;
            pull * pull
        })
        .sum::<f64>()
}

/// A share of a step from here, within the bounds.
fn moved(parameters: &[Parameter], at: &[f64], step: &[f64], share: f64) -> Vec<f64> {
    let one = |((of, at), step): ((&Parameter, &f64), &f64)| {
        let step = step.clamp(-STEP, STEP) * share;
        (at + step).clamp(libm::log(of.low), libm::log(of.high))
    };
    parameters.iter().zip(at).zip(step).map(one).collect()
}

fn left_out(
    parameters: &[Parameter],
    slopes: &[Vec<f64>],
    residuals: &[Residual],
    weights: &[f64],
    at: &[f64],
    start: &[f64],
) -> Vec<Residual> {
    let runs = residuals.iter().map(|of| of.run + 1).max().unwrap_or(0);
    let mut left_out = residuals.to_vec();
    if runs < 2 {
        return left_out;
    }
    for run in 0..runs {
        let kept = |index: usize| residuals[index].run != run;
        let step = Normal::new(parameters, slopes, weights, kept).step(residuals, at, start);
        let step: Vec<f64> = moved(parameters, at, &step, 1.0);
        for (index, of) in left_out.iter_mut().enumerate().filter(|(_, of)| of.run == run) {
            let way = slopes[index].iter().zip(step.iter().zip(at));
            of.value += way.map(|(slope, (to, from))| slope * (to - from)).sum::<f64>();
        }
    }
    left_out
}

#[cfg(test)]
mod tests;
