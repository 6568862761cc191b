//! The Python that runs the project's tools.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::console::succeed;
use crate::error::Error;
use crate::workspace::output_of;

const VERSION_MIN: (u32, u32) = (3, 11);

/// The interpreter's path or name: the variable `PYTHON`, or `python3`.
pub(crate) fn program() -> String {
    std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Is it there, and new enough?
pub(crate) fn check_version() -> Result<(), Error> {
    let program = program();
    let mut python = Command::new(&program);
    python.args(["-c", "import sys; print(*sys.version_info[:3], sep='.')"]);
    let printed = output_of(python).map_err(|error| match error {
        Error::Start { source, .. } => Error::Python(format!("cannot start `{program}`: {source}")),
        other => Error::Python(other.to_string()),
    })?;
    if is_new_enough(printed.trim()) {
        Ok(())
    } else {
        Err(Error::Python(format!("`{program}` is Python {}", printed.trim())))
    }
}

/// Makes an environment in an empty folder.
pub(crate) fn make_environment(folder: &Path) -> Result<(), Error> {
    let mut venv = Command::new(program());
    venv.args(["-m", "venv"]).arg(folder);
    succeed(venv, "python3 -m venv").map_err(|error| Error::Environment {
        what: error.to_string(),
        hint: "Debian and Ubuntu have the module venv in a package of its own, python3-venv.",
    })
}

/// A program of an environment, such as its interpreter `python`.
pub(crate) fn program_of(environment: &Path, name: &str) -> PathBuf {
    let folder = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    folder.join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

/// `version` as in `3.11.7`.
fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) >= VERSION_MIN,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, expect) in [
            ("3.11.0", true),
            ("3.14.2", true),
            ("4.0.0", true),
            ("3.9.18", false),
            ("2.7.18", false),
            ("", false),
        ] {
            assert_eq!(is_new_enough(version), expect, "{version}");
        }
    }
}
