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
