//! A run as a timeline, in the trace event format that <https://ui.perfetto.dev> and
//! `chrome://tracing` open.
//!
//! Every replica is a process with a row of its iterations (further rows if several are in flight
//! at once) and counters of what it holds. The trace is written while the run goes on: memory does
//! not grow with it. Times are microseconds with the clock's nanoseconds as decimals.

mod event;

use std::io::{self, Write};

use tokendrome::TimeUnit;
use tokendrome::units::{Id, SimTime};
use tokendrome_metrics::{Iteration, Observer};

/// Writes the timeline of the run that it observes.
///
/// After an error nothing more is written; [`TimelineWriter::finish`] returns it.
#[derive(Debug)]
pub struct TimelineWriter<W: Write> {
    out: W,
    unit: TimeUnit,
    replicas: Vec<Replica>,
    is_empty: bool,
    error: Option<io::Error>,
}

/// What was written of a replica.
#[derive(Debug, Default)]
struct Replica {
    is_named: bool,
    /// End of the last iteration in each row.
    rows: Vec<SimTime>,
    counters: Option<Counters>,
}

/// What a replica holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counters {
    waiting: u32,
    running: u32,
    /// KV blocks in use, in hundredths of a per cent.
    kv_use: u64,
}

impl Counters {
    fn of(iteration: &Iteration) -> Self {
        let kv_use = u128::from(iteration.kv_blocks) * 10_000;
        Self {
            waiting: iteration.waiting,
            running: iteration.running,
            // At most 10,000.
            kv_use: kv_use.checked_div(u128::from(iteration.kv_blocks_total)).unwrap_or(0) as u64,
        }
    }
}

impl Replica {
    /// When the replica was last seen to execute.
    fn busy_until(&self) -> SimTime {
        self.rows.iter().copied().max().unwrap_or(SimTime::ZERO)
    }

    /// The row in which an iteration overlaps no other, and whether it is a new one.
    fn place(&mut self, iteration: &Iteration) -> (usize, bool) {
        let free = self.rows.iter().position(|&end| end <= iteration.start);
        let row = free.unwrap_or(self.rows.len());
        if free.is_none() {
            self.rows.push(iteration.end);
        }
        self.rows[row] = iteration.end;
        (row, free.is_none())
    }
}

impl<W: Write> TimelineWriter<W> {
    /// Begins a timeline of a run whose clock counts `unit`: a tick is shown as a millisecond.
    /// `out` is written to in small pieces: it should have a buffer.
    #[must_use]
    pub fn new(out: W, unit: TimeUnit) -> Self {
        let mut timeline = Self { out, unit, replicas: Vec::new(), is_empty: true, error: None };
        timeline.keep_error(|out| out.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":["));
        timeline
    }

    /// Ends the timeline, wherever the run has come to, and returns what it was written to.
    ///
    /// # Errors
    /// The first error of writing.
    pub fn finish(mut self) -> io::Result<W> {
        for number in 0..self.replicas.len() {
            if self.replicas[number].is_named {
                let end = self.replicas[number].busy_until();
                self.count(number, end, Counters::default());
            }
        }
        self.keep_error(|out| out.write_all(b"\n]}\n"));
        self.keep_error(Write::flush);
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.out),
        }
    }

    fn keep_error(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) {
        if self.error.is_none() {
            self.error = write(&mut self.out).err();
        }
    }

    /// Writes one event on a line of its own.
    fn event(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) {
        let separator: &[u8] = if self.is_empty { b"\n" } else { b",\n" };
        self.is_empty = false;
        self.keep_error(|out| {
            out.write_all(separator)?;
            write(out)
        });
    }

    /// Writes the counters of a replica from `time` on, where they change.
    fn count(&mut self, number: usize, time: SimTime, counters: Counters) {
        let before = self.replicas[number].counters.replace(counters);
        for (name, of) in event::COUNTERS {
            let value = of(&counters);
            if before.as_ref().map(of).as_ref() != Some(&value) {
                self.event(|out| event::counter(out, number, name, time, &value));
            }
        }
    }

    /// The iteration with its times as they are shown.
    fn shown(&self, of: &Iteration) -> Iteration {
        let millisecond = u128::from(self.unit.millisecond().as_nanos());
        let shown = |time: SimTime| {
            let nanos = u128::from(time.as_nanos()) * 1_000_000 / millisecond;
            // No more than before.
            SimTime::from_nanos(nanos as u64)
        };
        Iteration {
            start: shown(of.start),
            end: shown(of.end),
            delivered: shown(of.delivered),
            ..*of
        }
    }

    /// The number of the iteration's replica, which gets its name when it is first seen.
    fn replica(&mut self, iteration: &Iteration) -> usize {
        let number = iteration.replica.index();
        if self.replicas.len() <= number {
            self.replicas.resize_with(number + 1, Replica::default);
        }
        if !self.replicas[number].is_named {
            self.replicas[number].is_named = true;
            self.event(|out| event::process_name(out, number));
        }
        number
    }
}

impl<W: Write> Observer for TimelineWriter<W> {
    fn sees_iterations(&self) -> bool {
        true
    }

    fn iteration(&mut self, iteration: &Iteration) {
        if self.error.is_some() {
            return;
        }
        let iteration = &self.shown(iteration);
        let number = self.replica(iteration);
        let busy_until = self.replicas[number].busy_until();
        if busy_until < iteration.start {
            // What executes nothing holds nothing, as far as an observer of iterations can see.
            self.count(number, busy_until, Counters::default());
        }
        let (row, is_new) = self.replicas[number].place(iteration);
        if is_new {
            self.event(|out| event::thread_name(out, number, row));
        }
        self.event(|out| event::iteration(out, row, iteration));
        self.count(number, iteration.start, Counters::of(iteration));
    }
}

#[cfg(test)]
mod tests;
