//! `tokendrome bench compare`.

use std::path::Path;

use tokendrome_dataset::{DatasetError, Figure, Results, read_results};
use tokendrome_report::side_by_side::{Row, Side, SideBySide, render, write_json};
use tokendrome_report::table::Style;

use crate::args::BenchCompareArgs;
use crate::console::Console;
use crate::failure::Failure;
use crate::outputs::Target;

pub(crate) fn execute(args: &BenchCompareArgs, console: &Console) -> Result<(), Failure> {
    let real = read(&args.real, args.real_run, "--real-run")?;
    let simulated = read(&args.simulated, args.sim_run, "--sim-run")?;
    let rows = rows(real.summary.figures(), simulated.summary.figures());
    if !rows.iter().any(|row| row.real.is_some() && row.simulated.is_some()) {
        let message = format!(
            "{} ({}) and {} ({}) have no figure in common",
            args.real.display(),
            real.format,
            args.simulated.display(),
            simulated.format
        );
        let help = "write the simulated run in the format of the real one: --output-format";
        return Err(Failure::usage(message).help(help));
    }
    let mut notices = Vec::new();
    for (path, results) in [(&args.real, &real), (&args.simulated, &simulated)] {
        let named = |text: &String| format!("{}: {text}", path.display());
        notices.extend(results.notices.iter().map(named));
    }
    let beside = SideBySide {
        real: side(&args.real, &real),
        simulated: side(&args.simulated, &simulated),
        rows,
        notices,
    };
    if args.json {
        return Target::Stdout.write(|mut out| write_json(&beside, &mut out));
    }
    console.print(&render(&beside, Style { color: console.color, width: Console::width() }))
}

fn read(path: &Path, run: Option<usize>, flag: &str) -> Result<Results, Failure> {
    read_results(path, run).map_err(|error| {
        let failure = Failure::usage(error.to_string());
        match error {
            DatasetError::Runs { .. } => failure.help(format!("choose it by {flag} N")),
            _ => failure,
        }
    })
}

fn side(path: &Path, results: &Results) -> Side {
    Side { file: path.display().to_string(), format: results.format.to_string() }
}

/// The figures of both, then those that the simulated run alone has.
fn rows(real: Vec<Figure>, mut simulated: Vec<Figure>) -> Vec<Row> {
    let row = |of: Figure, real, simulated| Row {
        name: of.name,
        label: of.label,
        unit: of.unit,
        real,
        simulated,
    };
    let mut rows = Vec::new();
    for figure in real {
        let same = simulated.iter().position(|other| other.name == figure.name);
        let other = same.map(|place| simulated.remove(place).value);
        let value = figure.value;
        rows.push(row(figure, Some(value), other));
    }
    rows.extend(simulated.into_iter().map(|figure| {
        let value = figure.value;
        row(figure, None, Some(value))
    }));
    rows
}
