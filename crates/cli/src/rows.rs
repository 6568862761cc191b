//! The rows of the file that a workload names: of a trace, or of a dataset of prompts.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokendrome::workload::Rows;
use tokendrome::{
    ChatTemplate, DatasetFormat, DatasetSpec, DatasetTurns, Scenario, TraceFormat, TraceSpec,
};
use tokendrome_dataset::chat::{self, SharedChats, TemplateChoice, Turns};
use tokendrome_dataset::{self as dataset, DatasetError, Trace};

use crate::failure::Failure;

/// What is found while rows are read.
#[derive(Debug)]
pub(crate) enum Notices {
    Trace(dataset::Notices),
    Dataset(chat::Notices),
}

impl Notices {
    /// A sentence for each thing to know, of the rows read so far.
    pub(crate) fn list(&self) -> Vec<String> {
        match self {
            Self::Trace(notices) => notices.list(),
            Self::Dataset(notices) => notices.list(),
        }
    }
}

/// The rows of a resolved scenario for one run, if it has any, and what is found while they are
/// read.
pub(crate) fn rows_of(resolved: &Scenario) -> Result<Option<(Rows, Notices)>, Failure> {
    if let Some(trace) = rows_of_trace(resolved)? {
        return Ok(Some(trace));
    }
    let Some((path, options)) = dataset(resolved) else { return Ok(None) };
    let chats = chat::open(path, &options).map_err(failure)?;
    let notices = Notices::Dataset(chats.notices());
    Ok(Some((Box::new(chats), notices)))
}

/// The rows of datasets for many runs: each dataset is tokenised once.
#[derive(Debug, Default)]
pub(crate) struct SharedRows(Mutex<Vec<(PathBuf, chat::Options, SharedChats)>>);

impl SharedRows {
    /// As [`rows_of`].
    pub(crate) fn of(&self, resolved: &Scenario) -> Result<Option<(Rows, Notices)>, Failure> {
        let Some((path, options)) = dataset(resolved) else { return rows_of_trace(resolved) };
        // A dataset is in the list only once it is open.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |of: &&(PathBuf, chat::Options, _)| of.0 == path && of.1 == options;
        let shared = match known.iter().find(is_same) {
            Some((_, _, shared)) => shared.clone(),
            None => {
                let shared = SharedChats::new(chat::open(path, &options).map_err(failure)?);
                known.push((path.to_owned(), options, shared.clone()));
                shared
            }
        };
        Ok(Some((Box::new(shared.rows()), Notices::Dataset(shared.notices()))))
    }
}

/// The files that the rows of a scenario depend on.
pub(crate) fn files(scenario: &Scenario) -> Vec<PathBuf> {
    match (&scenario.workload.trace, dataset(scenario)) {
        (Some(trace), _) => vec![PathBuf::from(&trace.path)],
        (None, Some((path, options))) => chat::files(path, &options),
        (None, None) => Vec::new(),
    }
}

/// Reads files one after the other, each with its name but for the first.
pub(crate) fn open_all(files: &[PathBuf]) -> Result<Box<dyn Read>, Failure> {
    let mut all: Box<dyn Read> = Box::new(io::empty());
    for (place, path) in files.iter().enumerate() {
        let file = File::open(path).map_err(|error| {
            Failure::usage(format!("cannot read `{}`: {error}", path.display()))
        })?;
        if place > 0 {
            all = Box::new(all.chain(Cursor::new(format!("\n{}\n", path.display()))));
        }
        all = Box::new(all.chain(file));
    }
    Ok(all)
}

fn rows_of_trace(resolved: &Scenario) -> Result<Option<(Rows, Notices)>, Failure> {
    let Some(spec) = &resolved.workload.trace else { return Ok(None) };
    let trace = open_trace(spec).map_err(failure)?;
    let notices = Notices::Trace(trace.notices());
    Ok(Some((Box::new(trace), notices)))
}

fn open_trace(spec: &TraceSpec) -> Result<Trace, DatasetError> {
    let format = match spec.format {
        TraceFormat::Auto => dataset::Format::Auto,
        TraceFormat::Jsonl => dataset::Format::Jsonl,
        TraceFormat::Azure => dataset::Format::Azure,
        TraceFormat::Burstgpt => dataset::Format::Burstgpt,
    };
    let block_tokens = spec.block_size.and_then(NonZeroU32::new);
    dataset::open_with(Path::new(&spec.path), &dataset::Options { format, block_tokens })
}

/// The dataset of a resolved scenario, if it has one, and how it is read.
fn dataset(resolved: &Scenario) -> Option<(&Path, chat::Options)> {
    let spec: &DatasetSpec = resolved.workload.dataset.as_ref()?;
    let options = chat::Options {
        format: match spec.format {
            DatasetFormat::Auto => chat::Format::Auto,
            DatasetFormat::Openai => chat::Format::Openai,
            DatasetFormat::Sharegpt => chat::Format::Sharegpt,
        },
        tokenizer: spec.tokenizer.as_ref()?.into(),
        chat_template: match spec.chat_template.as_deref().map(ChatTemplate::of) {
            None => TemplateChoice::Beside,
            Some(ChatTemplate::None) => TemplateChoice::None,
            Some(ChatTemplate::Inline(text)) => TemplateChoice::Inline(text.to_owned()),
            Some(ChatTemplate::File(path)) => TemplateChoice::File(path.into()),
        },
        turns: match spec.turns {
            DatasetTurns::First => Turns::First,
            DatasetTurns::Last => Turns::Last,
            DatasetTurns::All => Turns::All,
        },
        answers: resolved.workload.output_tokens.is_none(),
        block_tokens: resolved.shared_block_tokens().and_then(NonZeroU32::new),
        threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    Some((Path::new(&spec.path), options))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failure(error: DatasetError) -> Failure {
    Failure::usage(error.to_string())
}
