//! The errors as a table for people, and as CSV.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::score::{mean, percentile};
use crate::{Errors, METRICS, Metric, Unit};

/// The table: a line for each figure of each run and stage, then the medians of the groups.
#[must_use]
pub fn table(units: &[Unit]) -> String {
    let width = units.iter().map(|unit| unit.run.len()).max().unwrap_or(0).max("run".len());
    let mut out = format!(
        "{:width$} {:>5}  {:10} {:>11} {:>11} {:>8}  {}\n",
        "run", "stage", "metric", "measured", "simulated", "error", "others"
    );
    for unit in units {
        for metric in METRICS {
            let Some(error) = unit.errors.get(metric) else { continue };
            let truth = unit.truth.get(metric).map_or("-".to_owned(), shown);
            let found = unit.found.get(metric).map_or("-".to_owned(), shown);
            let others: Vec<String> = unit
                .peers
                .iter()
                .filter_map(|peer| {
                    Some(format!("{:+.1} % {}", peer.errors.get(metric)?, peer.name))
                })
                .collect();
            push(
                &mut out,
                format_args!(
                    "{:width$} {:>5}  {:10} {truth:>11} {found:>11} {error:>+6.1} %  {}\n",
                    unit.run,
                    unit.stage,
                    metric.name(),
                    others.join(", ")
                ),
            );
        }
    }
    for (name, of) in groups(units) {
        push(&mut out, format_args!("\n{name}: |error| %, median / mean of {}\n", of.len()));
        line(&mut out, "this", &of, |unit| Some(&unit.errors));
        let names: BTreeSet<&str> =
            of.iter().flat_map(|unit| &unit.peers).map(|peer| peer.name.as_str()).collect();
        for name in names {
            let errors = |unit: &&'_ Unit| -> Option<usize> {
                unit.peers.iter().position(|peer| peer.name == name)
            };
            let said: Vec<&Unit> =
                of.iter().copied().filter(|unit| errors(unit).is_some()).collect();
            let label = format!("{name} ({})", said.len());
            line(&mut out, &label, &said, |unit| {
                unit.peers.iter().find(|peer| peer.name == name).map(|peer| &peer.errors)
            });
        }
    }
    out
}

/// A row for each figure of each run and stage.
#[must_use]
pub fn csv(units: &[Unit]) -> String {
    let mut out = "run,track,stage,model,gpu,metric,measured,simulated,error_percent\n".to_owned();
    for unit in units {
        for metric in METRICS {
            let Some(error) = unit.errors.get(metric) else { continue };
            let number = |of: &Errors| of.get(metric).map_or(String::new(), |n| n.to_string());
            let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
            push(
                &mut out,
                format_args!(
                    "{},{},{},{},{},{},{},{},{error}\n",
                    quoted(&unit.run),
                    quoted(&unit.group),
                    unit.stage,
                    quoted(&unit.model),
                    quoted(&unit.gpu),
                    metric.name(),
                    number(&unit.truth),
                    number(&unit.found),
                ),
            );
        }
    }
    out
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes what is written");
}

/// Four significant digits: times are of microseconds to minutes.
fn shown(value: f64) -> String {
    match value.abs() {
        1000.0.. => format!("{value:.0}"),
        100.0.. => format!("{value:.1}"),
        10.0.. => format!("{value:.2}"),
        1.0.. => format!("{value:.3}"),
        0.1.. => format!("{value:.4}"),
        _ => format!("{value:.5}"),
    }
}

/// The units that medians are taken of, in the order of their first run; of models that constants
/// were not fitted on a group of their own, where the manifest tells them apart.
fn groups(units: &[Unit]) -> Vec<(String, Vec<&Unit>)> {
    let mut groups: Vec<(String, Vec<&Unit>)> = Vec::new();
    for unit in units.iter().filter(|unit| unit.is_scored) {
        let unseen = unit.is_model_seen == Some(false);
        let names = [
            Some(unit.group.clone()),
            unseen.then(|| format!("{}, models not fitted on", unit.group)),
        ];
        for name in names.into_iter().flatten() {
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, of)) => of.push(unit),
                None => groups.push((name, vec![unit])),
            }
        }
    }
    groups
}

fn line<'a>(
    out: &mut String,
    label: &str,
    units: &[&'a Unit],
    errors: impl Fn(&'a Unit) -> Option<&'a Errors>,
) {
    push(out, format_args!("  {label:32}"));
    for metric in METRICS {
        let of = |unit: &&'a Unit| errors(unit)?.get(metric).map(f64::abs);
        let all: Vec<f64> = units.iter().filter_map(of).collect();
        if let (Some(median), Some(mean)) = (percentile(&all, 50.0), mean(&all)) {
            push(out, format_args!("  {} {median:.1} / {mean:.1}", short(metric)));
        }
    }
    out.push('\n');
}

fn short(metric: Metric) -> &'static str {
    metric.name()
}
