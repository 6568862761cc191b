//! From a path, or any reader, to text: unpacked if gzipped, refused if it is no text at all.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use tokendrome_workload::parse::nearest;

use crate::DatasetError;
use crate::lines::{Lines, read_fault};

/// Bytes read at once. Large enough that the calls do not count.
const BUFFER_BYTES: usize = 1 << 18;

/// Bytes that tell what a file is.
const HEAD_BYTES: u64 = 64;

/// How many names of a folder are looked at for a hint.
const NAMES_MAX: usize = 10_000;

/// The first bytes of files that are taken for text, and what they are.
const NOT_TEXT: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "gzipped twice; unpack it once (`gunzip`)"),
    (b"PK\x03\x04", "a zip archive; unpack it, and name the file in it"),
    (b"PAR1", "a Parquet file; convert it to CSV or JSON lines"),
    (b"ARROW1", "an Arrow file; convert it to CSV or JSON lines"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it (`zstd -d`), or use gzip"),
    (b"\xfd7zXZ\x00", "compressed with xz; unpack it (`unxz`), or use gzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it, and name the file in it"),
    (b"BZh", "compressed with bzip2; unpack it (`bunzip2`), or use gzip"),
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
    (
        b"version https://git-lfs",
        "a pointer of Git LFS, not the file itself; get that by `git lfs pull`",
    ),
    (b"<", "a web page or XML, not the file itself; download that"),
];

const GZIP: &[u8] = b"\x1f\x8b";

/// The lines of the file at `path`.
pub(crate) fn lines(path: &Path) -> Result<Lines, DatasetError> {
    let (name, input) = input(path)?;
    Ok(Lines::new(name, input))
}

/// The text of the file at `path`, and what errors call it.
pub(crate) fn input(path: &Path) -> Result<(String, Input), DatasetError> {
    let name = path.display().to_string();
    let unreadable = |source| DatasetError::Unreadable { name: name.clone(), line: 0, source };
    let file = File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => {
            DatasetError::NotFound { path: path.to_owned(), hint: hint(path) }
        }
        _ => unreadable(source),
    })?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(DatasetError::IsFolder { path: path.to_owned() });
    }
    let input = input_of(&name, file)?;
    Ok((name, input))
}

/// The lines of what `reader` reads, which errors call `name`.
pub(crate) fn lines_of(
    name: String,
    reader: impl Read + Send + 'static,
) -> Result<Lines, DatasetError> {
    let input = input_of(&name, reader)?;
    Ok(Lines::new(name, input))
}

/// The text of what `reader` reads, which errors call `name`.
pub(crate) fn input_of(
    name: &str,
    reader: impl Read + Send + 'static,
) -> Result<Input, DatasetError> {
    let (head, input) = peek(reader).map_err(|source| read_fault(name, 0, source))?;
    let (head, input) = if head.starts_with(GZIP) {
        let unpacked = MultiGzDecoder::new(input);
        peek(unpacked).map_err(|source| read_fault(name, 0, source))?
    } else {
        (head, input)
    };
    let what = NOT_TEXT.iter().find(|(start, _)| head.starts_with(start));
    match what {
        Some((_, what)) => {
            Err(DatasetError::Content { name: name.to_owned(), what: format!("this is {what}") })
        }
        None => Ok(input),
    }
}

/// Text, unpacked.
pub(crate) type Input = Box<dyn BufRead + Send>;

/// The first bytes of `reader`, and a reader of all.
fn peek(mut reader: impl Read + Send + 'static) -> io::Result<(Vec<u8>, Input)> {
    let mut head = Vec::new();
    reader.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    let rest = BufReader::with_capacity(BUFFER_BYTES, reader);
    Ok((head.clone(), Box::new(Cursor::new(head).chain(rest))))
}

/// What to do about a file that is not there.
fn hint(path: &Path) -> String {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Ok(entries) = folder.read_dir() else {
        return format!("the folder {} cannot be read either", folder.display());
    };
    let names: Vec<String> = entries
        .take(NAMES_MAX)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let wanted = path.file_name().unwrap_or_default().to_string_lossy();
    // The order of a folder is not fixed.
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let packed = [format!("{wanted}.gz"), wanted.trim_end_matches(".gz").to_owned()];
    let same = sorted.iter().copied().find(|name| packed.iter().any(|other| other == name));
    match same.or_else(|| nearest(&wanted, sorted.iter().copied())) {
        Some(near) => format!("did you mean {}?", path.with_file_name(near).display()),
        None => "check the path".to_owned(),
    }
}
