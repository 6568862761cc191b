//! Sessions: conversations of several requests, each of which repeats all that was said before.

use serde::{Deserialize, Serialize};
use tokendrome_units::{SpecError, check_positive, check_range};

use crate::LengthsSpec;

/// Conversations of several turns.
///
/// The first turn's prompt is drawn from `input_tokens`. The prompt of each further turn is the
/// whole prompt before it, the output that came (no longer than `max_tokens`), and new tokens of
/// the user. A turn arrives some time after the one before has ended; if that was rejected, the
/// session is over. All turns have the class and the shared prefix of their session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionsSpec {
    /// Turns of a session: the requests that it makes if none is rejected.
    pub turns: TurnsSpec,
    /// Mean time from the end of a turn to the arrival of the next, in seconds.
    #[serde(default)]
    pub think_s: f64,
    /// Whether these times are exponentially distributed rather than constant.
    #[serde(default)]
    pub random_think: bool,
    /// Tokens that each turn after the first adds to the conversation before it. Default: as
    /// `input_tokens`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_tokens: Option<LengthsSpec>,
}

/// How many turns a session has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum TurnsSpec {
    /// Always as many.
    Fixed {
        /// Turns.
        turns: u32,
    },
    /// Every whole number from `min` to `max` alike.
    Uniform {
        /// Fewest turns.
        min: u32,
        /// Most turns.
        max: u32,
    },
    /// Geometric on 1, 2, 3, ...: after every turn the session ends with probability `p`.
    Geometric {
        /// Probability that a turn is the last one; the mean is its inverse.
        p: f64,
        /// Most turns; larger draws are cut to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
    },
    /// One of a few numbers.
    Mixture {
        /// The numbers of turns.
        values: Vec<u32>,
        /// Their weights; need not add up to 1.
        weights: Vec<f64>,
    },
}

/// Longest mean think time, in seconds: 30 years.
const SECONDS_MAX: f64 = 1e9;

impl SessionsSpec {
    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        self.turns.validate()?;
        check_range("think_s", self.think_s, 0.0, SECONDS_MAX)?;
        self.new_tokens.as_ref().map_or(Ok(()), LengthsSpec::validate)
    }
}

impl TurnsSpec {
    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        match self {
            Self::Fixed { turns } => check_positive("turns", f64::from(*turns)),
            Self::Mixture { values, .. } if values.is_empty() => {
                Err(SpecError::new("values", "have at least one number of turns", &"none"))
            }
            _ => self.law().validate(),
        }
    }

    /// Counts of turns follow the laws of counts of tokens.
    pub(crate) fn law(&self) -> LengthsSpec {
        match self {
            Self::Fixed { turns } => LengthsSpec::Fixed { tokens: *turns },
            Self::Uniform { min, max } => LengthsSpec::Uniform { min: *min, max: *max },
            Self::Geometric { p, max } => LengthsSpec::Geometric { p: *p, max: *max },
            Self::Mixture { values, weights } => {
                LengthsSpec::Mixture { values: values.clone(), weights: weights.clone() }
            }
        }
    }
}
