//! Range checks of the numbers in a specification.

use thiserror::Error;

/// A number of a specification that is out of range.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("`{field}` must {rule}; found {found}")]
pub struct SpecError {
    /// The field, by its name in the file.
    pub field: &'static str,
    /// What the field must do, as the rest of the sentence.
    pub rule: String,
    /// What was found.
    pub found: String,
}

impl SpecError {
    /// An error about `field`, which must satisfy `rule`.
    pub fn new(field: &'static str, rule: impl Into<String>, found: &impl ToString) -> Self {
        Self { field, rule: rule.into(), found: found.to_string() }
    }
}

/// `value` must be a finite number above zero.
///
/// # Errors
/// If it is not.
pub fn check_positive(field: &'static str, value: f64) -> Result<(), SpecError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(SpecError::new(field, "be greater than 0", &value))
    }
}

/// `value` must be a finite number from `low` to `high`.
///
/// # Errors
/// If it is not.
pub fn check_range(field: &'static str, value: f64, low: f64, high: f64) -> Result<(), SpecError> {
    if value.is_finite() && (low..=high).contains(&value) {
        return Ok(());
    }
    let rule = if high < f64::MAX {
        format!("lie between {low} and {high}")
    } else if low > f64::MIN {
        format!("be {low} or more")
    } else {
        "be a finite number".to_owned()
    };
    Err(SpecError::new(field, rule, &value))
}
