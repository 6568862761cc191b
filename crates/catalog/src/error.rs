//! Why a model or an accelerator is not usable.

use thiserror::Error;

/// What is wrong with a specification, and what to do about it.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CatalogError {
    /// A figure that must be above zero is zero, negative, infinite or not a number.
    #[error("`{field}` of `{name}` is {value}; give a number above zero")]
    NotPositive {
        /// The model or accelerator.
        name: String,
        /// The field, with its path.
        field: String,
        /// What was found.
        value: String,
    },
    /// Two figures contradict each other.
    #[error("`{name}`: {problem}; {remedy}")]
    Contradiction {
        /// The model or accelerator.
        name: String,
        /// What contradicts what.
        problem: String,
        /// What to change.
        remedy: &'static str,
    },
    /// A model without layers, or an accelerator without a single peak.
    #[error("`{name}` has no {what}; {remedy}")]
    Missing {
        /// The model or accelerator.
        name: String,
        /// What is missing.
        what: &'static str,
        /// What to add.
        remedy: &'static str,
    },
}
