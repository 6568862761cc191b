//! Files of an exam: plain or gzipped, under their name or the same with or without `.gz`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::AccuracyError;

/// The file that stands at `path`, or the same packed or unpacked; none if there is none.
pub(crate) fn present(path: &Path) -> Option<PathBuf> {
    let name = path.to_string_lossy();
    let packed = PathBuf::from(format!("{name}.gz"));
    let unpacked = name.strip_suffix(".gz").map(PathBuf::from);
    [Some(path.to_owned()), Some(packed), unpacked].into_iter().flatten().find(|p| p.is_file())
}

/// The text of a file, unpacked.
pub(crate) fn text(path: &Path) -> Result<String, AccuracyError> {
    let unreadable = |what: String| AccuracyError::Unreadable { path: path.to_owned(), what };
    let found = present(path).ok_or_else(|| unreadable("there is no such file".to_owned()))?;
    let file = File::open(&found).map_err(|error| unreadable(error.to_string()))?;
    let mut text = String::new();
    let read = match found.extension().is_some_and(|end| end == "gz") {
        true => MultiGzDecoder::new(BufReader::new(file)).read_to_string(&mut text),
        false => BufReader::new(file).read_to_string(&mut text),
    };
    read.map_err(|error| unreadable(error.to_string()))?;
    Ok(text)
}

/// One row of a table by the names of its columns.
pub(crate) type Row = BTreeMap<String, String>;

/// The rows of a CSV file with a line of names.
pub(crate) fn rows(path: &Path) -> Result<Vec<Row>, AccuracyError> {
    let text = text(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let wrong = |error: csv::Error| AccuracyError::content(path, error.to_string());
    let names = reader.headers().map_err(wrong)?.clone();
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.map_err(wrong)?;
        Ok(names.iter().zip(&record).map(|(name, of)| (name.to_owned(), of.to_owned())).collect())
    };
    reader.records().map(row).collect()
}

/// The number in a column; none where the row has no such column, or no number in it.
pub(crate) fn number(row: &Row, column: &str) -> Option<f64> {
    let value: f64 = row.get(column)?.trim().parse().ok()?;
    value.is_finite().then_some(value)
}
