//! Replaying a recorded trace.
//!
//! Rows come from an iterator that somebody else fills from a file. They are put in order of
//! arrival within a window of [`REORDER_WINDOW`] rows, rescaled, cut to a part, and turned into
//! requests. Memory is that of the window.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tokendrome_kernel::Streams;
use tokendrome_units::{SimTime, SpecError, check_positive, check_range};

use crate::request::at_secs;
use crate::{Arrivals, ArrivalsSpec, ClassId, Request, Source, SourceError, TraceRow};

/// How far ahead rows out of order are sorted, in rows.
pub const REORDER_WINDOW: usize = 65_536;

/// Which part of a trace is replayed, and how fast.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplaySpec {
    /// How many times faster than recorded the requests arrive: at 2 all gaps are halved.
    pub speedup: f64,
    /// Rows that arrive earlier than this, in seconds of the recording, are left out; what arrives
    /// at it arrives at 0.
    pub start_s: f64,
    /// Most requests to replay; none: all.
    pub limit: Option<u32>,
}

impl Default for ReplaySpec {
    fn default() -> Self {
        Self { speedup: 1.0, start_s: 0.0, limit: None }
    }
}

impl ReplaySpec {
    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        check_positive("speedup", self.speedup)?;
        check_range("start_s", self.start_s, 0.0, 1e9)?;
        match self.limit {
            Some(limit) => check_positive("limit", f64::from(limit)),
            None => Ok(()),
        }
    }
}

/// Rows as they are read from a file.
pub type Rows = Box<dyn Iterator<Item = Result<TraceRow, SourceError>>>;

/// The stream of requests of a trace.
pub struct Replay {
    rows: Reorder,
    spec: ReplaySpec,
    start_ns: u64,
    /// Replaces the recorded times, where given.
    arrivals: Option<Arrivals>,
    /// Nothing arrives after this.
    horizon: Option<SimTime>,
    /// Limit of rows that bring none.
    max_tokens: Option<u32>,
    classes: Vec<String>,
    yielded: u32,
    /// Requests that said which prompts begin alike.
    with_hashes: u32,
    has_priorities: bool,
}

impl Replay {
    /// Replays `rows`. `arrivals`, an open loop, replaces the recorded times; `duration_s` ends the
    /// workload; `max_tokens` limits rows that bring no limit of their own.
    ///
    /// # Errors
    /// A time beyond the clock's range.
    pub fn new(
        rows: Rows,
        spec: ReplaySpec,
        arrivals: Option<&ArrivalsSpec>,
        duration_s: Option<f64>,
        max_tokens: Option<u32>,
        streams: &Streams,
    ) -> Result<Self, SourceError> {
        Ok(Self {
            rows: Reorder::new(rows),
            start_ns: at_secs(spec.start_s)?.as_nanos(),
            arrivals: arrivals.and_then(|spec| spec.build(streams.stream("arrivals"))),
            horizon: duration_s.map(at_secs).transpose()?,
            spec,
            max_tokens,
            classes: Vec::new(),
            yielded: 0,
            with_hashes: 0,
            has_priorities: false,
        })
    }

    fn arrival_of(&mut self, row: &TraceRow) -> Result<SimTime, SourceError> {
        match &mut self.arrivals {
            Some(arrivals) => at_secs(arrivals.next_s()),
            None => {
                let nanos = row.arrival_ns - self.start_ns;
                // Unchanged times stay exact, however long the trace.
                if self.spec.speedup == 1.0 {
                    return Ok(SimTime::from_nanos(nanos));
                }
                at_secs(nanos as f64 / 1e9 / self.spec.speedup)
            }
        }
    }

    fn class_of(&mut self, name: Option<&str>) -> Result<ClassId, SourceError> {
        let name = name.unwrap_or_default();
        let known = self.classes.iter().position(|class| class == name);
        let position = known.unwrap_or_else(|| {
            self.classes.push(name.to_owned());
            self.classes.len() - 1
        });
        u16::try_from(position)
            .map(ClassId)
            .map_err(|_| SourceError("the trace has more than 65,536 SLO classes".to_owned()))
    }
}

