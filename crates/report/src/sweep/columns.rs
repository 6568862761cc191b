//! The points as columns, for CSV and Parquet.

use std::collections::BTreeMap;

use tokendrome::{SweepParameter, ticks};
use tokendrome_explore::{Estimate, Interval};

use super::SweptPoints;

/// A column: its name, and a value for every simulated point.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Values,
}

pub(super) enum Values {
    Words(Vec<String>),
    Counts(Vec<i64>),
    /// What a point does not have is none.
    Numbers(Vec<Option<f64>>),
}

/// All columns, in order.
pub(super) fn columns(points: &SweptPoints<'_>) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for (at, parameter) in points.sweep.parameters.iter().enumerate() {
        let settings: Vec<usize> = points.rows().map(|(point, _)| point.settings[at]).collect();
        columns
            .push(Column { name: parameter.field.clone(), values: varied(parameter, &settings) });
    }
    let trials = points.rows().map(|(_, trials)| i64::try_from(trials.trials).unwrap_or(i64::MAX));
    columns.push(Column { name: "trials".to_owned(), values: Values::Counts(trials.collect()) });
    for name in figures(points) {
        let estimates = points.estimates(&name);
        columns.extend(of_figure(&name, &estimates, points.clock().counts_ticks()));
    }
    columns
}

/// The values of a field: whole numbers, numbers, or else labels.
fn varied(parameter: &SweepParameter, settings: &[usize]) -> Values {
    let all = || settings.iter().map(|&setting| &parameter.settings[setting]);
    if let Some(numbers) = all().map(|setting| setting.value.as_i64()).collect() {
        return Values::Counts(numbers);
    }
    match all().map(|setting| setting.value.as_f64()).collect::<Option<Vec<f64>>>() {
        Some(numbers) => Values::Numbers(numbers.into_iter().map(Some).collect()),
        None => Values::Words(all().map(|setting| setting.label.clone()).collect()),
    }
}

/// Names of the figures that any point has, in the order of the report.
fn figures(points: &SweptPoints<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, trials) in points.rows() {
        let is_same = trials.estimates.len() == names.len()
            && trials.estimates.iter().zip(&names).all(|(estimate, name)| estimate.name == *name);
        if !is_same {
            merge(&mut names, &trials.estimates);
        }
    }
    names
}

/// Puts new names behind those that they follow.
fn merge(names: &mut Vec<String>, estimates: &[Estimate]) {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, name) in names.iter().enumerate() {
        places.insert(name, place);
    }
    let (mut merged, mut next) = (Vec::with_capacity(names.len()), 0);
    for Estimate { name, .. } in estimates {
        match places.get(name.as_str()) {
            Some(&place) if place >= next => {
                merged.extend_from_slice(&names[next..=place]);
                next = place + 1;
            }
            Some(_) => {}
            None => merged.push(name.clone()),
        }
    }
    merged.extend_from_slice(&names[next..]);
    *names = merged;
}

/// The four columns of a figure.
fn of_figure(name: &str, estimates: &[Option<&Estimate>], in_ticks: bool) -> [Column; 4] {
    let renamed = if in_ticks { ticks::figure_in_ticks(name) } else { None };
    let (name, factor) =
        renamed.map_or((name.to_owned(), None), |(name, factor)| (name, Some(factor)));
    let column = |ending: &str, value: &dyn Fn(&Estimate) -> Option<f64>| {
        let told = |value: f64| factor.map_or(value, |factor| ticks::shortened(value * factor));
        let values = estimates.iter().map(|of| of.and_then(value).map(told));
        Column { name: format!("{name}{ending}"), values: Values::Numbers(values.collect()) }
    };
    let end = |end: fn(&Interval) -> f64| move |of: &Estimate| of.ci95.as_ref().map(end);
    [
        column("", &|of| Some(of.mean)),
        column(".ci95_low", &end(|interval| interval.low)),
        column(".ci95_high", &end(|interval| interval.high)),
        column(".std", &|of| of.std),
    ]
}
