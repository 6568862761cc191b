//! The arguments of every command that simulates.

use std::num::NonZeroUsize;

use clap::Args;
use tokendrome_explore::Threads;

use crate::console::Console;

/// How runs take place, and what is shown of them.
#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// Most threads that runs take place on, of which there are at most four for each core;
    /// default: as many as the machine has cores.
    #[arg(long, value_name = "N", help_heading = "Options", value_parser = threads)]
    threads: Option<NonZeroUsize>,
    /// Show no progress, only what comes out.
    #[arg(short, long, help_heading = "Options")]
    pub(crate) quiet: bool,
}

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "a whole number from 1 is wanted".to_owned())
}

impl RunsArgs {
    pub(crate) fn threads(&self) -> Threads {
        self.threads.map_or_else(Threads::all, Threads::new)
    }

    /// Whether somebody wants to see how it goes.
    pub(crate) fn shows_progress(&self, console: &Console) -> bool {
        console.is_watched && !self.quiet
    }
}
