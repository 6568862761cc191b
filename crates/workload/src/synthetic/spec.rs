//! What a synthetic workload is.

use serde::{Deserialize, Serialize};
use tokendrome_units::{SpecError, check_positive, check_range};

use crate::{ArrivalsSpec, LengthsSpec, PrefixesSpec, SessionsSpec};

/// One class of requests in a synthetic mix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClassMix {
    /// Name, as it stands in the report and in `[slo.classes]`.
    pub name: String,
    /// Weight among the classes; need not add up to 1.
    pub share: f64,
    /// Priority of its requests: lower is sooner. Read by priority scheduling alone.
    #[serde(default)]
    pub priority: i32,
}

/// A synthetic workload.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntheticSpec {
    /// When requests arrive, or sessions begin.
    pub arrivals: ArrivalsSpec,
    /// Tokens of the prompts, without a shared prefix; of the first ones in sessions.
    pub input_tokens: LengthsSpec,
    /// Tokens of the outputs.
    pub output_tokens: LengthsSpec,
    /// Most tokens that the engine may generate for a request; none: as many as the output has.
    pub max_tokens: Option<u32>,
    /// Number of requests, each turn of a session among them; none: as many as arrive within
    /// `duration_s`.
    pub requests: Option<u32>,
    /// Nothing arrives after this many seconds; none: `requests` ends the workload.
    pub duration_s: Option<f64>,
    /// Classes to draw from; none: a single one without a name.
    pub classes: Vec<ClassMix>,
    /// Conversations; none: every request stands alone.
    pub sessions: Option<SessionsSpec>,
    /// Shared beginnings of prompts; none: no prompts begin alike.
    pub prefixes: Option<PrefixesSpec>,
}

impl SyntheticSpec {
    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        self.arrivals.validate()?;
        self.input_tokens.validate()?;
        // Whether a request may want none is the scheduler's business.
        self.output_tokens.validate_from(0)?;
        self.sessions.as_ref().map_or(Ok(()), SessionsSpec::validate)?;
        self.prefixes.as_ref().map_or(Ok(()), PrefixesSpec::validate)?;
        match (self.requests, self.duration_s) {
            (None, None) => {
                let rule = "be given, or `duration_s`: otherwise the workload never ends";
                return Err(SpecError::new("requests", rule, &"neither"));
            }
            (Some(requests), _) => check_positive("requests", f64::from(requests))?,
            (None, Some(_)) => self.check_time_passes()?,
        }
        if let Some(duration_s) = self.duration_s {
            check_positive("duration_s", duration_s)?;
        }
        if self.max_tokens == Some(0) {
            return Err(SpecError::new("max_tokens", "be 1 or more", &0));
        }
        for (i, class) in self.classes.iter().enumerate() {
            check_range("share", class.share, 0.0, f64::MAX)?;
            if self.classes[..i].iter().any(|earlier| earlier.name == class.name) {
                let rule = "be different in every class";
                return Err(SpecError::new("name", rule, &class.name));
            }
        }
        if !self.classes.is_empty() {
            check_positive("share", self.classes.iter().map(|class| class.share).sum())?;
        }
        Ok(())
    }

    /// A process that stands still would never reach `duration_s`.
    fn check_time_passes(&self) -> Result<(), SpecError> {
        match self.arrivals {
            ArrivalsSpec::Batched { interval_s, .. } if interval_s <= 0.0 => {
                let rule = "be given: batches without an interval all arrive at 0";
                Err(SpecError::new("requests", rule, &"only `duration_s`"))
            }
            _ => Ok(()),
        }
    }
}
