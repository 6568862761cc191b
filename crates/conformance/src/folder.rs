//! A folder with recordings: `scenarios/NAME.json[.gz]` and `traces/NAME.jsonl[.gz]`.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a folder holds no recordings.
#[derive(Debug, Error)]
pub enum FolderError {
    /// There is no such folder.
    #[error("{}: no such folder", .path.display())]
    NotFound {
        /// The folder.
        path: PathBuf,
    },
    /// The system refuses to list it.
    #[error("{}: cannot be listed: {source}", .path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is laid out in another way.
    #[error(
        "{path}: no scenarios; expected are {path}/scenarios/NAME.json (or .json.gz) and, recorded \
         for each, {path}/traces/NAME.jsonl.gz (or .jsonl)",
        path = .path.display()
    )]
    NoScenarios {
        /// The folder.
        path: PathBuf,
    },
}

/// A folder with recordings.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    scenarios: Vec<PathBuf>,
}

impl Folder {
    /// Looks for scenarios.
    ///
    /// # Errors
    /// The folder cannot be read, or has none.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        if !path.is_dir() {
            return Err(FolderError::NotFound { path: path.to_owned() });
        }
        let folder = path.join("scenarios");
        if !folder.is_dir() {
            return Err(FolderError::NoScenarios { path: path.to_owned() });
        }
        let unreadable = |source| FolderError::Unreadable { path: folder.clone(), source };
        let mut scenarios = Vec::new();
        for entry in folder.read_dir().map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if stem(&file, &[".json", ".json.gz"]).is_some() {
                scenarios.push(file);
            }
        }
        if scenarios.is_empty() {
            return Err(FolderError::NoScenarios { path: path.to_owned() });
        }
        // The order of a folder is not fixed.
        scenarios.sort();
        Ok(Self { path: path.to_owned(), scenarios })
    }

    /// The files of the scenarios, by name.
    #[must_use]
    pub fn scenarios(&self) -> &[PathBuf] {
        &self.scenarios
    }

    /// The name that a scenario's file gives it.
    #[must_use]
    pub fn name(scenario: &Path) -> String {
        let name = stem(scenario, &[".json.gz", ".json"]);
        name.unwrap_or_else(|| scenario.display().to_string())
    }

    /// The recorded trace of that name.
    #[must_use]
    pub fn trace(&self, name: &str) -> Option<PathBuf> {
        // A name that is a path leads elsewhere.
        if Path::new(name).file_name() != Some(OsStr::new(name)) {
            return None;
        }
        let files = [".jsonl.gz", ".jsonl"].map(|end| self.traces().join(format!("{name}{end}")));
        files.into_iter().find(|file| file.is_file())
    }

    /// Where the traces are.
    #[must_use]
    pub fn traces(&self) -> PathBuf {
        self.path.join("traces")
    }
}

/// The name of a file without one of these endings.
fn stem(file: &Path, ends: &[&str]) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    ends.iter().find_map(|end| name.strip_suffix(end)).map(str::to_owned)
}
