//! Tables of recorded requests, and figures as numpy computes them.

use serde_json::{Map, Value};

/// The names of the columns.
pub(crate) fn columns(value: Option<&Value>) -> Option<Vec<String>> {
    serde_json::from_value(value?.clone()).ok()
}

/// A run's requests, each with a value for every one of `columns`.
pub(crate) fn rows<'a>(
    run: &'a mut Map<String, Value>,
    key: &str,
    columns: &[String],
) -> Result<Vec<&'a mut Vec<Value>>, String> {
    let rows = run.get_mut(key).and_then(Value::as_array_mut);
    let rows = rows.ok_or_else(|| format!("`{key}` must be a list of rows"))?;
    let row = |(index, row): (usize, &'a mut Value)| {
        let row = row.as_array_mut().filter(|row| row.len() == columns.len());
        row.ok_or_else(|| format!("row {index} has not a value for every column"))
    };
    rows.iter_mut().enumerate().map(row).collect()
}

/// The place of a column.
pub(crate) fn place(columns: &[String], column: &str) -> Result<usize, String> {
    let found = columns.iter().position(|known| known == column);
    found.ok_or_else(|| format!("`columns` lacks `{column}`"))
}

/// Reads a cell that must hold a whole number within bounds.
pub(crate) fn whole(
    row: &[Value],
    index: usize,
    place: usize,
    column: &str,
    from: u32,
) -> Result<u32, String> {
    let fits = |number: &f64| number.fract() == 0.0 && (f64::from(from)..=1e9).contains(number);
    let found = row.get(place).and_then(Value::as_f64).filter(fits);
    let rule = || format!("row {index}: `{column}` must be whole and from {from} to 10^9");
    found.map(|number| number as u32).ok_or_else(rule)
}

/// Reads a cell that must hold a number from 0 to a most.
pub(crate) fn number(
    row: &[Value],
    index: usize,
    place: usize,
    column: &str,
    most: f64,
) -> Result<f64, String> {
    let found = row.get(place).and_then(Value::as_f64);
    let found = found.filter(|number| (0.0..=most).contains(number));
    found.ok_or_else(|| format!("row {index}: `{column}` must be a number from 0 to {most}"))
}

/// A request as it is fed in.
pub(crate) struct Request {
    pub(crate) arrival_s: f64,
    pub(crate) prompt_tokens: u32,
    pub(crate) output_tokens: u32,
}

/// Where the rows say what is fed in, and within which bounds.
pub(crate) struct RequestColumns {
    pub(crate) arrival: &'static str,
    pub(crate) prompt: &'static str,
    pub(crate) output: &'static str,
    /// Latest arrival, in seconds.
    pub(crate) arrival_max_s: f64,
    pub(crate) output_min: u32,
}

impl RequestColumns {
    /// What is fed in of the rows: when requests came, and how long they are.
    pub(crate) fn read(
        &self,
        rows: &[&mut Vec<Value>],
        columns: &[String],
    ) -> Result<Vec<Request>, String> {
        let Self { arrival, prompt, output, arrival_max_s, output_min } = *self;
        let places = [place(columns, arrival)?, place(columns, prompt)?, place(columns, output)?];
        let request = |(index, row): (usize, &&mut Vec<Value>)| {
            Ok(Request {
                arrival_s: number(row, index, places[0], arrival, arrival_max_s)?,
                prompt_tokens: whole(row, index, places[1], prompt, 1)?,
                output_tokens: whole(row, index, places[2], output, output_min)?,
            })
        };
        let requests: Vec<Request> =
            rows.iter().enumerate().map(request).collect::<Result<_, String>>()?;
        match requests.windows(2).position(|pair| pair[0].arrival_s > pair[1].arrival_s) {
            Some(index) => {
                Err(format!("row {}: `{arrival}` lies before that of the row above", index + 1))
            }
            None => Ok(requests),
        }
    }
}

pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A percentile, interpolated linearly as numpy does.
pub(crate) fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * (sorted.len().checked_sub(1)?) as f64;
    let (low, part) = (place.floor(), place.fract());
    let (below, above) = (sorted.get(low as usize)?, sorted.get(low as usize + 1));
    Some(below + part * (above.unwrap_or(below) - below))
}
