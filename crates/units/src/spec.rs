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
        Err(SpecError::new(field, "be greater than 0", &Short(value)))
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
        format!("lie between {} and {}", Short(low), Short(high))
    } else if low > f64::MIN {
        format!("be {} or more", Short(low))
    } else {
        "be a finite number".to_owned()
    };
    Err(SpecError::new(field, rule, &Short(value)))
}

/// A float without a hundred zeros.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(value) = *self;
        if value.abs() >= 1e15 || (value != 0.0 && value.abs() < 1e-6) {
            write!(f, "{value:e}")
        } else {
            write!(f, "{value}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_told_in_words_and_short_numbers() {
        let message = |value| check_range("rate", value, 0.0, 1e9).unwrap_err().to_string();
        assert_eq!(message(-1.5), "`rate` must lie between 0 and 1000000000; found -1.5");
        assert_eq!(message(1e300), "`rate` must lie between 0 and 1000000000; found 1e300");
        assert_eq!(message(f64::NAN), "`rate` must lie between 0 and 1000000000; found NaN");
        let open = check_range("rate", -2.0, 0.0, f64::MAX).unwrap_err().to_string();
        assert_eq!(open, "`rate` must be 0 or more; found -2");
        assert!(check_positive("rate", f64::INFINITY).is_err());
        assert!(check_positive("rate", 1e-300).is_ok());
    }
}