impl Source for Replay {
    fn next_request(&mut self) -> Result<Option<Request>, SourceError> {
        if self.spec.limit.is_some_and(|limit| self.yielded >= limit) {
            return Ok(None);
        }
        let row = loop {
            match self.rows.next_row()? {
                None => return Ok(None),
                Some(row) if row.arrival_ns >= self.start_ns => break row,
                Some(_) => {}
            }
        };
        let arrival = self.arrival_of(&row)?;
        if self.horizon.is_some_and(|horizon| arrival > horizon) {
            return Ok(None);
        }
        self.yielded += 1;
        self.has_priorities |= row.priority.is_some_and(|priority| priority != 0);
        self.with_hashes += u32::from(!row.hash_ids.is_empty());
        Ok(Some(Request {
            index: row.index,
            arrival,
            prompt_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            max_tokens: row.max_tokens.or(self.max_tokens).unwrap_or(row.output_tokens),
            priority: row.priority.unwrap_or(0),
            class: self.class_of(row.slo_class.as_deref())?,
            user: None,
            content: Vec::new(),
        }))
    }

    fn classes(&self) -> Vec<String> {
        self.classes.clone()
    }

    fn has_priorities(&self) -> bool {
        self.has_priorities
    }

    fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.rows.reordered > 0 {
            let (n, plural) =
                (self.rows.reordered, if self.rows.reordered == 1 { "" } else { "s" });
            notices.push(format!(
                "{n} row{plural} of the trace stood out of order of arrival and were put in order"
            ));
        }
        if self.with_hashes > 0 {
            notices.push(
                "the trace says which prompts begin alike (hash_ids), but every prompt is computed \
                 whole: prefix caching is not modelled yet"
                    .to_owned(),
            );
        }
        notices
    }
}

/// Puts rows in order of (arrival, place in the file) within a window.
struct Reorder {
    rows: Rows,
    window: BinaryHeap<Reverse<Ordered>>,
    exhausted: bool,
    /// Largest arrival read so far, to notice disorder.
    latest_read_ns: u64,
    /// Arrival of the row yielded last: nothing earlier may follow.
    latest_yielded_ns: u64,
    reordered: u64,
}

struct Ordered(TraceRow);

impl Ordered {
    fn key(&self) -> (u64, u32) {
        (self.0.arrival_ns, self.0.index)
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Reorder {
    fn new(rows: Rows) -> Self {
        Self {
            rows,
            window: BinaryHeap::new(),
            exhausted: false,
            latest_read_ns: 0,
            latest_yielded_ns: 0,
            reordered: 0,
        }
    }

    fn next_row(&mut self) -> Result<Option<TraceRow>, SourceError> {
        while !self.exhausted && self.window.len() < REORDER_WINDOW {
            let Some(row) = self.rows.next().transpose()? else {
                self.exhausted = true;
                break;
            };
            if row.arrival_ns < self.latest_yielded_ns {
                return Err(SourceError(format!(
                    "row {} arrives at {:.3} s, more than {REORDER_WINDOW} rows after rows that \
                     arrive later (at {:.3} s): sort the trace by arrival time",
                    row.index + 1,
                    row.arrival_ns as f64 / 1e9,
                    self.latest_yielded_ns as f64 / 1e9,
                )));
            }
            self.reordered += u64::from(row.arrival_ns < self.latest_read_ns);
            self.latest_read_ns = self.latest_read_ns.max(row.arrival_ns);
            self.window.push(Reverse(Ordered(row)));
        }
        let row = self.window.pop().map(|Reverse(Ordered(row))| row);
        if let Some(row) = &row {
            self.latest_yielded_ns = row.arrival_ns;
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests;
