//! A dataset that many runs use is tokenised once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokendrome_workload::{SourceError, TraceRow};

use super::pipeline::{Chats, Notices};

/// Rows that a run takes at once.
const TAKEN: usize = 256;

/// The rows of a dataset for any number of runs, on any threads. They are read as far as the run
/// that wants most of them, and kept: 8 bytes for each block of a prompt, and 120 for a row.
#[derive(Debug, Clone)]
pub struct SharedChats(Arc<Mutex<Kept>>);

#[derive(Debug)]
struct Kept {
    rows: Vec<TraceRow>,
    rest: Chats,
    /// What ended the reading.
    fault: Option<SourceError>,
}

impl SharedChats {
    /// Keeps the rows of a dataset.
    #[must_use]
    pub fn new(chats: Chats) -> Self {
        Self(Arc::new(Mutex::new(Kept { rows: Vec::new(), rest: chats, fault: None })))
    }

    /// The rows from the first on.
    pub fn rows(&self) -> impl Iterator<Item = Result<TraceRow, SourceError>> + 'static {
        let kept = Arc::clone(&self.0);
        let (mut taken, mut place) = (Vec::new().into_iter(), 0);
        std::iter::from_fn(move || {
            if let Some(row) = taken.next() {
                return Some(Ok(row));
            }
            let mut kept = lock(&kept);
            kept.read_to(place + TAKEN);
            let rows = kept.rows[place..].iter().take(TAKEN);
            taken = rows.cloned().collect::<Vec<TraceRow>>().into_iter();
            place += taken.len();
            match (taken.next(), &kept.fault) {
                (Some(row), _) => Some(Ok(row)),
                (None, Some(fault)) => Some(Err(fault.clone())),
                (None, None) => None,
            }
        })
    }

    /// What there is to say of the entries read so far.
    #[must_use]
    pub fn notices(&self) -> Notices {
        lock(&self.0).rest.notices()
    }
}

impl Kept {
    fn read_to(&mut self, rows: usize) {
        while self.rows.len() < rows && self.fault.is_none() {
            match self.rest.next() {
                Some(Ok(row)) => self.rows.push(row),
                Some(Err(fault)) => self.fault = Some(fault),
                None => break,
            }
        }
    }
}

/// Rows are only ever added, so they are right also if somebody panicked while holding them.
fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
