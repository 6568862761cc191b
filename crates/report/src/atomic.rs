//! Files that are written whole or not at all.
//!
//! What is written goes to a temporary file in the same directory, which takes the name of the
//! target once it is complete. Until then the target keeps what it held, and on failure the
//! temporary file is removed. A target that is no file (a pipe, a terminal) is written directly,
//! and a link keeps being a link: the file behind it is replaced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::TempPath;

use crate::OutputError;

/// Names of all temporary files of this process, for an end that runs no destructors.
static TEMPORARIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes the temporary files of this process that have not taken their names: to be called before
/// the process is ended at once.
pub fn remove_temporaries() {
    if let Ok(temporaries) = TEMPORARIES.lock() {
        for temporary in temporaries.iter() {
            // What has taken its name is there no more.
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Writes a file whole, with what `fill` writes, or not at all.
///
/// # Errors
/// The file cannot be written, or `fill` failed.
pub fn write(
    path: &Path,
    fill: impl FnOnce(&mut AtomicFile) -> io::Result<()>,
) -> Result<(), OutputError> {
    let mut file = AtomicFile::create(path)?;
    fill(&mut file).map_err(|cause| OutputError::new(path, cause))?;
    file.persist()
}

/// A file that takes its name when it is complete: for what is written bit by bit, while a
/// simulation runs. Dropped before [`AtomicFile::persist`], it leaves nothing behind.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    out: BufWriter<File>,
    /// The temporary file, and the name it takes; none if the target is written directly.
    temporary: Option<(TempPath, PathBuf)>,
}

impl AtomicFile {
    /// Begins the file that shall stand at `path`. Fails here if it could not stand there at the
    /// end, as far as can be known: before the simulation, not after.
    ///
    /// # Errors
    /// The directory is missing, `path` is a directory, or writing there is not allowed.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        let fail = |cause| OutputError::new(path, cause);
        let target = match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(OutputError::IsADirectory { path: path.to_path_buf() });
            }
            Ok(found) if !found.is_file() => return Self::direct(path),
            Ok(found) if found.permissions().readonly() => {
                return Err(OutputError::NotWritable { path: path.to_path_buf() });
            }
            Ok(_) => fs::canonicalize(path).map_err(fail)?,
            Err(_) => path.to_path_buf(),
        };
        let directory = directory_of(&target);
        check_directory(path, directory)?;
        let file = new_file(directory).map_err(fail)?;
        let (file, temporary) = file.into_parts();
        if let Ok(mut temporaries) = TEMPORARIES.lock() {
            temporaries.push(temporary.to_path_buf());
        }
        Ok(Self {
            path: path.to_path_buf(),
            out: BufWriter::new(file),
            temporary: Some((temporary, target)),
        })
    }

    fn direct(path: &Path) -> Result<Self, OutputError> {
        let file = OpenOptions::new().write(true).open(path);
        Ok(Self {
            path: path.to_path_buf(),
            out: BufWriter::new(file.map_err(|cause| OutputError::new(path, cause))?),
            temporary: None,
        })
    }

    /// Where the file shall stand.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// The last bytes could not be written, or the name could not be taken; then nothing is left.
    pub fn persist(mut self) -> Result<(), OutputError> {
        let flushed = self.out.flush();
        flushed.map_err(|cause| OutputError::new(&self.path, cause))?;
        let Some((temporary, target)) = self.temporary else {
            return Ok(());
        };
        // Some systems do not rename what is open.
        drop(self.out);
        let renamed = temporary.persist(target);
        renamed.map_err(|failed| OutputError::new(&self.path, failed.error))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The directory that holds `path`, which is never the empty path.
fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

fn check_directory(path: &Path, directory: &Path) -> Result<(), OutputError> {
    let (path, directory) = (path.to_path_buf(), directory.to_path_buf());
    match fs::metadata(&directory) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(OutputError::NotADirectory { path, directory }),
        Err(cause) => match cause.kind() {
            io::ErrorKind::NotFound => Err(OutputError::MissingDirectory { path, directory }),
            io::ErrorKind::NotADirectory => Err(OutputError::NotADirectory { path, directory }),
            _ => Err(OutputError::new(&path, cause)),
        },
    }
}

/// A temporary file with the permissions of any other new file, not only for its owner.
fn new_file(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tokendrome-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory)
}

#[cfg(test)]
mod tests;
