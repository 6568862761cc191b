//! `tokendrome run`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use tokendrome::metrics::Observer;
use tokendrome::{Output, Scenario, SimulateError, TimeUnit, simulate};
use tokendrome_report::table::{Style, render};

use crate::args::RunArgs;
use crate::commands::trials;
use crate::console::Console;
use crate::failure::Failure;
use crate::outputs::Outputs;
use crate::progress::{self, Watcher};
use crate::rows::files;
use crate::workload_files::Prepared;

pub(crate) fn execute(args: &RunArgs, console: &Console) -> Result<(), Failure> {
    let prepared = Prepared::load(&args.scenario)?;
    let simulation = &prepared.resolved.simulation;
    if simulation.trials > 1 || simulation.precision.is_some() {
        return trials::execute(args, console, &prepared);
    }
    let inputs = inputs(args, &prepared);
    let mut outputs = Outputs::begin(&args.outputs, &inputs, &prepared.resolved)?;
    let start = Instant::now();
    let output = simulated(args, console, &prepared, &mut outputs)?;
    if !args.runs.quiet {
        report_speed(console, &output, start);
    }
    let Output { report, curves } = output;
    let prints_table = !outputs.takes_stdout();
    let table = prints_table
        .then(|| render(&report, Style { color: console.color, width: Console::width() }));
    outputs.finish(&report, &curves, console)?;
    if let Some(table) = table {
        console.print(&table)?;
    }
    if report.is_complete { Ok(()) } else { Err(Failure::Interrupted) }
}

/// The files that the run reads, which no output may replace.
pub(crate) fn inputs(args: &RunArgs, prepared: &Prepared) -> Vec<PathBuf> {
    let scenario = args.scenario.path().map(Path::to_path_buf);
    scenario.into_iter().chain(files(&prepared.resolved)).collect()
}

/// Runs the simulation, and adds to its notices what it cannot know itself.
fn simulated(
    args: &RunArgs,
    console: &Console,
    prepared: &Prepared,
    outputs: &mut Outputs,
) -> Result<Output, Failure> {
    let (rows, found) = prepared.rows()?.unzip();
    let is_shown = args.runs.shows_progress(console);
    let mut watcher = Watcher::new(is_shown, total(&prepared.resolved));
    progress::catch_interrupts();
    let mut observers: Vec<&mut dyn Observer> = vec![&mut watcher];
    observers.extend(outputs.observers());
    let result = simulate(&prepared.scenario, rows, &mut observers);
    watcher.finish();
    let mut output = result.map_err(explained)?;
    let notices = &mut output.report.notices;
    notices.splice(0..0, prepared.reading().iter().cloned());
    notices.extend(found.into_iter().flat_map(|found| found.list()));
    Ok(output)
}

fn explained(error: SimulateError) -> Failure {
    error.into()
}

/// Requests of the run, if they are known beforehand.
fn total(scenario: &Scenario) -> Option<u64> {
    let workload = &scenario.workload;
    let is_open = workload.reads_rows() || workload.duration_s.is_some();
    workload.requests.filter(|_| !is_open).map(u64::from)
}

/// Says how long it took, to a person.
fn report_speed(console: &Console, output: &Output, start: Instant) {
    if !console.is_watched {
        return;
    }
    let summary = &output.report.summary;
    console.notice(&format!(
        "simulated {} requests in {:.2} s ({})",
        summary.requests.total,
        start.elapsed().as_secs_f64(),
        match output.report.scenario.simulation.time_unit {
            TimeUnit::Second => format!("{:.0} s of serving", summary.duration_s),
            TimeUnit::Tick => format!("{:.0} ticks", summary.duration_s * 1e3),
        },
    ));
}
