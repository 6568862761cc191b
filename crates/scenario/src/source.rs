//! The texts that a scenario is made of, and places in them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place in one of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Position of the text among the [`Sources`]; [`Place::NOWHERE`] has none.
    source: u32,
    start: u32,
    end: u32,
}

impl Place {
    /// Of values that nobody wrote: defaults and the catalog's.
    pub(crate) const NOWHERE: Self = Self { source: u32::MAX, start: 0, end: 0 };

    pub(crate) fn is_known(self) -> bool {
        self.source != u32::MAX
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The same bytes of another text.
    pub(crate) fn moved(self, to: SourceId) -> Self {
        Self { source: to.0, ..self }
    }
}

/// What kind of text it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A file: paths in it are relative to this folder.
    File(PathBuf),
    /// Text from elsewhere (a pipe, the program itself): paths are relative to the working folder.
    Text,
    /// A flag of the command line.
    Flag,
    /// The section `[sweep]`, whose values replace others as flags do: paths in it are relative to
    /// this folder.
    Sweep(PathBuf),
}

/// One text.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: Arc<str>,
    pub(crate) origin: Origin,
}

/// A text by its position among the [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SourceId(u32);

/// All texts of one scenario.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    list: Vec<Source>,
}

impl SourceId {
    /// The place of these bytes of the text.
    pub(crate) fn place(self, range: Range<usize>) -> Place {
        Place {
            source: self.0,
            start: u32::try_from(range.start).unwrap_or(u32::MAX),
            end: u32::try_from(range.end).unwrap_or(u32::MAX),
        }
    }
}

impl Sources {
    pub(crate) fn add(&mut self, source: Source) -> SourceId {
        self.list.push(source);
        SourceId(u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX))
    }

    /// Says anew what kind of text it is.
    pub(crate) fn set_origin(&mut self, id: SourceId, origin: Origin) {
        if let Some(source) = self.list.get_mut(id.0 as usize) {
            source.origin = origin;
        }
    }

    /// The text that the place is in.
    pub(crate) fn of(&self, place: Place) -> Option<&Source> {
        self.list.get(place.source as usize)
    }

    /// Whether what stands at the place wins over the file: in a flag, or in a sweep.
    pub(crate) fn is_flag(&self, place: Place) -> bool {
        let wins = |origin: &Origin| matches!(origin, Origin::Flag | Origin::Sweep(_));
        self.of(place).is_some_and(|source| wins(&source.origin))
    }

    /// The text of a place once more, as that of a sweep.
    pub(crate) fn add_sweep(&mut self, place: Place) -> Option<SourceId> {
        let (folder, source) = (self.folder(place).to_owned(), self.of(place)?.clone());
        Some(self.add(Source { origin: Origin::Sweep(folder), ..source }))
    }

    /// The folder that a path written at `place` is relative to.
    pub(crate) fn folder(&self, place: Place) -> &Path {
        match self.of(place).map(|source| &source.origin) {
            Some(Origin::File(folder) | Origin::Sweep(folder)) => folder,
            _ => Path::new(""),
        }
    }
}
