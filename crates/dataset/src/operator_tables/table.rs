//! A small CSV file with a line of names, as rows of the columns that are asked for.

use std::path::Path;

use crate::lines::Lines;
use crate::{DatasetError, file};

/// Longest time of an operator, in microseconds: more is a mistake of a unit.
const TIME_US_MAX: f64 = 1e9;

/// A file of which the line of names has been read.
pub(super) struct Table {
    lines: Lines,
    columns: Vec<(String, usize)>,
}

/// The fields of one row, in the order of the columns that were asked for.
pub(super) struct Row<'a> {
    columns: &'a [(String, usize)],
    fields: Vec<&'a str>,
}

impl Table {
    /// Opens a file that has these columns, in any order and beside others.
    pub(super) fn open(path: &Path, columns: &[&str]) -> Result<Self, DatasetError> {
        let mut lines = file::lines(path)?;
        let head = match lines.next_line()? {
            Some(line) => String::from_utf8_lossy(line).trim_end().to_owned(),
            None => return Err(lines.content_fault("the file is empty")),
        };
        let names: Vec<&str> = head.split(',').map(str::trim).collect();
        let place = |column: &&str| {
            let found = names.iter().position(|name| name == column);
            found.map(|place| ((*column).to_owned(), place)).ok_or_else(|| {
                let what = format!("there is no column `{column}`; found {}", names.join(", "));
                lines.fault(1, what)
            })
        };
        let columns = columns.iter().map(place).collect::<Result<_, _>>()?;
        Ok(Self { lines, columns })
    }

    /// All rows, each as `read` makes it of its fields.
    pub(super) fn rows<T>(
        mut self,
        read: impl Fn(&Row<'_>) -> Result<T, String>,
    ) -> Result<Vec<T>, DatasetError> {
        let mut rows = Vec::new();
        while let Some(line) = self.lines.next_line()? {
            let text = String::from_utf8_lossy(line);
            let text = text.trim_end();
            if text.is_empty() {
                continue;
            }
            let all: Vec<&str> = text.split(',').map(str::trim).collect();
            let fields = self.columns.iter().map(|(_, place)| all.get(*place).copied());
            let row = fields.collect::<Option<Vec<&str>>>().ok_or_else(|| {
                format!("the row has {} fields, fewer than the line of names", all.len())
            });
            let read = row.and_then(|fields| read(&Row { columns: &self.columns, fields }));
            match read {
                Ok(row) => rows.push(row),
                Err(what) => return Err(self.lines.fault(1, what)),
            }
        }
        match rows.is_empty() {
            true => Err(self.lines.content_fault("the table has no rows")),
            false => Ok(rows),
        }
    }
}

impl Row<'_> {
    pub(super) fn text(&self, column: usize) -> &str {
        self.fields[column]
    }

    fn wrong(&self, column: usize, wanted: &str) -> String {
        let (name, found) = (&self.columns[column].0, self.fields[column]);
        format!("`{name}` must be {wanted}; found `{found}`")
    }

    /// A whole number.
    pub(super) fn count(&self, column: usize) -> Result<u32, String> {
        self.fields[column].parse().map_err(|_| self.wrong(column, "a whole number"))
    }

    /// A number that is finite.
    pub(super) fn number(&self, column: usize) -> Result<f64, String> {
        let number = self.fields[column].parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| self.wrong(column, "a number"))
    }

    /// Microseconds.
    pub(super) fn time(&self, column: usize) -> Result<f64, String> {
        let time = self.number(column)?;
        let is_time = (0.0..=TIME_US_MAX).contains(&time);
        is_time.then_some(time).ok_or_else(|| self.wrong(column, "0 or more microseconds"))
    }

    /// The last number of a class: `n<=8`, `kvB<=4k`, `sr<=15%`, `kp=0`; of `n>256` infinity.
    pub(super) fn bound(&self, column: usize) -> Result<f64, String> {
        let label = self.fields[column];
        if label.contains('>') {
            return Ok(f64::INFINITY);
        }
        let text = label.rsplit('=').next().unwrap_or(label);
        let (digits, scale) = match text.strip_suffix('k') {
            Some(digits) => (digits, 1024.0),
            None => text.strip_suffix('%').map_or((text, 1.0), |digits| (digits, 0.01)),
        };
        let number: Option<f64> = digits.parse().ok().filter(|number: &f64| number.is_finite());
        number.map(|number| number * scale).ok_or_else(|| {
            self.wrong(column, "a class such as `n<=8`, `kvB<=4k`, `sr<=15%` or `n>256`")
        })
    }
}
