//! Drives the scheduler through a scenario and writes down what it decides.

mod async_loop;
mod replay;
mod sync_loop;

use std::io::Write;

use tokendrome_units::TokenRun;

use super::scenario::Scenario;
use crate::recording::{FRUITLESS_MAX, Recording, RunError, Summary};
use crate::{ScenarioError, content};
use replay::Replay;

impl Scenario {
    /// Blocks of each request that others may have too, if blocks can be shared.
    fn contents(&self) -> Vec<Vec<TokenRun>> {
        match self.config.enable_prefix_caching {
            true => content::shared(&self.requests, self.config.block_size),
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
