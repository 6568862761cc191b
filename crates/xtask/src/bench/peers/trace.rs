//! A trace in Mooncake's format, repeated to a length.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::error::Error;
use crate::workspace::output_of;

/// Writes `requests` rows to `to`: those of `from` (plain, or `.gz` where there is a gzip), again
/// and again, each time later than before and with `hash_ids` that no other time has.
pub(super) fn repeat(from: &Path, to: &Path, requests: u64) -> Result<(), Error> {
    let text = if from.extension().is_some_and(|end| end == "gz") {
        let mut gzip = Command::new("gzip");
        gzip.arg("-dc").arg(from);
        output_of(gzip)?
    } else {
        fs::read_to_string(from)
            .map_err(|source| Error::Read { path: from.display().to_string(), source })?
    };
    let rows = rows(&text)
        .ok_or_else(|| Error::Usage(format!("{} is not in Mooncake's format", from.display())))?;
    let failed = |source| Error::Write { path: to.display().to_string(), source };
    let mut out = BufWriter::new(File::create(to).map_err(failed)?);
    for index in 0..requests {
        let row = shifted(&rows, index);
        writeln!(out, "{row}").map_err(failed)?;
    }
    out.flush().map_err(failed)
}

/// Rows with what a repetition shifts them by.
struct Rows {
    rows: Vec<Value>,
    /// Beyond the last time stamp, in milliseconds.
    span: u64,
    /// Beyond the largest entry of `hash_ids`.
    ids: u64,
}

fn rows(text: &str) -> Option<Rows> {
    let rows: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>().ok()?;
    let (mut span, mut ids) = (0, 0);
    for row in &rows {
        span = span.max(row.get("timestamp")?.as_u64()? + 1);
        for id in row.get("hash_ids")?.as_array()? {
            ids = ids.max(id.as_u64()? + 1);
        }
    }
    (!rows.is_empty()).then_some(Rows { rows, span, ids })
}

/// Row `index` of the endless repetition.
fn shifted(of: &Rows, index: u64) -> Value {
    let count = of.rows.len() as u64;
    let (mut row, turn) = (of.rows[(index % count) as usize].clone(), index / count);
    let shift = |value: &mut Value, by: u64| {
        if let Some(number) = value.as_u64() {
            *value = Value::from(number + turn * by);
        }
    };
    shift(&mut row["timestamp"], of.span);
    if let Some(ids) = row["hash_ids"].as_array_mut() {
        ids.iter_mut().for_each(|id| shift(id, of.ids));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_share_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl"));
        let row = |at: u64, ids: [u64; 2]| {
            format!("{{\"hash_ids\":{ids:?},\"input_length\":900,\"timestamp\":{at}}}")
        };
        fs::write(&from, format!("{}\n{}\n", row(0, [0, 1]), row(7, [0, 2]))).unwrap();
        repeat(&from, &to, 5).unwrap();
        let found: Vec<Value> = fs::read_to_string(&to)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let expect = [(0, [0, 1]), (7, [0, 2]), (8, [3, 4]), (15, [3, 5]), (16, [6, 7])];
        let expect: Vec<Value> =
            expect.iter().map(|&(at, ids)| serde_json::from_str(&row(at, ids)).unwrap()).collect();
        assert_eq!(found, expect);
        fs::write(&from, "time,tokens\n").unwrap();
        assert_eq!(repeat(&from, &to, 5).unwrap_err().status(), 2);
    }
}
