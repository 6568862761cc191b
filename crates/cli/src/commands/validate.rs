//! `tokendrome validate`.

use std::time::Instant;

use tokendrome::Simulation;
use tokendrome_explore::queueing::{Size, Validation, ValidationError, cases, validate};
use tokendrome_report::queueing::{render, write_json};
use tokendrome_report::table::Style;

use crate::args::{Against, QueueingArgs, ValidateArgs};
use crate::console::Console;
use crate::failure::Failure;
use crate::outputs::Target;
use crate::outside::Outside;
use crate::progress::{self, TrialsBar};

pub(crate) fn execute(args: &ValidateArgs, console: &Console) -> Result<(), Failure> {
    let Against::Queueing(args) = &args.against;
    match &args.scenario {
        Some(name) => console.print(&scenario(args, name)?),
        None => queueing(args, console),
    }
}

fn size(args: &QueueingArgs) -> Size {
    if args.quick { Size::Quick } else { Size::Full }
}

/// The scenario of a system, as TOML.
fn scenario(args: &QueueingArgs, name: &str) -> Result<String, Failure> {
    let all = cases(args.seed, size(args));
    let Some(case) = all.iter().find(|case| case.name == name) else {
        let names: Vec<&str> = all.iter().map(|case| case.name).collect();
        let message = format!("there is no system `{name}` to validate against");
        return Err(Failure::usage(message).help(format!("there are {}", names.join(", "))));
    };
    let simulation = Simulation::new(&case.scenario);
    let simulation = simulation.map_err(|error| Failure::Run(error.to_string()))?;
    tokendrome_scenario::to_toml(simulation.scenario(), &case.scenario).map_err(Failure::Run)
}

fn queueing(args: &QueueingArgs, console: &Console) -> Result<(), Failure> {
    let target = Target::begin(args.output.as_deref())?;
    let start = Instant::now();
    let validation = validated(args, console)?;
    if args.runs.shows_progress(console) {
        let runs = validation.trials * validation.cases.len() as u64;
        let seconds = start.elapsed().as_secs_f64();
        console.notice(&format!("simulated {runs} runs in {seconds:.2} s"));
    }
    let style = Style { color: console.color, width: Console::width() };
    let table = (!target.takes_stdout()).then(|| render(&validation, style));
    target.write(|mut out| write_json(&validation, &mut out))?;
    if let Some(table) = table {
        console.print(&table)?;
    }
    match validation.refuted() {
        0 => Ok(()),
        refuted => {
            let all = validation.comparisons();
            Err(Failure::Run(format!("theory is refuted in {refuted} of {all} comparisons")))
        }
    }
}

fn validated(args: &QueueingArgs, console: &Console) -> Result<Validation, Failure> {
    let all = cases(args.seed, size(args));
    let threads = args.runs.threads();
    let is_shown = args.runs.shows_progress(console);
    let runs = args.trials * all.len() as u64;
    let mut bar = TrialsBar::new(is_shown, "runs");
    progress::catch_interrupts();
    let validation =
        validate(all, args.trials, threads, &Outside::default(), |done| bar.set(done, runs));
    bar.finish();
    validation.map_err(|error| match error {
        ValidationError::Interrupted => Failure::Abandoned,
        ValidationError::Run { .. } => Failure::Run(error.to_string()),
    })
}
