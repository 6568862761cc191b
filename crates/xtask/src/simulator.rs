//! The simulator as a program, built for speed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::console::{say, succeed};
use crate::error::Error;
use crate::workspace::{Workspace, cargo};

/// Runs the simulator; `shown` is what errors call the command.
pub(crate) fn run(mut command: Command, shown: &str) -> Result<(), Error> {
    let shown = shown.to_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) if status.code() == Some(2) => {
            Err(Error::Usage(format!("`{shown}` cannot be run as it is")))
        }
        Ok(status) => Err(Error::Step { command: shown, status: status.to_string() }),
        Err(source) => Err(Error::Start { command: shown, source }),
    }
}

/// Builds the simulator for speed; the path of the program.
pub(crate) fn build(root: &Path) -> Result<PathBuf, Error> {
    say("building the simulator")?;
    let mut build = Command::new(cargo());
    build.args(["build", "--release", "--locked", "--package", "tokendrome-cli"]);
    build.current_dir(root);
    succeed(build, "cargo build --release --locked --package tokendrome-cli")?;
    let program = Workspace::load(root)?.target.join("release/tokendrome");
    Ok(program.with_extension(std::env::consts::EXE_EXTENSION))
}
