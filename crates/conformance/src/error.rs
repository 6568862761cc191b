//! Why a text is no scenario that can be run.

use std::fmt;

use thiserror::Error;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// Character of the line, counted from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte of `text`.
    pub(crate) fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Why a text is no scenario that can be run. Its message begins with line and column; whoever
/// knows the name of the file puts it in front, with a colon.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScenarioError {
    /// There is no text.
    #[error("1:1: the scenario is empty; it must be a JSON object")]
    Empty,
    /// The text is not JSON.
    #[error("{at}: not valid JSON: {what}")]
    Syntax {
        /// Where reading stopped.
        at: Place,
        /// What the reader says.
        what: String,
    },
    /// A value is not what it must be.
    #[error("{at}: {field} must {rule}; found {found}")]
    Value {
        /// Where the value stands.
        at: Place,
        /// The way to it, such as `requests[3].max_tokens`.
        field: String,
        /// What it must do, as the rest of the sentence.
        rule: String,
        /// What was found.
        found: String,
    },
    /// A key is missing.
    #[error("{at}: {field} is missing, and has no default")]
    Missing {
        /// The object that lacks the key.
        at: Place,
        /// The way to the missing value.
        field: String,
    },
    /// Nobody knows the key.
    #[error("{at}: {field}: unknown key; {hint}")]
    UnknownKey {
        /// Where the key stands.
        at: Place,
        /// The way to it.
        field: String,
        /// What was probably meant, or what there is.
        hint: String,
    },
    /// A key stands twice.
    #[error("{at}: {field} stands twice; remove one of the two")]
    Twice {
        /// The second time.
        at: Place,
        /// The way to it.
        field: String,
    },
    /// The scenario asks for something that the engine can do and the simulator cannot.
    #[error("{at}: {feature} is not modelled (`{field}`); the scenario cannot be run")]
    NotModelled {
        /// Where it is asked for.
        at: Place,
        /// The way to it.
        field: String,
        /// What is asked for.
        feature: &'static str,
    },
    /// The scheduler would never serve a request.
    #[error("{at}: {field} can never be served: {reason}")]
    NeverServed {
        /// Where the request stands.
        at: Place,
        /// The way to it.
        field: String,
        /// Why, in the scheduler's words.
        reason: String,
    },
}
