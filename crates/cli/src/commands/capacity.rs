//! `tokendrome capacity`.

mod method;

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Instant;

use tokendrome::SimulateError;
use tokendrome_explore::{Capacity, CapacityError, Cases, Method, Step, capacity};
use tokendrome_report::capacity::{Searched, Side, render, write};
use tokendrome_report::plot;
use tokendrome_report::table::Style;

use crate::args::CapacityArgs;
use crate::commands::compare::{prepared, reading};
use crate::console::Console;
use crate::failure::Failure;
use crate::outputs::{begin_capacity, begin_plot, check_paths, persist};
use crate::outside::Outside;
use crate::progress::{self, SearchBar};
use crate::rows::files;

pub(crate) fn execute(args: &CapacityArgs, console: &Console) -> Result<(), Failure> {
    let mut changes = args.changes.clone();
    let max_trials = changes.take_max_trials()?;
    let all = prepared(&args.files, &changes)?;
    let method = method::of(args, max_trials, &all)?;
    let rows = all.iter().flat_map(|(_, one)| files(&one.resolved));
    let inputs: Vec<PathBuf> = rows.chain(args.files.iter().cloned()).collect();
    let outputs = &args.outputs;
    check_paths(&[&outputs.output, &outputs.plot], &inputs)?;
    let (format, target) = begin_capacity(outputs.output.as_deref())?;
    let picture = begin_plot(outputs.plot.as_deref())?;
    let named = all.iter().map(|(name, of)| (name.clone(), of.scenario.clone()));
    let cases = Cases::new(named.collect());
    let cases = cases.map_err(|error| Failure::usage(error.to_string()))?;
    let start = Instant::now();
    let found = searched(args, console, &cases, &method)?;
    if args.runs.shows_progress(console) {
        let runs: u64 = found.iter().map(|of| of.runs).sum();
        let seconds = start.elapsed().as_secs_f64();
        console.notice(&format!("simulated {runs} runs in {seconds:.2} s"));
    }
    let notices = [reading(&all), cases.notices().to_vec()].concat();
    let sides = cases.list.iter().zip(&found).map(|(case, capacity)| Side {
        name: &case.name,
        scenario: case.simulation.scenario(),
        capacity,
    });
    let sides: Vec<Side<'_>> = sides.collect();
    let searched = Searched { method: &method, sides: &sides, notices: &notices };
    let style = Style { color: console.color, width: Console::width() };
    let table = (!target.takes_stdout()).then(|| render(&searched, args.verbose, style));
    target.write(|mut out| write(format, &searched, &mut out))?;
    if let Some((format, file)) = picture {
        persist(file, |out| plot::write_capacity(format, &searched, out))?;
    }
    if let Some(table) = table {
        console.print(&table)?;
    }
    if found.iter().all(|of| of.is_complete) { Ok(()) } else { Err(Failure::Interrupted) }
}

/// Searches for the capacity of each scenario in turn. Once interrupted, the others end at once.
fn searched(
    args: &CapacityArgs,
    console: &Console,
    cases: &Cases,
    method: &Method,
) -> Result<Vec<Capacity>, Failure> {
    let threads = args.runs.threads();
    let bar = RefCell::new(SearchBar::new(args.runs.shows_progress(console)));
    progress::catch_interrupts();
    let one = |case: &tokendrome_explore::Case| {
        let tell = |step: Step| bar.borrow_mut().set(&case.name, step.rate_per_s, step.runs);
        let found = capacity(&case.simulation, method, threads, &Outside::default(), &tell);
        found.map_err(|error| failure(&case.name, error))
    };
    let found = cases.list.iter().map(one).collect();
    bar.borrow().finish();
    found
}

fn failure(name: &str, error: CapacityError) -> Failure {
    let message = format!("{name}: {error}");
    match error {
        CapacityError::Run { error: SimulateError::Stuck(_), .. } => Failure::Run(message),
        CapacityError::NoRate { help, .. } if !help.is_empty() => {
            Failure::usage(message).help(help)
        }
        CapacityError::NoFigure { known, .. } if !known.is_empty() => {
            Failure::usage(message).help(format!("there are {}, and others", known.join(", ")))
        }
        _ => Failure::usage(message),
    }
}
