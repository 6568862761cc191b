//! Drives the scheduler through a scenario and writes down what it decides.

mod overlap_loop;
mod replay;
mod sync_loop;

use std::io::Write;

use tokendrome_units::TokenRun;

use super::scenario::{Loop, Scenario};
use crate::recording::{Recording, RunError, Summary};
use crate::{ScenarioError, content};
use replay::Replay;

impl Scenario {
    /// Blocks of each request that others may have too, if blocks can be shared.
    fn contents(&self) -> Vec<Vec<TokenRun>> {
        match self.config.enable_block_reuse {
            true => content::shared(&self.requests, self.config.tokens_per_block),
            false => vec![Vec::new(); self.requests.len()],
        }
    }
}

impl Recording for Scenario {
    fn parse(text: &str) -> Result<Self, ScenarioError> {
        Self::parse(text)
    }

    fn name(&self) -> &str {
        self.name()
    }

    fn run(&self, out: &mut dyn Write) -> Result<Summary, RunError> {
        let mut replay = Replay::new(self);
        replay.write_header(out)?;
        match self.engine_loop {
            Loop::Sync => sync_loop::run(&mut replay, out),
            Loop::Overlap(device) => overlap_loop::run(&mut replay, device, out),
        }
    }
}

#[cfg(test)]
mod ordinary;
#[cfg(test)]
mod tests;
