//! Replaying a recorded trace.
//!
//! Rows come from an iterator that somebody else fills from a file. They are put in order of
//! arrival within a window of [`REORDER_WINDOW`] rows (fewer if they have very many `hash_ids`),
//! rescaled, cut to a part, and turned into requests. Memory is that of the window.

mod hashes;
mod reorder;

use std::num::NonZeroU32;

use tokendrome_kernel::Streams;
use tokendrome_units::{SimDuration, SimTime, SpecError, check_positive, check_range};

use self::hashes::HashBlocks;
use self::reorder::Reorder;
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
    /// Tokens that an entry of `hash_ids` stands for; none: worked out from the rows.
    pub block_size: Option<u32>,
    /// What a recorded millisecond stands for on the clock, where that counts ticks.
    pub tick: Option<SimDuration>,
}

impl Default for ReplaySpec {
    fn default() -> Self {
        Self { speedup: 1.0, start_s: 0.0, limit: None, block_size: None, tick: None }
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
        for (field, count) in [("limit", self.limit), ("block_size", self.block_size)] {
            if let Some(count) = count {
                check_positive(field, f64::from(count))?;
            }
        }
        Ok(())
    }
}

/// Rows as they are read from a file.
pub type Rows = Box<dyn Iterator<Item = Result<TraceRow, SourceError>>>;

/// The stream of requests of a trace.
pub struct Replay {
    rows: Reorder,
    blocks: HashBlocks,
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
            blocks: HashBlocks::new(spec.block_size.and_then(NonZeroU32::new)),
            start_ns: at_secs(spec.start_s)?.as_nanos(),
            arrivals: arrivals.and_then(|spec| spec.build(streams.stream("arrivals"))),
            horizon: duration_s.map(at_secs).transpose()?,
            spec,
            max_tokens,
            classes: Vec::new(),
            yielded: 0,
            has_priorities: false,
        })
    }

    fn arrival_of(&mut self, row: &TraceRow) -> Result<SimTime, SourceError> {
        match &mut self.arrivals {
            Some(arrivals) => at_secs(arrivals.next_s()),
            None => {
                let nanos = row.arrival_ns - self.start_ns;
                if let Some(tick) = self.spec.tick {
                    let ticks = nanos as f64 / 1e6 / self.spec.speedup;
                    return at_secs(ticks * tick.as_secs_f64());
                }
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
            match self.rows.next_row(&mut self.blocks)? {
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
        Ok(Some(Request {
            index: row.index,
            arrival,
            prompt_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            max_tokens: row.max_tokens.or(self.max_tokens).unwrap_or(row.output_tokens),
            priority: row.priority.unwrap_or(0),
            class: self.class_of(row.slo_class.as_deref())?,
            user: None,
            content: self.blocks.content(&row)?,
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
        if self.blocks.is_needless() {
            notices.push(
                "a size of blocks (`workload.trace.block_size`) is given, but the trace has no \
                 `hash_ids`"
                    .to_owned(),
            );
        }
        notices
    }
}

#[cfg(test)]
mod tests;
