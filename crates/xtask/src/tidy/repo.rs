//! What the rules look at: the files that a commit would hold, and the workspace.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::workspace::{Package, Workspace, output_of};

/// Larger files are not read: they are a finding already (see `file_size`).
pub(super) const BYTES_MAX: u64 = 1_500_000;

/// The repository at one moment.
pub(super) struct Repo {
    /// Sorted by path.
    pub(super) files: Vec<File>,
    pub(super) workspace: Workspace,
}

/// A file that a commit would hold: tracked, or new and not ignored.
pub(super) struct File {
    /// From the repository root, with `/` between its parts.
    pub(super) path: String,
    pub(super) bytes: u64,
    /// Empty for a file that is not UTF-8 text or has more than [`BYTES_MAX`].
    pub(super) text: String,
}

impl Repo {
    /// Reads the repository at `root`.
    pub(super) fn load(root: &Path) -> Result<Self, Error> {
        let mut files = Vec::new();
        for path in listed_by_git(root).map_or_else(|| walked(root), Ok)? {
            files.extend(read(root, path)?);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files, workspace: Workspace::load(root)? })
    }

    /// The Rust sources.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The Rust sources in `src` of a package.
    pub(super) fn sources(&self, package: &Package) -> impl Iterator<Item = &File> {
        let src = format!("{}/src/", package.dir);
        self.rust().filter(move |file| file.path.starts_with(&src))
    }

    /// The file with this path.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// What git tracks or would track; nothing where git or its folder is missing.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let listed = output_of(git).ok()?;
    let paths: Vec<String> =
        listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    (!paths.is_empty()).then_some(paths)
}

/// Every file below `root` except build output, for a copy of the tree without git.
fn walked(root: &Path) -> Result<Vec<String>, Error> {
    let mut paths = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let failed = |source| Error::Read { path: folder.clone(), source };
        for entry in fs::read_dir(root.join(&folder)).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if !entry.file_type().map_err(failed)?.is_dir() {
                paths.push(path);
            } else if ![".git", "target", ".venv"].contains(&name.as_str()) {
                folders.push(path);
            }
        }
    }
    Ok(paths)
}

/// Reads one file; nothing if it is gone by now (deleted, not committed yet) or is a link.
fn read(root: &Path, path: String) -> Result<Option<File>, Error> {
    let full = root.join(&path);
    let bytes = match fs::symlink_metadata(&full) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Read { path, source }),
    };
    let content = if bytes > BYTES_MAX {
        Vec::new()
    } else {
        match fs::read(&full) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            content => content.map_err(|source| Error::Read { path: path.clone(), source })?,
        }
    };
    let text = String::from_utf8(content).unwrap_or_default();
    Ok(Some(File { path, bytes, text }))
}

#[cfg(test)]
impl Repo {
    /// A repository in memory: paths and texts, and no packages.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File {
            path: path.to_owned(),
            bytes: text.len() as u64,
            text: text.to_owned(),
        };
        Self { files: files.iter().map(file).collect(), workspace: Workspace::default() }
    }

    /// The same with a package: its name, its folder and its edges to other members.
    pub(super) fn with(mut self, name: &str, uses: &[&str], tests_use: &[&str]) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        self.workspace.packages.push(Package {
            name: name.to_owned(),
            dir: format!("crates/{}", name.trim_start_matches("tokendrome-")),
            uses: owned(uses),
            tests_use: owned(tests_use),
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_without_git_is_walked_past_build_output() {
        let tree = tempfile::tempdir().unwrap();
        for folder in ["a/b", "target"] {
            fs::create_dir_all(tree.path().join(folder)).unwrap();
        }
        for file in ["top.md", "a/b/deep.rs", "target/built.rs"] {
            fs::write(tree.path().join(file), "x").unwrap();
        }
        let mut paths = walked(tree.path()).unwrap();
        paths.sort();
        assert_eq!(paths, ["a/b/deep.rs", "top.md"]);
    }

    #[test]
    fn a_deleted_file_is_no_file_and_bytes_are_no_text() {
        let tree = tempfile::tempdir().unwrap();
        assert!(read(tree.path(), "gone.rs".to_owned()).unwrap().is_none());
        fs::write(tree.path().join("raw.bin"), [0xff, 0xfe]).unwrap();
        let raw = read(tree.path(), "raw.bin".to_owned()).unwrap().unwrap();
        assert_eq!((raw.bytes, raw.text.as_str()), (2, ""));
    }
}
