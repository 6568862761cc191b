//! One run in motion: a page that plays it in a browser, forth and back.
//!
//! A [`Collector`] sees the run and keeps a bounded part of it, whatever the run's length: the
//! requests and iterations of a [`Window`] of time, and of these no more than [`REQUESTS_MAX`],
//! [`CARRIED_MAX`] and [`ITERATIONS_MAX`]. Where there are more, the window ends earlier, so that
//! whatever is shown of a moment is whole. The page holds times, lengths and counts as columns of
//! whole numbers; its script finds the state of any moment in them.
//!
//! Observers are not told which requests an iteration computes. The page shows the counts of each
//! iteration, and the phase of each request from its record.

mod collect;
mod data;
mod first;
mod page;
mod window;

use std::io::{self, Write};

use tokendrome::Report;

pub use collect::Collector;
pub use window::{Window, WindowError};

use crate::number::grouped;

/// Most requests that arrive during the window.
pub const REQUESTS_MAX: usize = 2_000;
/// Most requests that are there when the window begins.
pub const CARRIED_MAX: usize = 20_000;
/// Most iterations.
pub const ITERATIONS_MAX: usize = 20_000;

/// What is shown of a run, and what is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Animation {
    shown: collect::Shown,
}

impl Animation {
    /// What the page lacks because there is too much of it, as a sentence; none if nothing.
    #[must_use]
    pub fn left_out(&self, report: &Report) -> Option<String> {
        let shown = &self.shown;
        let time = |of: u64| shown.told(of, report);
        let mut sentences = Vec::new();
        if shown.is_cut {
            sentences.push(format!(
                "the animation shows {} of {} requests and {} of {} iterations, from {} to {} of \
                 {}: another part begins at --animation-from",
                grouped(shown.requests.len() as u64),
                grouped(shown.requests_seen),
                grouped(shown.iterations.len() as u64),
                grouped(shown.iterations_seen),
                time(shown.from),
                time(shown.until),
                time(shown.run_end),
            ));
        }
        if shown.carried_left_out > 0 {
            sentences.push(format!(
                "{} more requests are there when the animation begins, and not shown: those that \
                 arrived last",
                grouped(shown.carried_left_out)
            ));
        }
        if shown.from > shown.run_end {
            sentences.push(format!(
                "the animation is empty: it begins at {}, and the run ended at {}",
                time(shown.from),
                time(shown.run_end)
            ));
        }
        (!sentences.is_empty()).then(|| sentences.join("; "))
    }

    /// Writes the page.
    ///
    /// # Errors
    /// `out` fails.
    pub fn write(&self, report: &Report, out: &mut impl Write) -> io::Result<()> {
        out.write_all(page::page(self, report).as_bytes())
    }
}

#[cfg(test)]
mod tests;
