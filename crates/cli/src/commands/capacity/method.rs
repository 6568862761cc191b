//! What the arguments ask to search by.

use tokendrome::TimeUnit;
use tokendrome_explore::{Condition, ConditionSide, Grid, Method, Search};

use crate::args::{CapacityArgs, MethodChoice, SearchArgs};
use crate::failure::Failure;
use crate::workload_files::Prepared;

/// Share of the rate that half the interval is at most.
const PRECISION: f64 = 0.01;
/// Coarser than this a search by drift looks too far to both sides.
const PRECISION_MAX: f64 = 0.1;
/// Replications at most at one rate.
const TRIALS_MAX: u64 = 1_000;
/// Share of the requests that must meet the objectives.
const ATTAINMENT: f64 = 0.9;

/// The grid of the recorded simulator: step, window in seconds, points and runs of each.
const STEP: f64 = 0.5;
const WINDOW_S: f64 = 200.0;
const POINTS: u32 = 40;
const TRIALS: u32 = 80;
/// Most rates, or windows at each, of a grid.
const RATES_MAX: f64 = 10_000.0;
/// Points that fill the blocks of the test.
const POINTS_LEAST: u32 = 10;

/// The method; `max_trials` is what the flags say of it.
pub(super) fn of(
    args: &CapacityArgs,
    max_trials: Option<u64>,
    all: &[(String, Prepared)],
) -> Result<Method, Failure> {
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
    let search = || search(of, max_trials, all);
    match method {
        MethodChoice::Drift => Ok(Method::Drift(search()?)),
        MethodChoice::MannKendall => grid(args, all).map(Method::MannKendall),
        MethodChoice::Slo => Ok(Method::Objectives(search()?, conditions(of, all)?)),
    }
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

/// Of several scenarios what the most demanding asks for.
fn search(
    of: &SearchArgs,
    max_trials: Option<u64>,
    all: &[(String, Prepared)],
) -> Result<Search, Failure> {
    let specs = || all.iter().map(|(_, of)| &of.resolved.simulation);
    let precision = specs().filter_map(|spec| spec.precision).reduce(f64::min);
    let precision = precision.unwrap_or(PRECISION);
    if precision > PRECISION_MAX {
        let message = format!("a precision of {precision} is too coarse to tell rates apart");
        return Err(Failure::usage(message).help("ask for 10 % or less: --precision 10%"));
    }
    Ok(Search {
        from_per_s: of.from,
        to_per_s: of.to,
        precision,
        trials_first: specs().map(|spec| u64::from(spec.trials)).max().unwrap_or(1),
        trials_max: max_trials.unwrap_or_else(|| {
            let most = specs().filter_map(|spec| spec.max_trials).max();
            most.map_or(TRIALS_MAX, u64::from)
        }),
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
    let rates = (to_per_s - from_per_s) / step_per_s + 1.0;
    if rates > RATES_MAX || f64::from(points) > RATES_MAX {
        let (what, count) = match rates > RATES_MAX {
            true => ("rates", rates.floor()),
            false => ("windows", f64::from(points)),
        };
        let message = format!("a grid has at most {RATES_MAX} {what}; this one has {count}");
        return Err(Failure::usage(message).help("take a wider --step, or fewer --points"));
    }
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
            condition.rename(&condition.name.replace("_ticks", "_ms"));
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
