//! Samplers of the distributions that the simulator draws from.
//!
//! They are our own, on the crate `libm`, so that the same seed gives the same bits on every
//! platform. Each takes a [`Stream`] and documents how many numbers it draws.

use crate::Stream;

/// Exponential with the given mean. Draws one number.
#[must_use]
pub fn exponential(stream: &mut Stream, mean: f64) -> f64 {
    -mean * libm::log(stream.unit_open())
}

/// Uniform in `[low, high)`. Draws one number.
#[must_use]
pub fn uniform(stream: &mut Stream, low: f64, high: f64) -> f64 {
    low + (high - low) * stream.unit()
}

/// Standard normal by the Box-Muller transform. Draws two numbers.
#[must_use]
pub fn standard_normal(stream: &mut Stream) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(stream.unit_open()));
    radius * libm::cos(std::f64::consts::TAU * stream.unit())
}

/// Normal with the given mean and standard deviation. Draws two numbers.
#[must_use]
pub fn normal(stream: &mut Stream, mean: f64, std: f64) -> f64 {
    mean + std * standard_normal(stream)
}

/// Lognormal: the exponential of a normal with mean `mu` and standard deviation `sigma`. Draws two
/// numbers.
#[must_use]
pub fn lognormal(stream: &mut Stream, mu: f64, sigma: f64) -> f64 {
    libm::exp(normal(stream, mu, sigma))
}

/// Gamma with the given shape and scale (Marsaglia and Tsang 2000). Draws a varying count of
/// numbers.
#[must_use]
pub fn gamma(stream: &mut Stream, shape: f64, scale: f64) -> f64 {
    if shape < 1.0 {
        // Boost: gamma(shape) = gamma(shape + 1) * U^(1/shape).
        let boost = libm::pow(stream.unit_open(), 1.0 / shape);
        return boost * gamma(stream, shape + 1.0, scale);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = standard_normal(stream);
        let cube_root = 1.0 + c * x;
        if cube_root <= 0.0 {
            continue;
        }
        let v = cube_root * cube_root * cube_root;
        let bound = 0.5 * x * x + d - d * v + d * libm::log(v);
        if libm::log(stream.unit_open()) < bound {
            return scale * d * v;
        }
    }
}

/// Geometric on `1, 2, ...` with success probability `p` in `(0, 1]`: the trial of the first
/// success, mean `1/p`. Draws one number.
#[must_use]
pub fn geometric(stream: &mut Stream, p: f64) -> f64 {
    let u = stream.unit_open();
    if p >= 1.0 {
        return 1.0;
    }
    (libm::log(u) / libm::log1p(-p)).ceil().max(1.0)
}

/// The position in `cumulative` (ascending; the last entry is the total weight) that a uniform draw
/// falls into. Draws one number.
#[must_use]
pub fn weighted(stream: &mut Stream, cumulative: &[f64]) -> usize {
    let total = cumulative.last().copied().unwrap_or(0.0);
    let u = stream.unit() * total;
    cumulative.partition_point(|&edge| edge <= u).min(cumulative.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Streams;

    /// Mean and variance of 200,000 draws lie within five standard errors of the theory.
    fn check(name: &str, mean: f64, variance: f64, mut draw: impl FnMut(&mut Stream) -> f64) {
        let mut stream = Streams::new(3, 0).stream(name);
        let n = 200_000;
        let draws: Vec<f64> = (0..n).map(|_| draw(&mut stream)).collect();
        let m = draws.iter().sum::<f64>() / f64::from(n);
        let v = draws.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / f64::from(n);
        let fourth = draws.iter().map(|x| libm::pow(x - m, 4.0)).sum::<f64>() / f64::from(n);
        let mean_error = libm::sqrt(variance / f64::from(n));
        let variance_error = libm::sqrt((fourth - v * v) / f64::from(n));
        assert!((m - mean).abs() <= 5.0 * mean_error, "{name}: mean {m}, expected {mean}");
        assert!((v - variance).abs() < 5.0 * variance_error + 1e-12, "{name}: variance {v}");
    }

    #[test]
    fn moments_agree_with_theory() {
        check("exponential", 2.0, 4.0, |s| exponential(s, 2.0));
        check("uniform", 3.0, 4.0 / 12.0, |s| uniform(s, 2.0, 4.0));
        check("normal", -1.0, 9.0, |s| normal(s, -1.0, 3.0));
        let (mean, e) = (libm::exp(0.5 + 0.125), libm::exp(0.25));
        check("lognormal", mean, (e - 1.0) * mean * mean, |s| lognormal(s, 0.5, 0.5));
        check("gamma above 1", 6.0, 12.0, |s| gamma(s, 3.0, 2.0));
        check("gamma below 1", 0.5, 0.5, |s| gamma(s, 0.5, 1.0));
        check("geometric", 4.0, 12.0, |s| geometric(s, 0.25));
        check("geometric, certain", 1.0, 0.0, |s| geometric(s, 1.0));
        // Values 0, 1, 2 with weights 1, 2, 1.
        check("weighted", 1.0, 0.5, |s| weighted(s, &[1.0, 3.0, 4.0]) as f64);
    }
}
