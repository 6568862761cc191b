//! Why a `config.json` cannot be read.

use std::fmt::Display;

use thiserror::Error;

use crate::CatalogError;

/// What is wrong with a `config.json`.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ConfigError {
    /// The text is no JSON.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the JSON reader says.
        message: String,
    },
    /// The text is JSON but no table.
    #[error("a config.json is a table of fields, in braces")]
    NotATable,
    /// The reader does not know how this architecture uses its fields.
    #[error("the architecture `{found}` is not known; known are {}", .known.join(", "))]
    UnknownArchitecture {
        /// What the file says.
        found: String,
        /// What can be read.
        known: Vec<&'static str>,
    },
    /// A field that the architecture needs is absent.
    #[error("the field `{field}` is missing")]
    Missing {
        /// The field, or its usual name.
        field: String,
    },
    /// A field has a value that it cannot have.
    #[error("the field `{field}` should be {expected}; found {found}")]
    Wrong {
        /// The field.
        field: String,
        /// What it can be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Fields that may be part of the shape and are not understood.
    #[error(
        "these fields may be part of the shape and are not understood: {}; take out those that are \
         not, or give the shape inline",
        .fields.join(", ")
    )]
    NotUnderstood {
        /// The fields, with their values if short.
        fields: Vec<String>,
    },
    /// The figures contradict each other.
    #[error(transparent)]
    Shape(#[from] CatalogError),
}

impl ConfigError {
    pub(super) fn wrong(field: &str, expected: impl Display, found: impl Display) -> Self {
        let (field, expected, found) = (field.to_owned(), expected.to_string(), found.to_string());
        Self::Wrong { field, expected, found }
    }
}

impl From<serde_json::Error> for ConfigError {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        // The reader ends its message with the place, which stands in front here.
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        Self::Syntax { line: error.line(), column: error.column(), message }
    }
}
