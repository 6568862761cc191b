//! Files of scenarios and traces, plain or gzipped.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use thiserror::Error;

/// Most bytes of a file, unpacked: a thousand times the recordings of 2,000 requests.
const BYTES_MAX: u64 = 4 << 30;

/// Bytes written at once. Large enough that the calls do not count.
const BUFFER_BYTES: usize = 1 << 17;

/// Why a file cannot be read.
#[derive(Debug, Error)]
pub enum FileError {
    /// There is no such file.
    #[error("{}: no such file", .path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The path is that of a folder.
    #[error("{}: a folder, not a file", .path.display())]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The system refuses to read.
    #[error("{}: cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Its name ends in `.gz`, and it is not gzipped.
    #[error("{}: not gzip data, as the name says; is the file plain, or broken?", .path.display())]
    NotGzip {
        /// The file.
        path: PathBuf,
    },
    /// The gzip stream is damaged or incomplete.
    #[error("{}: the gzip data are {state} ({source}); make the file again", .path.display())]
    BrokenGzip {
        /// The file.
        path: PathBuf,
        /// Damaged or cut off.
        state: &'static str,
        /// What the decompressor says.
        source: io::Error,
    },
    /// The file holds something else than text.
    #[error("{}: not UTF-8 text (at byte {at})", .path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first byte that is wrong, counted from 0.
        at: usize,
    },
    /// The file is larger than anything that makes sense.
    #[error("{}: larger than {} GiB", .path.display(), BYTES_MAX >> 30)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
}

/// The text of a file, unpacked if it is gzipped, without a byte-order mark.
///
/// # Errors
/// See [`FileError`].
pub fn read_text(path: &Path) -> Result<String, FileError> {
    let bytes = read(path)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        FileError::NotText { path: path.to_owned(), at }
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// The bytes of a file, unpacked if it is gzipped; `-` is standard input.
///
/// # Errors
/// See [`FileError`].
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    if path == Path::new("-") {
        return unpacked(path, io::stdin().lock());
    }
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => FileError::NotFound { path: path.to_owned() },
        _ => FileError::Unreadable { path: path.to_owned(), source },
    };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(FileError::IsFolder { path: path.to_owned() });
    }
    unpacked(path, file)
}

fn unpacked(path: &Path, reader: impl Read) -> Result<Vec<u8>, FileError> {
    let limited = |bytes: Vec<u8>| match bytes.len() as u64 {
        0..=BYTES_MAX => Ok(bytes),
        _ => Err(FileError::TooLarge { path: path.to_owned() }),
    };
    let mut bytes = Vec::new();
    let read = reader.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|source| FileError::Unreadable { path: path.to_owned(), source })?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let mut unpacking = MultiGzDecoder::new(bytes.as_slice()).take(BYTES_MAX + 1);
        unpacking.read_to_end(&mut plain).map_err(|error| broken(path, error))?;
        return limited(plain);
    }
    if is_gzip(path) {
        return Err(FileError::NotGzip { path: path.to_owned() });
    }
    limited(bytes)
}

fn broken(path: &Path, source: io::Error) -> FileError {
    let state = match source.kind() {
        io::ErrorKind::UnexpectedEof => "cut off",
        _ => "damaged",
    };
    FileError::BrokenGzip { path: path.to_owned(), state, source }
}

/// Whether the name says that the file is gzipped.
#[must_use]
pub fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"))
}

/// Lets `fill` write to `out`, through gzip if `gzip` says so.
///
/// # Errors
/// Those of `fill`, or of writing the last bytes.
pub fn write<E: From<io::Error>, T>(
    out: impl Write,
    gzip: bool,
    fill: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    if gzip {
        // Traces are many repetitions: the fastest level leaves a tenth of them.
        let packer = GzEncoder::new(out, Compression::fast());
        let mut packer = BufWriter::with_capacity(BUFFER_BYTES, packer);
        let filled = fill(&mut packer)?;
        packer.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?.flush()?;
        return Ok(filled);
    }
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
    let filled = fill(&mut out)?;
    out.flush()?;
    Ok(filled)
}

#[cfg(test)]
mod tests;
