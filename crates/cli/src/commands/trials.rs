//! `tokendrome run` with several trials.

use std::time::Instant;

use tokendrome::{Scenario, Simulation, SimulationSpec};
use tokendrome_explore::{Goal, Precision, Trials, run_trials};
use tokendrome_report::table::Style;
use tokendrome_report::trials::{render, write_json};

use crate::args::{OutputArgs, OutputFormat, RunArgs};
use crate::commands::run::inputs;
use crate::console::Console;
use crate::failure::Failure;
use crate::outputs::{Target, check_distinct};
use crate::outside::Outside;
use crate::progress::{self, TrialsBar};
use crate::workload_files::Prepared;

pub(crate) fn execute(
    args: &RunArgs,
    console: &Console,
    prepared: &Prepared,
) -> Result<(), Failure> {
    refuse_single(&args.outputs)?;
    check_distinct(&args.outputs, &inputs(args, prepared))?;
    let target = Target::begin(args.outputs.output.as_deref())?;
    let start = Instant::now();
    let (trials, scenario) = simulated(args, console, prepared)?;
    if args.runs.shows_progress(console) {
        let seconds = start.elapsed().as_secs_f64();
        console.notice(&format!("simulated {} trials in {seconds:.2} s", trials.trials));
    }
    let style = Style { color: console.color, width: Console::width() };
    let table = (!target.takes_stdout()).then(|| render(&trials, &scenario, style));
    target.write(|mut out| write_json(&trials, &scenario, &mut out))?;
    if let Some(table) = table {
        console.print(&table)?;
    }
    if trials.is_complete { Ok(()) } else { Err(Failure::Interrupted) }
}

/// How many trials a resolved scenario asks for.
fn goal(spec: &SimulationSpec) -> Goal {
    let trials = u64::from(spec.trials);
    precision(spec).map_or(Goal::Trials(trials), Goal::Precision)
}

/// The precision that a resolved scenario asks for.
pub(crate) fn precision(spec: &SimulationSpec) -> Option<Precision> {
    let (share, most) = spec.precision.zip(spec.max_trials)?;
    let trials_first = u64::from(spec.trials);
    Some(Precision { share, trials_first, trials_max: u64::from(most) })
}

/// Outputs of a single run have no meaning for many.
fn refuse_single(args: &OutputArgs) -> Result<(), Failure> {
    let OutputArgs { requests_out, timeline, plot, animation, .. } = args;
    let asked = [
        ("--requests-out", requests_out),
        ("--timeline", timeline),
        ("--plot", plot),
        ("--animation", animation),
    ];
    let asked = asked.into_iter().find(|(_, path)| path.is_some()).map(|(flag, _)| flag);
    let layout = (args.output_format != OutputFormat::Tokendrome).then_some("--output-format");
    match asked.or(layout) {
        None => Ok(()),
        Some(flag) => {
            let message = format!("{flag} shows a single run, and the scenario asks for trials");
            let help =
                "leave it out, or add `--trials 1` (and no precision) to see the first trial alone";
            Err(Failure::usage(message).help(help))
        }
    }
}

/// Runs the trials, and adds to their notices what they cannot know themselves.
fn simulated(
    args: &RunArgs,
    console: &Console,
    prepared: &Prepared,
) -> Result<(Trials, Scenario), Failure> {
    let simulation = Simulation::new(&prepared.scenario);
    let simulation = simulation.map_err(|error| Failure::usage(error.to_string()))?;
    let goal = goal(&prepared.resolved.simulation);
    let threads = args.runs.threads();
    let mut bar = TrialsBar::new(args.runs.shows_progress(console), "trials");
    progress::catch_interrupts();
    let trials =
        run_trials(&simulation, goal, threads, &Outside::default(), |done, of| bar.set(done, of));
    bar.finish();
    let mut trials = trials?;
    trials.notices.splice(0..0, prepared.reading().iter().cloned());
    Ok((trials, simulation.scenario().clone()))
}
