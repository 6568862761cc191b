//! A folder that a command fills, and may empty because it made it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The file that says whose the folder is. Its text is the command's own.
const MARK: &str = ".tokendrome-oracle";

/// A folder with our mark in it.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
}

impl Folder {
    /// The folder at `path`, made and marked if there is nothing yet.
    ///
    /// One that holds something and is not marked is somebody else's: an [`Error::Usage`].
    pub(super) fn take(path: PathBuf) -> Result<Self, Error> {
        if Self::is_marked(&path) {
            return Ok(Self { path });
        }
        if !is_vacant(&path) {
            let path = path.display();
            let what = format!("{path} is not empty and was not made by this command");
            return Err(Error::Usage(format!("{what}; name another folder, or remove it")));
        }
        fs::create_dir_all(&path).map_err(failed(&path))?;
        let folder = Self { path };
        folder.mark("")?;
        Ok(folder)
    }

    /// Did this command make it?
    pub(super) fn is_marked(path: &Path) -> bool {
        path.join(MARK).is_file()
    }

    /// The text of the mark.
    pub(super) fn text(&self) -> Result<String, Error> {
        let path = self.path.join(MARK);
        let read = fs::read_to_string(&path);
        read.map_err(|source| Error::Read { path: path.display().to_string(), source })
    }

    /// Writes the text of the mark.
    pub(super) fn mark(&self, text: &str) -> Result<(), Error> {
        let path = self.path.join(MARK);
        fs::write(&path, text).map_err(failed(&path))
    }

    /// Removes all but the mark, whose text is taken back first.
    pub(super) fn clear(&self) -> Result<(), Error> {
        self.mark("")?;
        let entries = fs::read_dir(&self.path).map_err(failed(&self.path))?;
        for entry in entries {
            let entry = entry.map_err(failed(&self.path))?;
            let path = entry.path();
            // A link to a folder is a file here: what it leads to is not ours.
            if entry.file_type().map_err(failed(&path))?.is_dir() {
                fs::remove_dir_all(&path).map_err(failed(&path))?;
            } else if entry.file_name() != MARK {
                fs::remove_file(&path).map_err(failed(&path))?;
            }
        }
        Ok(())
    }
}

/// Is nothing there, or an empty folder?
pub(super) fn is_vacant(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// The error of an operation on this path.
pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error + Clone + use<> {
    let path = path.display().to_string();
    move |source| Error::Write { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_ours_is_emptied_and_another_refused() {
        let root = tempfile::tempdir().unwrap();
        let ours = Folder::take(root.path().join("a/b")).unwrap();
        fs::create_dir(ours.path.join("traces")).unwrap();
        fs::write(ours.path.join("traces/x"), "").unwrap();
        ours.mark("done").unwrap();

        let again = Folder::take(ours.path.clone()).unwrap();
        assert_eq!(again.text().unwrap(), "done");
        again.clear().unwrap();
        assert_eq!(fs::read_dir(&again.path).unwrap().count(), 1);
        assert_eq!(again.text().unwrap(), "");

        fs::write(root.path().join("a/mine"), "").unwrap();
        let error = Folder::take(root.path().join("a")).unwrap_err();
        assert_eq!(error.status(), 2);
        assert!(error.to_string().contains("is not empty and was not made by this command"));
        assert!(root.path().join("a/mine").exists());
    }

    #[test]
    fn a_file_is_no_folder() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), "").unwrap();
        assert_eq!(Folder::take(root.path().join("file")).unwrap_err().status(), 2);
    }
}
