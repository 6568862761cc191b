//! Drives the scheduler through a scenario and writes down what it decides.

mod async_loop;
mod replay;
mod sync_loop;

use std::io::{self, Write};

use thiserror::Error;
use tokendrome_units::TokenRun;

use super::content;
use super::scenario::Scenario;
use replay::Replay;

/// Steps with preemptions, with no token in or between them and nobody to come, after which there
/// is no hope of one.
const FRUITLESS_MAX: u32 = 100_000;

/// What came of a scenario, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Steps of the synchronous loop, iterations of the asynchronous one.
    pub steps: u64,
    /// Whether the run ended because nothing could be scheduled any more.
    pub is_stuck: bool,
}

/// Why a scenario was not run to its end.
#[derive(Debug, Error)]
pub enum RunError {
    /// The trace could not be written.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// Requests preempt each other for ever. So they would in vLLM, and its trace has no end.
    #[error(
        "requests preempt each other for ever, as they would in vLLM: {FRUITLESS_MAX} steps before \
         step {step} did so, and none of them yielded a token"
    )]
    Livelock {
        /// Counted from 0.
        step: u64,
    },
    /// The scenario takes longer than the clock goes.
    #[error("the clock overflows in step {step}: 2^64 ns are 584 years; make its costs smaller")]
    Clock {
        /// Counted from 0.
        step: u64,
    },
}

impl Scenario {
    /// Blocks of each request that others may have too, if blocks can be shared.
    fn contents(&self) -> Vec<Vec<TokenRun>> {
        match self.config.enable_prefix_caching {
            true => content::shared(&self.requests, self.config.block_size),
            false => vec![Vec::new(); self.requests.len()],
        }
    }

    /// Runs the scenario and writes its trace, line by line.
    ///
    /// # Errors
    /// `out` does, the clock overflows, or requests preempt each other for ever.
    pub fn run(&self, out: &mut dyn Write) -> Result<Summary, RunError> {
        let mut replay = Replay::new(self);
        replay.write_header(out)?;
        if self.config.async_scheduling {
            async_loop::run(&mut replay, out)
        } else {
            sync_loop::run(&mut replay, out)
        }
    }
}

#[cfg(test)]
mod ordinary;
#[cfg(test)]
mod tests;
