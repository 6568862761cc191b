//! A trace as a stream of rows.

use std::fmt;
use std::io::Read;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokendrome_workload::parse::{Facts, Layout, Parser};
use tokendrome_workload::{SourceError, TraceRow};

use crate::lines::Lines;
use crate::{DatasetError, file};

/// The layout of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Told from the first line.
    #[default]
    Auto,
    /// JSON lines: ours, Mooncake's, Bailian's.
    Jsonl,
    /// Azure's CSV.
    Azure,
    /// `BurstGPT`'s CSV.
    Burstgpt,
}

impl Format {
    fn layout(self) -> Option<Layout> {
        match self {
            Self::Auto => None,
            Self::Jsonl => Some(Layout::Jsonl),
            Self::Azure => Some(Layout::Azure),
            Self::Burstgpt => Some(Layout::Burstgpt),
        }
    }
}

/// How a trace is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Its layout.
    pub format: Format,
    /// Tokens that an entry of `hash_ids` stands for; every row is checked against it. None: worked
    /// out from the rows.
    pub block_tokens: Option<NonZeroU32>,
}

/// The rows of a trace in the order of the file; after an error there are none.
///
/// Arrivals count from the first row in Azure's layout. In the others they are the row's own time,
/// or count from the first row if that is later than a day.
pub struct Trace {
    lines: Lines,
    parser: Arc<Mutex<Parser>>,
    /// Read when the trace was opened, to see that it is one.
    first: Option<TraceRow>,
    over: bool,
}

/// What a person should know of a trace, as far as its rows have been read.
///
/// It is shared with the trace and stays when that is gone. A replay reads ahead of the requests
/// that it yields, so a replay of a part may have told of rows behind it.
#[derive(Debug, Clone)]
pub struct Notices(Arc<Mutex<Parser>>);

/// Opens the trace at `path`, plain or gzipped, and reads its first request.
///
/// # Errors
/// The file cannot be read, is not a trace of this format, or its first rows are wrong.
pub fn open(path: &Path, format: Format) -> Result<Trace, DatasetError> {
    open_with(path, &Options { format, block_tokens: None })
}

/// [`open`] with all options.
///
/// # Errors
/// As for [`open`].
pub fn open_with(path: &Path, options: &Options) -> Result<Trace, DatasetError> {
    Trace::new(file::lines(path)?, options)
}

/// The trace that `reader` reads, plain or gzipped; errors and notices call it `name`.
///
/// # Errors
/// As for [`open`].
pub fn from_reader(
    name: &str,
    reader: impl Read + Send + 'static,
    options: &Options,
) -> Result<Trace, DatasetError> {
    Trace::new(file::lines_of(name.to_owned(), reader)?, options)
}

impl Trace {
    fn new(lines: Lines, options: &Options) -> Result<Self, DatasetError> {
        let parser = Parser::new(options.format.layout(), options.block_tokens);
        let parser = Arc::new(Mutex::new(parser));
        let mut trace = Self { lines, parser, first: None, over: false };
        trace.first = trace.read_row()?;
        match (&trace.first, trace.notices().facts().failed) {
            (Some(_), _) => Ok(trace),
            (None, 0) => Err(trace.lines.content_fault("the trace has no requests")),
            (None, _) => {
                let what = "the trace has no requests: all of its rows are of failed ones";
                Err(trace.lines.content_fault(what))
            }
        }
    }

    /// What there is to say of the rows read so far, here and after the trace is gone.
    #[must_use]
    pub fn notices(&self) -> Notices {
        Notices(Arc::clone(&self.parser))
    }

    /// What errors call the trace.
    #[must_use]
    pub fn name(&self) -> &str {
        self.lines.name()
    }

    /// The layout of the trace, told from its first line or as it was forced.
    ///
    /// # Panics
    /// Never: a trace is open only after its first request has been read.
    #[must_use]
    pub fn layout(&self) -> Layout {
        lock(&self.parser).layout().expect("the first line has been read")
    }

    fn read_row(&mut self) -> Result<Option<TraceRow>, DatasetError> {
        let mut parser = lock(&self.parser);
        while let Some(line) = self.lines.next_line()? {
            match parser.line(line) {
                Ok(None) => {}
                Ok(row) => return Ok(row),
                Err(error) => return Err(self.lines.fault(error.column, error.what)),
            }
        }
        Ok(None)
    }
}

impl Iterator for Trace {
    type Item = Result<TraceRow, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.first.take() {
            return Some(Ok(row));
        }
        if self.over {
            return None;
        }
        let row = self.read_row();
        self.over = !matches!(row, Ok(Some(_)));
        row.map_err(|error| SourceError(error.to_string())).transpose()
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.notices().facts();
        f.debug_struct("Trace").field("name", &self.name()).field("facts", &facts).finish()
    }
}

impl Notices {
    /// A sentence for each thing to know.
    #[must_use]
    pub fn list(&self) -> Vec<String> {
        self.facts().notices()
    }

    /// The counts behind the sentences.
    #[must_use]
    pub fn facts(&self) -> Facts {
        lock(&self.0).facts()
    }

    /// Tokens that an entry of `hash_ids` stands for, as far as the rows tell.
    #[must_use]
    pub fn block_tokens(&self) -> Option<u32> {
        self.facts().block_tokens()
    }
}

/// A parser is consistent after every line, also if somebody panicked while holding it.
fn lock(parser: &Mutex<Parser>) -> MutexGuard<'_, Parser> {
    parser.lock().unwrap_or_else(PoisonError::into_inner)
}
