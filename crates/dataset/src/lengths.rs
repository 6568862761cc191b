//! Files of lengths.

use std::path::Path;

use tokendrome_workload::parse;

use crate::{DatasetError, file};

/// Most lengths that are read; they are kept in memory, 400 MB of it.
pub const LENGTHS_MAX: usize = 100_000_000;

/// The lengths in the file at `path`, in tokens, in its order: one a line, plain or gzipped. Empty
/// lines and lines that begin with `#` are passed over.
///
/// # Errors
/// The file cannot be read, has no lengths or too many, or a line is something else than a whole
/// number from 1 to 4,294,967,295.
pub fn read_lengths(path: &Path) -> Result<Vec<u32>, DatasetError> {
    let mut lines = file::lines(path)?;
    let mut lengths = Vec::new();
    while let Some(line) = lines.next_line()? {
        match parse::length(line) {
            Ok(None) => {}
            Ok(Some(_)) if lengths.len() == LENGTHS_MAX => {
                let what = "more than 100,000,000 lengths; take a sample of them";
                return Err(lines.fault(1, what.to_owned()));
            }
            Ok(Some(length)) => lengths.push(length),
            Err(error) => return Err(lines.fault(error.column, error.what)),
        }
    }
    if lengths.is_empty() {
        return Err(lines.content_fault("the file has no lengths; write one a line"));
    }
    Ok(lengths)
}
