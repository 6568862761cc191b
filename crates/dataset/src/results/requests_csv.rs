//! A row for each request, as CSV with a line of names or as JSON lines.
//!
//! Columns are known by several names each. Times are seconds, or milliseconds where the name ends
//! in `_ms`, or nanoseconds where it ends in `_ns`; other columns are left alone.

use std::collections::BTreeSet;

use super::node::Node;
use super::{MeasuredRequest, Results, ResultsFormat, ResultsSummary};
use crate::DatasetError;

/// The columns that are looked for, and their names without a unit.
const START: &[&str] = &["arrival", "start", "start_time", "timestamp", "request_start"];
const TTFT: &[&str] = &["ttft", "time_to_first_token", "first_token_latency"];
const E2E: &[&str] = &["e2e", "e2el", "e2e_latency", "latency", "request_latency"];
const PROMPT: &[&str] =
    &["input_tokens", "prompt_tokens", "input_len", "input_length", "isl", "num_prefill_tokens"];
const OUTPUT: &[&str] = &[
    "output_tokens",
    "completion_tokens",
    "output_len",
    "output_length",
    "osl",
    "num_decode_tokens",
];
const STATUS: &str = "status";
const ERROR: &str = "error";

/// Units by the end of a name, in seconds.
const UNITS: [(&str, f64); 4] = [("_s", 1.0), ("_ms", 1e-3), ("_ns", 1e-9), ("", 1.0)];

/// Where in a row the columns stand, under which names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    start: Option<(String, f64)>,
    ttft: Option<(String, f64)>,
    e2e: (String, f64),
    prompt: Option<String>,
    output: Option<String>,
}

impl Layout {
    /// The layout of rows with these columns; a text says what is missing or doubled.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let names: Vec<&str> = names.map(str::trim).collect();
        if names.iter().any(|name| name.ends_with("_ticks")) {
            return Err("the times are ticks, and those of other runs are seconds".to_owned());
        }
        let one = |what: &str, found: Vec<(String, f64)>| match found.len() {
            0 => Ok(None),
            1 => Ok(found.into_iter().next()),
            _ => {
                let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
                Err(format!("the columns {} all tell the {what}; keep one", names.join(" and ")))
            }
        };
        let time = |what: &str, of: &[&str]| {
            let known =
                of.iter().flat_map(|stem| UNITS.map(|(end, s)| (format!("{stem}{end}"), s)));
            one(what, known.filter(|(name, _)| names.contains(&name.as_str())).collect())
        };
        let count = |what: &str, of: &[&str]| {
            let found = of.iter().filter(|name| names.contains(*name));
            let found = one(what, found.map(|name| ((*name).to_owned(), 1.0)).collect());
            found.map(|found| found.map(|(name, _)| name))
        };
        let e2e = time("end-to-end latency", E2E)?.ok_or_else(|| {
            let found = names.join(", ");
            format!("there is no column of the end-to-end latency, such as `e2e_s`; found {found}")
        })?;
        Ok(Self {
            start: time("start", START)?,
            ttft: time("time to first token", TTFT)?,
            e2e,
            prompt: count("tokens of the prompt", PROMPT)?,
            output: count("tokens of the output", OUTPUT)?,
        })
    }

    /// A request from the fields of its row.
    fn request(&self, row: &impl Row) -> Result<MeasuredRequest, DatasetError> {
        let time =
            |column: &(String, f64)| row.number(&column.0).map(|of| of.map(|x| x * column.1));
        let start_s = self.start.as_ref().map_or(Ok(None), time)?;
        let e2e_s = time(&self.e2e)?;
        let ttft_s = self.ttft.as_ref().map_or(Ok(None), time)?;
        let count = |name: &Option<String>| name.as_ref().map_or(Ok(None), |name| row.count(name));
        let status = row.text(STATUS)?;
        let done = ["completed", "success", "successful", "ok"];
        let is_done = status.is_none_or(|status| done.contains(&status.to_lowercase().as_str()));
        let failed = !is_done || row.text(ERROR)?.is_some() || e2e_s.is_none();
        if let Some((ttft, e2e)) = ttft_s.zip(e2e_s).filter(|(ttft, e2e)| ttft > e2e) {
            let what = format!("the first token comes after {ttft} s, and the last after {e2e} s");
            return Err(row.fault(&what));
        }
        Ok(MeasuredRequest {
            start_s,
            prompt_tokens: count(&self.prompt)?,
            output_tokens: count(&self.output)?,
            ttft_s: ttft_s.filter(|_| !failed),
            e2e_s: e2e_s.filter(|_| !failed),
            itls_s: Vec::new(),
            failed,
        })
    }
}

