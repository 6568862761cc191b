//! `tokendrome completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::console::Console;
use crate::failure::Failure;

pub(crate) fn execute(shell: Shell, console: &Console) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tokendrome", &mut script);
    console.print(&String::from_utf8_lossy(&script))
}
