//! What the arguments ask to search by.

use tokendrome::{SimulationSpec, TimeUnit};
use tokendrome_explore::{Condition, ConditionSide, Grid, Method, Search};

use crate::args::{CapacityArgs, MethodChoice, SearchArgs};
use crate::failure::Failure;
use crate::workload_files::Prepared;

/// Share of the rate that half the interval is at most.
const PRECISION: f64 = 0.01;
/// Coarser than this a search by drift looks too far to both sides.
const PRECISION_MAX: f64 = 0.1;
/// Replications at most at one rate.
const TRIALS_MAX: u64 = 200;
/// Share of the requests that must meet the objectives.
const ATTAINMENT: f64 = 0.9;

/// The grid of the recorded simulator: step, window in seconds, points and runs of each.
const STEP: f64 = 0.5;
const WINDOW_S: f64 = 200.0;
const POINTS: u32 = 40;
const TRIALS: u32 = 80;
/// Points that fill the blocks of the test.
const POINTS_LEAST: u32 = 10;

pub(super) fn of(args: &CapacityArgs, all: &[(String, Prepared)]) -> Result<Method, Failure> {
    let of = &args.search;
    check_numbers(of)?;
    let method = of.method().map_err(Failure::usage)?;
    let grid_flags = [
        ("--step", of.step.is_some()),
        ("--window", of.window.is_some()),
        ("--points", of.points.is_some()),
    ];
    if let (Some((flag, _)), true) =
        (grid_flags.iter().find(|(_, given)| *given), method != MethodChoice::MannKendall)
    {
        let message = format!("{flag} belongs to the grid of the test of Mann and Kendall");
        return Err(Failure::usage(message).help("add `--method mann-kendall`, or leave it out"));
    }
    let spec = strictest(all);
    match method {
        MethodChoice::Drift => Ok(Method::Drift(search(of, spec)?)),
        MethodChoice::MannKendall => grid(args, all).map(Method::MannKendall),
        MethodChoice::Slo => Ok(Method::Objectives(search(of, spec)?, conditions(of, all)?)),
    }
}

/// The settings of the scenario that asks for most.
fn strictest(all: &[(String, Prepared)]) -> &SimulationSpec {
    let specs = all.iter().map(|(_, of)| &of.resolved.simulation);
    let precision = |spec: &SimulationSpec| spec.precision.unwrap_or(1.0);
    let strictest = specs.reduce(|a, b| if precision(b) < precision(a) { b } else { a });
    strictest.expect("a search has a scenario")
}

fn check_numbers(of: &SearchArgs) -> Result<(), Failure> {
    let numbers =
        [("--from", of.from), ("--to", of.to), ("--step", of.step), ("--window", of.window)];
    for (flag, value) in numbers {
        if let Some(value) = value
            && !(value > 0.0 && value <= 1e9)
        {
            let message = format!("{flag} must be above 0 and at most 1e9; found {value}");
            return Err(Failure::usage(message));
        }
    }
    if let (Some(from), Some(to)) = (of.from, of.to)
        && from > to
    {
        let message = format!("--from ({from}) is above --to ({to})");
        return Err(Failure::usage(message).help("give the lower rate with --from"));
    }
    match of.attainment {
        Some(share) if !(share > 0.0 && share < 1.0) => {
            let message = format!("--attainment must be above 0 and below 1; found {share}");
            Err(Failure::usage(message).help("it is a share of the requests: 0.9 is nine in ten"))
        }
        _ => Ok(()),
    }
}

fn search(of: &SearchArgs, spec: &SimulationSpec) -> Result<Search, Failure> {
    let precision = spec.precision.unwrap_or(PRECISION);
    if precision > PRECISION_MAX {
        let message = format!("a precision of {precision} is too coarse to tell rates apart");
        return Err(Failure::usage(message).help("ask for 10 % or less: --precision 10%"));
    }
    Ok(Search {
        from_per_s: of.from,
        to_per_s: of.to,
        precision,
        trials_first: u64::from(spec.trials),
        trials_max: spec.max_trials.map_or(TRIALS_MAX, u64::from),
    })
}

fn grid(args: &CapacityArgs, all: &[(String, Prepared)]) -> Result<Grid, Failure> {
    let of = &args.search;
    let Some((from_per_s, to_per_s)) = of.from.zip(of.to) else {
        let message = "the test of Mann and Kendall tries the rates of a grid, and has no range";
        return Err(Failure::usage(message).help("give it: --from 1 --to 4.5"));
    };
    let points = of.points.unwrap_or(POINTS);
    if points < POINTS_LEAST {
        let message = format!("--points must be at least {POINTS_LEAST}; found {points}");
        return Err(Failure::usage(message).help("the test compares ten blocks of them"));
    }
    let spec = &all[0].1.resolved.simulation;
    let asked = all.iter().map(|(_, of)| of.resolved.simulation.trials).max();
    let trials = asked.filter(|&trials| trials > 1 || args.changes.says_trials());
    let window_s = of.window.map_or(WINDOW_S, |window| match spec.time_unit {
        TimeUnit::Second => window,
        TimeUnit::Tick => window / 1e3,
    });
    let step_per_s = of.step.unwrap_or(STEP);
    Ok(Grid {
        from_per_s,
        to_per_s,
        step_per_s,
        window_s,
        points,
        trials: trials.unwrap_or(TRIALS),
    })
}

fn conditions(of: &SearchArgs, all: &[(String, Prepared)]) -> Result<Vec<Condition>, Failure> {
    let (mut conditions, takes_attainment) = of.conditions().map_err(|message| {
        Failure::usage(message).help("name scenarios before a bare --slo, or write --slo=")
    })?;
    let unit = all[0].1.resolved.simulation.time_unit;
    for condition in &mut conditions {
        if unit == TimeUnit::Tick {
            condition.name = condition.name.replace("_ticks", "_ms");
        }
    }
    if takes_attainment {
        if let Some((name, _)) = all.iter().find(|(_, of)| of.resolved.slo.is_empty()) {
            let message = format!("{name} has no limits in [slo] that requests could meet");
            return Err(Failure::usage(message).help(
                "set some (`--set slo.ttft_ms=500`), or name a figure: --slo \"ttft_ms.p99<=500\"",
            ));
        }
        conditions.push(Condition {
            name: "slo.attainment".to_owned(),
            side: ConditionSide::AtLeast,
            limit: of.attainment.unwrap_or(ATTAINMENT),
        });
    }
    Ok(conditions)
}