/// A row, whatever it is written in. Empty fields are none.
trait Row {
    fn number(&self, column: &str) -> Result<Option<f64>, DatasetError>;
    fn count(&self, column: &str) -> Result<Option<u64>, DatasetError>;
    fn text(&self, column: &str) -> Result<Option<String>, DatasetError>;
    fn fault(&self, what: &str) -> DatasetError;
}

impl Row for Node<'_> {
    fn number(&self, column: &str) -> Result<Option<f64>, DatasetError> {
        Node::number(self, column)
    }

    fn count(&self, column: &str) -> Result<Option<u64>, DatasetError> {
        Node::count(self, column)
    }

    fn text(&self, column: &str) -> Result<Option<String>, DatasetError> {
        let shown = |node: Node<'_>| match node.value.as_str() {
            Some(text) => text.to_owned(),
            None => node.value.to_string(),
        };
        Ok(self.get(column).map(shown).filter(|text| !text.is_empty() && text != "false"))
    }

    fn fault(&self, what: &str) -> DatasetError {
        Node::fault(self, what)
    }
}

/// Rows as JSON lines.
pub(super) fn read_rows(lines: &[Node<'_>]) -> Result<Results, DatasetError> {
    // A request that failed may lack keys that others have.
    let objects = lines.iter().filter_map(|line| line.value.as_object());
    let keys: BTreeSet<&str> = objects.flat_map(|of| of.keys().map(String::as_str)).collect();
    let layout = Layout::of(keys.into_iter()).map_err(|what| lines[0].fault(&what))?;
    let requests = lines.iter().map(|line| layout.request(line)).collect::<Result<Vec<_>, _>>()?;
    Ok(finish(ResultsFormat::RequestsJsonl, requests))
}

/// A row of CSV.
struct Fields<'a> {
    file: &'a str,
    line: u64,
    names: &'a csv::StringRecord,
    fields: &'a csv::StringRecord,
}

impl Fields<'_> {
    /// A field that is not empty, and its number from 1.
    fn field(&self, column: &str) -> Option<&str> {
        let place = self.names.iter().position(|name| name == column)?;
        self.fields.get(place).map(str::trim).filter(|field| !field.is_empty())
    }

    fn read<T>(
        &self,
        column: &str,
        wanted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, DatasetError> {
        let Some(field) = self.field(column) else { return Ok(None) };
        let wrong = || self.fault(&format!("`{column}` must be {wanted}; found `{field}`"));
        read(field).map(Some).ok_or_else(wrong)
    }
}

impl Row for Fields<'_> {
    fn number(&self, column: &str) -> Result<Option<f64>, DatasetError> {
        self.read(column, "a number that is not negative", |field| {
            field.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
        })
    }

    fn count(&self, column: &str) -> Result<Option<u64>, DatasetError> {
        self.read(column, "a whole number", |field| field.parse().ok())
    }

    fn text(&self, column: &str) -> Result<Option<String>, DatasetError> {
        Ok(self.field(column).map(str::to_owned))
    }

    fn fault(&self, what: &str) -> DatasetError {
        let (name, what) = (self.file.to_owned(), what.to_owned());
        DatasetError::Line { name, line: self.line, column: 1, what }
    }
}

/// Rows as CSV.
pub(super) fn read_csv(name: &str, text: &str) -> Result<Results, DatasetError> {
    let broken = |line: u64, what: String| DatasetError::Line {
        name: name.to_owned(),
        line,
        column: 1,
        what,
    };
    let wrong = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        let what = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("the row has {len} fields, and the line of names {expected_len}")
            }
            _ => error.to_string(),
        };
        broken(line, what)
    };
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(text.as_bytes());
    let names = reader.headers().map_err(|error| wrong(&error))?.clone();
    let layout = Layout::of(names.iter()).map_err(|what| broken(1, what))?;
    let mut requests = Vec::new();
    for fields in reader.records() {
        let fields = fields.map_err(|error| wrong(&error))?;
        let line = fields.position().map_or(0, csv::Position::line);
        requests.push(layout.request(&Fields {
            file: name,
            line,
            names: &names,
            fields: &fields,
        })?);
    }
    if requests.is_empty() {
        let what = "the file has a line of names and no request".to_owned();
        return Err(DatasetError::Content { name: name.to_owned(), what });
    }
    Ok(finish(ResultsFormat::RequestsCsv, requests))
}

fn finish(format: ResultsFormat, mut requests: Vec<MeasuredRequest>) -> Results {
    let first = requests.iter().filter_map(|one| one.start_s).reduce(f64::min).unwrap_or(0.0);
    for request in &mut requests {
        request.start_s = request.start_s.map(|start| start - first);
    }
    let summary = ResultsSummary::of_requests(&requests);
    Results { format, requests, summary, notices: Vec::new() }
}
