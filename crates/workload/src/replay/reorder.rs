//! Rows in order of their arrival.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::hashes::HashBlocks;
use super::{REORDER_WINDOW, Rows};
use crate::{SourceError, TraceRow};

/// Most `hash_ids` of the rows that are being put in order: 32 MiB of them. A window of long
/// prompts in small blocks has fewer rows for it.
pub(super) const WINDOW_IDS_MAX: usize = 1 << 22;

/// Puts rows in order of (arrival, place in the file) within a window.
///
/// Most traces are in order but for a few rows, so a row costs `O(1)` if it is no earlier than all
/// those before it, and `O(log late rows)` if it is.
pub(super) struct Reorder {
    rows: Rows,
    /// Rows of the window that came in order.
    in_order: VecDeque<TraceRow>,
    /// The others.
    late: BinaryHeap<Reverse<Late>>,
    /// `hash_ids` of the rows in the window.
    ids: usize,
    exhausted: bool,
    /// Largest arrival read so far, to notice disorder.
    latest_read_ns: u64,
    /// Arrival of the row yielded last: nothing earlier may follow.
    latest_yielded_ns: u64,
    /// Rows that stood out of order.
    pub(super) reordered: u64,
}

struct Late(TraceRow);

impl PartialEq for Late {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Late {}

impl PartialOrd for Late {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Late {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        key(&self.0).cmp(&key(&other.0))
    }
}

/// By what rows are put in order.
fn key(row: &TraceRow) -> (u64, u32) {
    (row.arrival_ns, row.index)
}

impl Reorder {
    pub(super) fn new(rows: Rows) -> Self {
        Self {
            rows,
            in_order: VecDeque::new(),
            late: BinaryHeap::new(),
            ids: 0,
            exhausted: false,
            latest_read_ns: 0,
            latest_yielded_ns: 0,
            reordered: 0,
        }
    }

    /// The next row, after the window has been filled up; `blocks` sees each row as it is read.
    pub(super) fn next_row(
        &mut self,
        blocks: &mut HashBlocks,
    ) -> Result<Option<TraceRow>, SourceError> {
        while !self.exhausted && !self.is_full() {
            match self.rows.next().transpose()? {
                Some(row) => {
                    blocks.admit(&row)?;
                    self.take_in(row)?;
                }
                None => self.exhausted = true,
            }
        }
        let row = self.take_out();
        if let Some(row) = &row {
            self.latest_yielded_ns = row.arrival_ns;
            self.ids -= row.hash_ids.len();
        }
        Ok(row)
    }

    fn is_full(&self) -> bool {
        let rows = self.in_order.len() + self.late.len();
        rows >= REORDER_WINDOW || self.ids >= WINDOW_IDS_MAX
    }

    /// The first row of the window.
    fn take_out(&mut self) -> Option<TraceRow> {
        match (self.in_order.front(), self.late.peek()) {
            (Some(next), Some(Reverse(Late(late)))) if key(next) < key(late) => {
                self.in_order.pop_front()
            }
            (_, Some(_)) => self.late.pop().map(|Reverse(Late(row))| row),
            (_, None) => self.in_order.pop_front(),
        }
    }

    fn take_in(&mut self, row: TraceRow) -> Result<(), SourceError> {
        if row.arrival_ns < self.latest_yielded_ns {
            return Err(SourceError(format!(
                "row {} arrives at {:.3} s, which is before a request at {:.3} s that has been \
                 replayed already: rows are put in order only within {REORDER_WINDOW} of them (or \
                 {WINDOW_IDS_MAX} `hash_ids`); sort the trace by arrival time",
                row.index + 1,
                row.arrival_ns as f64 / 1e9,
                self.latest_yielded_ns as f64 / 1e9,
            )));
        }
        self.reordered += u64::from(row.arrival_ns < self.latest_read_ns);
        self.latest_read_ns = self.latest_read_ns.max(row.arrival_ns);
        self.ids += row.hash_ids.len();
        match self.in_order.back() {
            Some(last) if key(&row) < key(last) => self.late.push(Reverse(Late(row))),
            _ => self.in_order.push_back(row),
        }
        Ok(())
    }
}
