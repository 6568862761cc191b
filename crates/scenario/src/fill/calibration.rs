//! `calibration` in `[step_time]`: constants of an engine, by name or from a file, under those that
//! the scenario gives.

use crate::files;
use crate::problem::Problem;
use crate::profile::{self, EngineProfile};
use crate::source::Sources;
use crate::tree::{Entry, Node, Table};

/// The key of `[step_time]` that names a profile.
pub(crate) const KEY: &str = "calibration";

/// Lays the step times and delays of the profile that the scenario names under its own.
pub(super) fn fill(root: &mut Table, sources: &Sources) -> Result<(), Problem> {
    let step_time = root.get_mut("step_time").and_then(Node::as_table_mut);
    let Some(entry) = step_time.and_then(|table| table.take(KEY)) else {
        return Ok(());
    };
    let at = entry.value.at;
    let profile = named(&entry, sources)?;
    let json = |value: Result<serde_json::Value, serde_json::Error>| {
        value.map(|json| Node::from_json(json, at)).map_err(|error| {
            Problem::new(format!("the profile `{}`: {error}", profile.head.name))
                .at(at, "named here")
        })
    };
    let constants = json(serde_json::to_value(&profile.step_time))?;
    let delays = json(serde_json::to_value(profile.delays))?;
    if let Some(step_time) = root.table_mut("step_time", at) {
        let kind = |table: &Table| table.get("kind").and_then(Node::as_str).map(str::to_owned);
        let (own, theirs) = (kind(step_time), constants.as_table().and_then(kind));
        if own.is_some() && own != theirs {
            let message = format!(
                "`{KEY}` names constants of `kind = \"{}\"`, and the scenario says another",
                theirs.unwrap_or_default()
            );
            return Err(Problem::new(message).at(at, "named here").help("leave `kind` out"));
        }
        super::lay_over(step_time, constants);
    }
    if let Some(cluster) = root.table_mut("cluster", at)
        && let Some(table) = cluster.table_mut("delays", at)
    {
        super::lay_over(table, delays);
    }
    Ok(())
}

fn named(entry: &Entry, sources: &Sources) -> Result<EngineProfile, Problem> {
    let at = entry.value.at;
    let Some(text) = entry.value.as_str() else {
        let message = format!("`{KEY}` must be text; found {}", entry.value.describe());
        return Err(Problem::new(message).at(at, "not text"));
    };
    if text.ends_with(".toml") {
        let path = sources.folder(at).join(text);
        let file = files::read(&path).map_err(|problem| problem.at(at, "named here"))?;
        return EngineProfile::read(&file).map_err(|error| {
            let message = format!("`{}` is no profile: {error}", path.display());
            Problem::new(message).at(at, "named here").help("`tokendrome calibrate` makes them")
        });
    }
    let mut shipped = profile::shipped();
    let names: Vec<String> =
        shipped.iter().map(|profile| format!("`{}`", profile.head.name)).collect();
    match shipped.iter().position(|profile| profile.head.name == text) {
        Some(index) => Ok(shipped.swap_remove(index)),
        None => {
            Err(Problem::new(format!("there is no profile `{text}`")).at(at, "not known").help(
                format!("one of {}, or the path of a file that ends in .toml", names.join(", ")),
            ))
        }
    }
}
