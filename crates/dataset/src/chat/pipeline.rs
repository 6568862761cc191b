//! Threads that tokenise, and the stream of rows that comes of it.

use std::collections::VecDeque;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::vec;

use tokendrome_workload::{SourceError, TraceRow};

use super::encoder::{Encoder, Pieces};
use super::facts::ChatFacts;
use super::options::Options;
use super::prompter::{Done, Prompter, nothing_in};
use super::records::{Chunk, Records};
use super::template::{self, Template, find};
use super::tokens;
use crate::DatasetError;
use crate::file::{self, Input};

/// Chunks that wait for a thread, or to be taken from it: so many that it need not wait while the
/// rows of others are used.
const AHEAD: usize = 4;

/// Stack of a thread. Templates may call themselves.
const STACK_BYTES: usize = 8 << 20;

/// The requests of a dataset in the order of the file; after an error there are none.
///
/// Rows have no times: whoever uses them says when they arrive. Their `output_tokens` are those of
/// the recorded answers if these were asked for, `max_tokens` where a request goes on to its limit,
/// and otherwise 0: the workload draws them.
pub struct Chats {
    records: Records,
    workers: Vec<Worker>,
    /// Threads whose results are due, in order.
    due: VecDeque<usize>,
    next_worker: usize,
    ready: vec::IntoIter<TraceRow>,
    rows: u32,
    /// Comes after what is due.
    fault: Option<DatasetError>,
    is_read: bool,
    facts: Arc<Mutex<ChatFacts>>,
}

/// One thread. It ends when nobody has work for it any more.
struct Worker {
    work: SyncSender<Chunk>,
    done: Receiver<Done>,
}

/// What a person should know of a dataset, as far as it has been read. It is shared with the
/// dataset and stays when that is gone.
#[derive(Debug, Clone)]
pub struct Notices(Arc<Mutex<ChatFacts>>);

/// Opens the dataset at `path` and reads its first requests.
///
/// # Errors
/// The dataset, the tokenizer or the chat template cannot be read, are not such, or the first
/// requests are wrong.
pub fn open(path: &Path, options: &Options) -> Result<Chats, DatasetError> {
    let (name, input) = file::input(path)?;
    Chats::new(name, input, options)
}

/// The files that the rows of the dataset at `path` depend on: itself, the tokenizer, and what of
/// chat templates is there.
#[must_use]
pub fn files(path: &Path, options: &Options) -> Vec<PathBuf> {
    let mut files = vec![path.to_owned()];
    files.extend(template::files(&options.chat_template, &options.tokenizer));
    files
}

/// The dataset that `reader` reads, plain or gzipped; errors call it `name`.
///
/// # Errors
/// As for [`open`].
pub fn from_reader(
    name: &str,
    reader: impl Read + Send + 'static,
    options: &Options,
) -> Result<Chats, DatasetError> {
    Chats::new(name.to_owned(), file::input_of(name, reader)?, options)
}

impl Chats {
    fn new(name: String, input: Input, options: &Options) -> Result<Self, DatasetError> {
        let template = find(&options.chat_template, &options.tokenizer)?;
        let template = Template::new(template)
            .map_err(|error| DatasetError::Content { name: name.clone(), what: error.0 })?;
        let tokenizer = tokens::load(&options.tokenizer)?;
        let encoder = Encoder::new(tokenizer).map_err(|what| DatasetError::Content {
            name: options.tokenizer.display().to_string(),
            what,
        })?;
        let prompter = Prompter { name: name.clone(), encoder, template, options: options.clone() };
        let prompter = Arc::new(prompter);
        let start = |_| Worker::start(&prompter);
        let workers: Result<Vec<Worker>, _> = (0..options.threads.get()).map(start).collect();
        let workers = workers.map_err(|source| DatasetError::Unreadable {
            name: name.clone(),
            line: 0,
            source,
        })?;
        let mut chats = Self {
            records: Records::new(name, input),
            workers,
            due: VecDeque::new(),
            next_worker: 0,
            ready: Vec::new().into_iter(),
            rows: 0,
            fault: None,
            is_read: false,
            facts: Arc::default(),
        };
        if chats.fetch()? {
            return Ok(chats);
        }
        let what = match chats.records.is_blank() {
            true => "the file is empty",
            false => nothing_in(options.format),
        };
        let name = chats.records.name().to_owned();
        Err(DatasetError::Content { name, what: what.to_owned() })
    }

    /// What there is to say of the entries read so far, here and after the dataset is gone.
    #[must_use]
    pub fn notices(&self) -> Notices {
        Notices(Arc::clone(&self.facts))
    }

    /// What errors call the dataset.
    #[must_use]
    pub fn name(&self) -> &str {
        self.records.name()
    }

    /// Makes rows ready, unless some are; false: there are no more.
    fn fetch(&mut self) -> Result<bool, DatasetError> {
        while self.ready.as_slice().is_empty() {
            self.send();
            let Some(worker) = self.due.pop_front() else {
                return self.fault.take().map_or(Ok(false), Err);
            };
            let done = self.workers[worker].done.recv();
            let done = done.expect("a thread that tokenises ends only when its work does");
            *lock(&self.facts) += done.facts;
            self.ready = done.rows.into_iter();
            if let Some(error) = done.error {
                self.due.clear();
                (self.is_read, self.fault) = (true, Some(error));
            }
        }
        Ok(true)
    }

    /// Gives the threads what they can take.
    fn send(&mut self) {
        while !self.is_read && self.due.len() < self.workers.len() * AHEAD {
            match self.records.next_chunk() {
                Ok(Some(chunk)) => {
                    let sent = self.workers[self.next_worker].work.send(chunk);
                    sent.expect("a thread that tokenises ends only when its work does");
                    self.due.push_back(self.next_worker);
                    self.next_worker = (self.next_worker + 1) % self.workers.len();
                }
                Ok(None) => self.is_read = true,
                Err(error) => (self.is_read, self.fault) = (true, Some(error)),
            }
        }
    }
}

impl Iterator for Chats {
    type Item = Result<TraceRow, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.fetch() {
            Ok(false) => None,
            Ok(true) => {
                let mut row = self.ready.next().expect("rows are ready");
                row.index = self.rows;
                self.rows += 1;
                Some(Ok(row))
            }
            Err(error) => {
                (self.is_read, self.fault) = (true, None);
                Some(Err(SourceError(error.to_string())))
            }
        }
    }
}

impl fmt::Debug for Chats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = *lock(&self.facts);
        f.debug_struct("Chats").field("name", &self.name()).field("facts", &facts).finish()
    }
}

impl Worker {
    fn start(prompter: &Arc<Prompter>) -> std::io::Result<Self> {
        let (work, chunks) = sync_channel::<Chunk>(AHEAD);
        let (results, done) = sync_channel(AHEAD);
        let prompter = Arc::clone(prompter);
        let thread = thread::Builder::new().name("tokenizer".to_owned()).stack_size(STACK_BYTES);
        thread.spawn(move || {
            let mut known = Pieces::default();
            for chunk in chunks {
                if results.send(prompter.work(&chunk, &mut known)).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { work, done })
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
    pub fn facts(&self) -> ChatFacts {
        *lock(&self.0)
    }
}

/// Counts are consistent at any time, also if somebody panicked while holding them.
fn lock(facts: &Mutex<ChatFacts>) -> MutexGuard<'_, ChatFacts> {
    facts.lock().unwrap_or_else(PoisonError::into_inner)
}
