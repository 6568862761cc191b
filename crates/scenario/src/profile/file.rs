//! A file of constants of an engine, and where they come from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokendrome::DelaysSpec;
use tokendrome::catalog::Catalog;
use tokendrome::steptime::StepTimeSpec;

use super::Served;

/// The constants of an engine, and where they come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineProfile {
    /// What they are for.
    #[serde(rename = "profile")]
    pub head: ProfileHead,
    /// The step times.
    pub step_time: StepTimeSpec,
    /// The way between clients and the engine.
    #[serde(default)]
    pub delays: DelaysSpec,
    /// Where they come from.
    pub provenance: Provenance,
}

/// What a profile is for. What is left out may be anything.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileHead {
    /// What reports call it.
    pub name: String,
    /// The engine, such as `vllm`.
    pub engine: String,
    /// Its versions: `0.15` is every 0.15.x.
    #[serde(default)]
    pub versions: Vec<String>,
    /// The accelerator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accelerator: Option<String>,
    /// The model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Accelerators that share every layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tensor_parallel: Option<u32>,
}

/// Where constants come from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// When they were fitted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub date: String,
    /// On what.
    pub data: String,
    /// How.
    pub method: String,
    /// What is left over.
    pub residuals: String,
    /// What to know of single constants.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The constants that were fitted, by their path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fitted: BTreeMap<String, Fitted>,
}

/// A constant that was fitted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitted {
    /// Its value.
    pub value: f64,
    /// Lower end of its confidence interval of 95 %.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Whether the data say anything of it; if not, it stays near where it began.
    pub identified: bool,
}

/// Why a file is no profile.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// It is not TOML, lacks something or has too much.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// A number is out of range.
    #[error("{0}")]
    Range(String),
}

impl EngineProfile {
    /// Reads a profile.
    ///
    /// # Errors
    /// It is not one, or a number is out of range.
    pub fn read(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text)?;
        let range = |section: &str, error: &dyn std::fmt::Display| {
            ProfileError::Range(format!("{section}: {error}"))
        };
        profile.step_time.validate().map_err(|error| range("step_time", &error))?;
        profile.delays.validate().map_err(|error| range("delays", &error))?;
        Ok(profile)
    }

    /// The profile as a file.
    ///
    /// # Panics
    /// Never: everything in a profile can be written.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a profile can be written as TOML")
    }
}

impl ProfileHead {
    /// Whether nothing in it contradicts what serves, its version aside.
    pub(super) fn fits(&self, served: &Served<'_>) -> bool {
        let accelerator = self.accelerator.as_deref();
        let model = self.model.as_deref();
        self.engine.eq_ignore_ascii_case(served.engine)
            && accelerator.is_none_or(|of| {
                is_same(of, served.accelerator, |name| Catalog::accelerator_name(name).ok())
            })
            && model
                .is_none_or(|of| is_same(of, served.model, |name| Catalog::model_name(name).ok()))
            && self.tensor_parallel.is_none_or(|of| of == served.tensor_parallel)
    }

    /// Whether it is for this version; where nobody knows the version, any is.
    pub(super) fn is_of_version(&self, version: Option<&str>) -> bool {
        let begins = |version: &str, with: &String| {
            version
                .strip_prefix(with.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '+', 'r', 'p']))
        };
        version.is_none_or(|version| self.versions.iter().any(|with| begins(version, with)))
    }

    /// How much it says.
    pub(super) fn says(&self) -> u32 {
        u32::from(self.model.is_some()) * 4
            + u32::from(self.accelerator.is_some()) * 2
            + u32::from(self.tensor_parallel.is_some())
    }
}

/// Whether two names mean the same, by the catalog where it knows them.
fn is_same(one: &str, other: &str, known: impl Fn(&str) -> Option<&'static str>) -> bool {
    let plain = one.eq_ignore_ascii_case(other);
    plain || known(one).zip(known(other)).is_some_and(|(one, other)| one == other)
}
