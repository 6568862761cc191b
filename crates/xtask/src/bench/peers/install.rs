//! Installs inference-lab from crates.io.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::console::{say, succeed};
use crate::error::Error;
use crate::workspace::cargo;

const VERSION: &str = "1.0.0";

/// The program, built into a folder of its own if it is not there yet.
pub(super) fn inference_lab(folder: &Path, is_o3: bool) -> Result<PathBuf, Error> {
    let level = if is_o3 { "o3" } else { "published" };
    let root = folder.join(format!("inference-lab-{VERSION}-{level}"));
    let program = root.join("bin/inference-lab").with_extension(std::env::consts::EXE_EXTENSION);
    if program.exists() {
        return Ok(program);
    }
    say(&format!("building inference-lab {VERSION} ({level}): some minutes, once"))?;
    let mut install = Command::new(cargo());
    install.args(["install", "inference-lab", "--version", VERSION, "--locked", "--quiet"]);
    install.arg("--root").arg(&root).arg("--target-dir").arg(folder.join("build"));
    if is_o3 {
        install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3");
    }
    succeed(install, "cargo install inference-lab")?;
    Ok(program)
}
