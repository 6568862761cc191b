//! The points of a sweep, all resolved and checked before any is simulated.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tokendrome::Simulation;
use tokendrome_explore::{Sweep, SweepPoint};
use tokendrome_report::journal::{Content, Key};
use tokendrome_scenario::{LoadedSweep, Vary, load_sweep};

use crate::args::SweepArgs;
use crate::built_in::fit_lengths;
use crate::failure::Failure;
use crate::rows::{files, open_all};
use crate::workload_files::read_files;

/// The sweep, and what there is to know of how it was read.
pub(super) fn prepared(args: &SweepArgs) -> Result<(Sweep, Vec<String>), Failure> {
    let (mut changes, mut reading) = args.scenario.changes()?;
    let input = args.scenario.input();
    fit_lengths(&input, &mut changes, &mut reading);
    let vary = |text: &String| {
        let vary = Vary::assignment("--vary", text);
        vary.map_err(|error| Failure::usage(format!("--vary: {error}")))
    };
    let vary: Vec<Vary> = args.vary.iter().map(vary).collect::<Result<_, _>>()?;
    let mut loaded = load_sweep(&input, &changes, &vary, args.mode())?;
    reading.append(&mut loaded.base.notices);
    read_files(&mut loaded.base.scenario)?;
    let base = loaded.base.scenario.clone().resolve();
    let (base, _) = base.map_err(|error| loaded.base.explain(&error))?;
    let mut points = Vec::with_capacity(loaded.points());
    for index in 0..loaded.points() {
        points.push(point(&loaded, index, &mut reading)?);
    }
    let sweep = Sweep { base, parameters: loaded.parameters(), points };
    check_clocks(&loaded, &sweep)?;
    Ok((sweep, reading))
}

fn point(
    loaded: &LoadedSweep,
    index: usize,
    reading: &mut Vec<String>,
) -> Result<SweepPoint, Failure> {
    let mut point = loaded.point(index)?;
    for notice in std::mem::take(&mut point.notices) {
        if !reading.contains(&notice) {
            reading.push(notice);
        }
    }
    read_files(&mut point.scenario)?;
    let simulation = Simulation::new(&point.scenario);
    let simulation = simulation.map_err(|error| point.explain(&error))?;
    if simulation.scenario().simulation.precision.is_some() {
        let message = format!(
            "{}: simulation.precision adds trials to those of one scenario; every point of a sweep \
             has a number of trials",
            loaded.name(index)
        );
        return Err(Failure::usage(message).help("set simulation.trials instead, or `--trials N`"));
    }
    Ok(SweepPoint { settings: loaded.settings(index), simulation })
}

/// Ticks are not seconds.
fn check_clocks(loaded: &LoadedSweep, sweep: &Sweep) -> Result<(), Failure> {
    let unit = |point: &SweepPoint| point.simulation.scenario().simulation.time_unit;
    let other = sweep.points.iter().position(|point| unit(point) != unit(&sweep.points[0]));
    let Some(other) = other else { return Ok(()) };
    let message = format!(
        "{}: its clock counts something else than that of the first point, and ticks are not \
         seconds",
        loaded.name(other)
    );
    Err(Failure::usage(message).help("sweep each clock for itself"))
}

/// What the figures of each point depend on.
pub(super) fn keys(sweep: &Sweep) -> Result<Vec<Key>, Failure> {
    let mut known: BTreeMap<Vec<PathBuf>, Content> = BTreeMap::new();
    let mut keys = Vec::with_capacity(sweep.points.len());
    for point in &sweep.points {
        let scenario = point.simulation.scenario();
        let files = files(scenario);
        let content = match known.get(&files) {
            _ if files.is_empty() => None,
            Some(&known) => Some(known),
            None => {
                let content = content(&files)?;
                known.insert(files, content);
                Some(content)
            }
        };
        keys.push(Key::of(scenario, content));
    }
    Ok(keys)
}

fn content(files: &[PathBuf]) -> Result<Content, Failure> {
    let read = Content::of(open_all(files)?);
    read.map_err(|error| Failure::usage(format!("cannot read `{}`: {error}", files[0].display())))
}
