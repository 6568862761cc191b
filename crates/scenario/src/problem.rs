//! What is wrong with a scenario, where, and what to do.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::source::{Place, Sources};

/// One thing to put right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) message: String,
    /// Where, and what to say there.
    pub(crate) label: Option<(Place, String)>,
    pub(crate) help: Option<String>,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), label: None, help: None }
    }

    /// Points at a place, if it is one that somebody wrote.
    pub(crate) fn at(mut self, place: Place, label: impl Into<String>) -> Self {
        if place.is_known() {
            self.label = Some((place, label.into()));
        }
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn place(&self) -> Option<Place> {
        self.label.as_ref().map(|(place, _)| *place)
    }
}

/// Everything that is wrong with a scenario, in the order of the text.
#[derive(Debug, Clone)]
pub struct Problems {
    list: Vec<Problem>,
    sources: Sources,
}

/// Most problems that are shown of one scenario: what follows is mostly a consequence.
const SHOWN_MAX: usize = 20;

impl Problems {
    pub(crate) fn new(mut list: Vec<Problem>, sources: &Sources) -> Self {
        list.sort_by_key(Problem::place);
        list.dedup();
        list.truncate(SHOWN_MAX);
        Self { list, sources: sources.clone() }
    }

    /// The same problems, of what this says: the point of a sweep.
    pub(crate) fn within(mut self, what: Option<&str>) -> Self {
        if let Some(what) = what {
            for problem in &mut self.list {
                problem.message = format!("{what}: {}", problem.message);
            }
        }
        self
    }

    /// The problems with what is needed to show them.
    pub fn iter(&self) -> impl Iterator<Item = Shown> {
        self.list.iter().map(|problem| Shown {
            problem: problem.clone(),
            source: problem.place().and_then(|place| {
                let source = self.sources.of(place)?;
                let snippet = is_short_around(&source.text, place.range());
                snippet.then(|| NamedSource::new(&source.name, Arc::clone(&source.text)))
            }),
            place: self.place_in_words(problem),
        })
    }
}

impl Problems {
    /// `file:line:column`, for places whose lines are too long to show.
    fn place_in_words(&self, problem: &Problem) -> Option<String> {
        let place = problem.place()?;
        let source = self.sources.of(place)?;
        let before = source.text.get(..place.range().start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some(format!("{}:{line}:{column}", source.name))
    }
}

/// Whether the lines about a place are short enough for a snippet that a person can read.
fn is_short_around(text: &str, range: std::ops::Range<usize>) -> bool {
    /// Bytes from two lines above a place to two lines below it.
    const SNIPPET_MAX: usize = 2_000;
    let start = range.start.min(text.len());
    let end = range.end.clamp(start, text.len());
    let (Some(before), Some(after)) = (text.get(..start), text.get(end..)) else { return false };
    let lines_before: usize = before.rsplit('\n').take(3).map(str::len).sum();
    let lines_after: usize = after.split('\n').take(3).map(str::len).sum();
    lines_before + (end - start) + lines_after <= SNIPPET_MAX
}

impl fmt::Display for Problems {
    /// The messages alone, one a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{}", problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// One problem, ready to be shown with its lines of the text.
#[derive(Debug)]
pub struct Shown {
    problem: Problem,
    source: Option<NamedSource<Arc<str>>>,
    place: Option<String>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (None, Some(place)) = (&self.source, &self.place) {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.problem.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (place, label) = self.problem.label.as_ref()?;
        self.source.as_ref()?;
        let label = (!label.is_empty()).then(|| label.clone());
        let span = LabeledSpan::new_with_span(label, place.range());
        Some(Box::new(std::iter::once(span)))
    }
}
