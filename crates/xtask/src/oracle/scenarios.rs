//! The scenarios that somebody gives, put beside those that are drawn.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::failed;
use crate::error::Error;

/// The scenarios of a folder, sorted by name.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let shown = folder.display();
    let entries = fs::read_dir(folder)
        .map_err(|error| Error::Usage(format!("cannot read the scenarios in {shown}: {error}")))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry =
            entry.map_err(|source| Error::Read { path: folder.display().to_string(), source })?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") || name.ends_with(".json.gz") {
            files.push(entry.path());
        }
    }
    if files.is_empty() {
        return Err(Error::Usage(format!("no scenario (.json, .json.gz) lies in {shown}")));
    }
    files.sort();
    Ok(files)
}

/// Copies the files into a folder, where none of them may be yet.
pub(super) fn copy(files: &[PathBuf], folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for file in files {
        let Some(name) = file.file_name() else { continue };
        let to = folder.join(name);
        if to.exists() {
            let what = format!("{} has the name of a random scenario", file.display());
            return Err(Error::Usage(format!("{what}; take another --seed, or --random 0")));
        }
        fs::copy(file, &to).map_err(failed(&to))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_copied_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        fs::create_dir(&from).unwrap();
        for name in ["b.json.gz", "a.json", "notes.md"] {
            fs::write(from.join(name), name).unwrap();
        }
        let files = list(&from).unwrap();
        copy(&files, &to).unwrap();
        assert_eq!(list(&to).unwrap(), [to.join("a.json"), to.join("b.json.gz")]);
        let error = copy(&files, &to).unwrap_err();
        assert!(error.to_string().ends_with("take another --seed, or --random 0"), "{error}");
    }

    #[test]
    fn a_folder_without_scenarios_is_wrong_usage() {
        let root = tempfile::tempdir().unwrap();
        for folder in [root.path().to_owned(), root.path().join("none")] {
            assert_eq!(list(&folder).unwrap_err().status(), 2);
        }
    }
}
