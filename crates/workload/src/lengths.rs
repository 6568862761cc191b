//! How long prompts and outputs are.

use serde::{Deserialize, Serialize};
use tokendrome_kernel::{Stream, sample};
use tokendrome_units::{SpecError, check_positive, check_range};

/// A distribution of token counts. Draws are rounded to the nearest whole number unless it says
/// otherwise, then kept within `min` and `max` where those are given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LengthsSpec {
    /// Always the same.
    Fixed {
        /// Tokens.
        tokens: u32,
    },
    /// Every whole number from `min` to `max` alike.
    Uniform {
        /// Fewest tokens.
        min: u32,
        /// Most tokens.
        max: u32,
    },
    /// Normal.
    Normal {
        /// Mean, in tokens, before rounding and clipping.
        mean: f64,
        /// Standard deviation, in tokens.
        std: f64,
        /// Fewest tokens; smaller draws are raised to it.
        #[serde(default = "one")]
        min: u32,
        /// Most tokens; larger draws are cut to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
        /// How draws become whole numbers.
        #[serde(default, skip_serializing_if = "Rounding::is_nearest")]
        rounding: Rounding,
    },
    /// Lognormal: the logarithm of the length is normal.
    Lognormal {
        /// Mean of the natural logarithm of the length; the median is its exponential.
        mu: f64,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
        /// Fewest tokens; smaller draws are raised to it.
        #[serde(default = "one")]
        min: u32,
        /// Most tokens; larger draws are cut to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
        /// How draws become whole numbers.
        #[serde(default, skip_serializing_if = "Rounding::is_nearest")]
        rounding: Rounding,
    },
    /// Geometric on 1, 2, 3, ...: after every token the text ends with probability `p`.
    Geometric {
        /// Probability that a token is the last one; the mean is its inverse.
        p: f64,
        /// Most tokens; larger draws are cut to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
    },
    /// One of a few lengths.
    Mixture {
        /// The lengths, in tokens.
        values: Vec<u32>,
        /// Their weights; need not add up to 1.
        weights: Vec<f64>,
    },
    /// Drawn, with replacement, from lengths that were measured.
    Empirical {
        /// The lengths, in tokens.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        values: Vec<u32>,
        /// File to read `values` from, one length a line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
}

/// How a draw becomes a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// To the nearest.
    #[default]
    Nearest,
    /// To the next smaller one.
    Down,
}

impl Rounding {
    fn is_nearest(&self) -> bool {
        *self == Self::Nearest
    }

    fn of(self, draw: f64) -> f64 {
        match self {
            Self::Nearest => draw.round(),
            Self::Down => draw.floor(),
        }
    }
}

fn one() -> u32 {
    1
}

impl LengthsSpec {
    /// A normal distribution, rounded to the nearest whole number.
    #[must_use]
    pub fn normal(mean: f64, std: f64, min: u32, max: Option<u32>) -> Self {
        Self::Normal { mean, std, min, max, rounding: Rounding::Nearest }
    }

