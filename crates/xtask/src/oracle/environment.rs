//! The Python environment that vLLM is installed in.
//!
//! It is made in a folder of ours, whose mark holds the requirements only when all of them are
//! installed. So one that was broken off, by Ctrl-C say, is made anew, and so is one for other
//! requirements. An environment that somebody else made is used as it is, if it has the packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::folder::{Folder, is_vacant};
use crate::console::{say, succeed};
use crate::error::Error;
use crate::python;
use crate::workspace::output_of;

/// The interpreter of an environment with what the file `requirements` asks for.
pub(super) fn ensure(folder: &Path, requirements: &Path) -> Result<PathBuf, Error> {
    let wanted = fs::read_to_string(requirements)
        .map_err(|source| Error::Read { path: requirements.display().to_string(), source })?;
    let python = python::program_of(folder, "python");
    let shown = folder.display();
    if !is_vacant(folder) && !Folder::is_marked(folder) {
        return match missing(&python, &wanted) {
            Ok(missing) if missing.is_empty() => Ok(python),
            Ok(missing) => Err(Error::Usage(format!(
                "the environment {shown} has not {}; install it there, or name another folder",
                missing.join(", ")
            ))),
            Err(_) => Err(Error::Usage(format!(
                "{shown} is no Python environment with pip; name another folder"
            ))),
        };
    }
    let ours = Folder::take(folder.to_owned())?;
    if ours.text()? == wanted && missing(&python, &wanted).is_ok_and(|missing| missing.is_empty()) {
        say(&format!("using the environment {shown}"))?;
        return Ok(python);
    }
    ours.clear()?;
    make(folder, &python, requirements)?;
    ours.mark(&wanted)?;
    Ok(python)
}

/// Makes the environment in an empty folder and installs the requirements.
fn make(folder: &Path, python: &Path, requirements: &Path) -> Result<(), Error> {
    say(&format!("installing vLLM in {} (340 MB to load, 1 GB on disk)", folder.display()))?;
    python::make_environment(folder)?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--no-deps", "--only-binary=:all:"]);
    pip.args(["--disable-pip-version-check", "--no-input", "--quiet", "--requirement"]);
    pip.arg(requirements);
    succeed(pip, "pip install").map_err(|error| Error::Environment {
        what: error.to_string(),
        hint: "pip says above what it lacks. It needs a package index: look at the network and at \
               `pip config list`. vLLM has packages for Linux only.",
    })
}

/// What the interpreter's environment lacks of the requirements, which are lines `name==version`.
fn missing(python: &Path, requirements: &str) -> Result<Vec<String>, Error> {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"]);
    Ok(not_among(requirements, &output_of(pip)?))
}

fn not_among(requirements: &str, installed: &str) -> Vec<String> {
    // pip takes `-` and `_` for the same.
    let normal = |line: &str| line.trim().to_lowercase().replace('-', "_");
    let installed: Vec<String> = installed.lines().map(normal).collect();
    let wanted = requirements.lines().map(str::trim);
    wanted
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter(|line| !installed.contains(&normal(line)))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_compared_by_name_and_version() {
        let wanted = "# why\nvllm==0.33.0\n\ntyping-inspection==0.4.5\nnumpy==2.4.6\n";
        let installed = "numpy==2.4.5\ntyping_inspection==0.4.5\nvllm==0.33.0\npip==23.2.1\n";
        assert_eq!(not_among(wanted, installed), ["numpy==2.4.6"]);
        assert_eq!(not_among(wanted, "").len(), 3);
    }

    #[test]
    fn somebody_elses_folder_is_refused_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let requirements = root.path().join("requirements.txt");
        fs::write(&requirements, "vllm==0.33.0\n").unwrap();
        let error = ensure(root.path(), &requirements).unwrap_err();
        assert_eq!(error.status(), 2);
        assert!(
            error.to_string().ends_with("is no Python environment with pip; name another folder")
        );
        assert!(requirements.exists());
    }
}
