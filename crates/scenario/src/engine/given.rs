//! Words of a command, and the flags that are found in them.

use std::sync::Arc;

use super::flag::Flag;
use crate::problem::Problem;
use crate::source::{Origin, Place, Source, Sources};

/// A word, and what it was taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// What errors call the text that the word stands in.
    pub(super) origin: Arc<str>,
}

/// A flag that somebody gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) flag: &'static Flag,
    /// Whether it turns on what it names.
    pub(super) is_on: bool,
    /// The flag as it was typed, without the value.
    pub(super) typed: String,
    /// Its values, with spaces between.
    pub(super) value: Option<String>,
    /// Whether only a part of its value is given (`--flag.part value`).
    pub(super) is_part: bool,
    pub(super) origin: Arc<str>,
}

impl Given {
    /// Flag and value as typed.
    pub(super) fn shown(&self) -> String {
        match &self.value {
            Some(value) => format!("{} {value}", self.typed),
            None => self.typed.clone(),
        }
    }

    /// Where an error points: the value, or the flag if it has none.
    fn place(&self, sources: &mut Sources) -> Place {
        let shown = self.shown();
        let start = self.value.as_ref().map_or(0, |_| self.typed.len() + 1);
        let source = text(sources, &self.origin, &shown);
        source.place(start..shown.len())
    }

    /// A problem with the value.
    pub(super) fn problem(
        &self,
        sources: &mut Sources,
        message: impl Into<String>,
        label: &str,
    ) -> Problem {
        Problem::new(message).at(self.place(sources), label)
    }
}

impl Word {
    pub(super) fn problem(
        &self,
        sources: &mut Sources,
        message: impl Into<String>,
        label: &str,
    ) -> Problem {
        let source = text(sources, &self.origin, &self.text);
        Problem::new(message).at(source.place(0..self.text.len()), label)
    }
}

fn text(sources: &mut Sources, name: &str, text: &str) -> crate::source::SourceId {
    sources.add(Source { name: name.to_owned(), text: Arc::from(text), origin: Origin::Flag })
}