    /// A lognormal distribution, rounded to the nearest whole number.
    #[must_use]
    pub fn lognormal(mu: f64, sigma: f64, min: u32, max: Option<u32>) -> Self {
        Self::Lognormal { mu, sigma, min, max, rounding: Rounding::Nearest }
    }

    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        self.validate_from(1)
    }

    /// The same, where lengths from `least` on are allowed.
    ///
    /// # Errors
    /// As [`LengthsSpec::validate`].
    pub fn validate_from(&self, least: u32) -> Result<(), SpecError> {
        let check_least = |field: &'static str, tokens: u32| match tokens >= least {
            true => Ok(()),
            false => check_positive(field, f64::from(tokens)),
        };
        let check_bounds = |min: u32, max: Option<u32>| {
            check_least("min", min)?;
            check_order(min, max)
        };
        match self {
            Self::Fixed { tokens } => check_least("tokens", *tokens),
            Self::Uniform { min, max } => check_bounds(*min, Some(*max)),
            Self::Normal { mean, std, min, max, .. } => {
                check_range("mean", *mean, f64::MIN, f64::MAX)?;
                check_range("std", *std, 0.0, f64::MAX)?;
                check_bounds(*min, *max)
            }
            Self::Lognormal { mu, sigma, min, max, .. } => {
                check_range("mu", *mu, -100.0, 22.0)?;
                check_range("sigma", *sigma, 0.0, 100.0)?;
                check_bounds(*min, *max)
            }
            Self::Geometric { p, max } => {
                check_positive("p", *p)?;
                check_range("p", *p, 0.0, 1.0)?;
                check_bounds(1, *max)
            }
            Self::Mixture { values, weights } => {
                check_mixture(values, weights)?;
                values.iter().try_for_each(|&value| check_least("values", value))
            }
            Self::Empirical { values, file } => {
                check_empirical(values, file.as_deref())?;
                values.iter().try_for_each(|&value| check_least("values", value))
            }
        }
    }

    /// The distribution of a valid specification, ready to draw from.
    ///
    /// # Panics
    /// If the values of an empirical distribution are still in their file: whoever does the reading
    /// puts them in `values` first.
    #[must_use]
    pub fn build(&self) -> Lengths {
        let cumulative = match self {
            Self::Mixture { weights, .. } => weights
                .iter()
                .scan(0.0, |sum, weight| {
                    *sum += weight;
                    Some(*sum)
                })
                .collect(),
            Self::Empirical { values, .. } => {
                assert!(!values.is_empty(), "the file of an empirical length was not read");
                Vec::new()
            }
            _ => Vec::new(),
        };
        Lengths { spec: self.clone(), cumulative }
    }
}

fn check_order(min: u32, max: Option<u32>) -> Result<(), SpecError> {
    match max {
        Some(max) if max < min => {
            Err(SpecError::new("max", format!("be at least `min` ({min})"), &max))
        }
        _ => Ok(()),
    }
}

fn check_mixture(values: &[u32], weights: &[f64]) -> Result<(), SpecError> {
    if values.is_empty() {
        return Err(SpecError::new("values", "have at least one length", &"none"));
    }
    if values.len() != weights.len() {
        let rule = format!("have one weight for each of the {} values", values.len());
        return Err(SpecError::new("weights", rule, &weights.len()));
    }
    for &weight in weights {
        check_range("weights", weight, 0.0, f64::MAX)?;
    }
    check_positive("weights", weights.iter().sum())
}

fn check_empirical(values: &[u32], file: Option<&str>) -> Result<(), SpecError> {
    if values.is_empty() && file.is_none() {
        return Err(SpecError::new("values", "have a length, or `file` name a file", &"neither"));
    }
    Ok(())
}

/// A distribution of lengths, ready to draw from.
#[derive(Debug, Clone)]
pub struct Lengths {
    spec: LengthsSpec,
    /// Running sums of a mixture's weights.
    cumulative: Vec<f64>,
}

impl Lengths {
    /// A length from `stream`.
    pub fn draw(&self, stream: &mut Stream) -> u32 {
        match &self.spec {
            LengthsSpec::Fixed { tokens } => *tokens,
            LengthsSpec::Uniform { min, max } => {
                min + stream.below(u64::from(max - min) + 1) as u32
            }
            LengthsSpec::Normal { mean, std, min, max, rounding } => {
                whole(rounding.of(sample::normal(stream, *mean, *std)), *min, *max)
            }
            LengthsSpec::Lognormal { mu, sigma, min, max, rounding } => {
                whole(rounding.of(sample::lognormal(stream, *mu, *sigma)), *min, *max)
            }
            LengthsSpec::Geometric { p, max } => whole(sample::geometric(stream, *p), 1, *max),
            LengthsSpec::Mixture { values, .. } => {
                values[sample::weighted(stream, &self.cumulative)]
            }
            LengthsSpec::Empirical { values, .. } => {
                values[stream.below(values.len() as u64) as usize]
            }
        }
    }
}

/// Clips a whole number; what is beyond a 32-bit count becomes the largest one.
fn whole(draw: f64, min: u32, max: Option<u32>) -> u32 {
    (draw.clamp(0.0, f64::from(u32::MAX)) as u32).clamp(min, max.unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
