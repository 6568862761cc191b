//! `tokendrome conformance`.

mod golden;

use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use tokendrome_conformance::file;
use tokendrome_conformance::folder::Folder;
use tokendrome_conformance::recording::{self, Checked, Recording, RunError, Summary, Verdict};
use tokendrome_conformance::{seed000, seed001, seed002, trtllm, vllm};
use tokendrome_report::OutputError;
use tokendrome_report::atomic::AtomicFile;

use crate::args::{ConformanceArgs, Engine, RecordedArgs};
use crate::console::{Console, stdout_failure};
use crate::failure::Failure;
use crate::outputs::real;
use crate::progress;
use golden::Kind;

pub(crate) fn execute(args: &ConformanceArgs, console: &Console) -> Result<(), Failure> {
    match &args.engine {
        Engine::Vllm(args) => recorded::<vllm::Scenario>(args, console),
        Engine::Trtllm(args) => recorded::<trtllm::Scenario>(args, console),
        Engine::Seed000(args) => {
            let kind =
                Kind { run: seed000::run, tolerance: seed000::TOLERANCE_TICKS, unit: "ticks" };
            golden::execute(args, &kind, console)
        }
        Engine::Seed001(args) => {
            let kind = Kind { run: seed001::run, tolerance: seed001::TOLERANCE_S, unit: "s" };
            golden::execute(args, &kind, console)
        }
        Engine::Seed002(args) => {
            let kind = Kind { run: seed002::run, tolerance: seed002::TOLERANCE_S, unit: "s" };
            golden::execute(args, &kind, console)
        }
    }
}

fn recorded<S: Recording>(args: &RecordedArgs, console: &Console) -> Result<(), Failure> {
    let RecordedArgs { scenario, output, check } = args;
    progress::catch_interrupts();
    match (scenario, check) {
        (_, Some(folder)) => compare::<S>(folder, console),
        (Some(scenario), None) => trace::<S>(scenario, output.as_deref(), console),
        (None, None) => Err(Failure::usage("name a scenario, or a folder with `--check`")),
    }
}

/// Writes the trace of one scenario.
fn trace<S: Recording>(
    path: &Path,
    output: Option<&Path>,
    console: &Console,
) -> Result<(), Failure> {
    let scenario = recording::read::<S>(path).map_err(|error| Failure::usage(error.to_string()))?;
    let summary = match output {
        Some(output) if output != Path::new("-") => write_file(&scenario, path, output)?,
        _ => {
            let mut out = Interruptible(io::stdout().lock());
            let written = file::write(&mut out, false, |out| scenario.run(out));
            written.map_err(|error| failed(path, error, |error| stdout_failure(&error)))?
        }
    };
    if summary.is_stuck {
        console
            .notice("requests are left that the scheduler can never serve; the trace ends there");
    }
    Ok(())
}

fn write_file<S: Recording>(scenario: &S, input: &Path, output: &Path) -> Result<Summary, Failure> {
    if output.is_file() && real(output) == real(input) {
        let message = format!("`{}` is the scenario: it would be lost", output.display());
        return Err(Failure::usage(message).help("give the trace a file of its own"));
    }
    let begun = AtomicFile::create(output).map_err(|error| Failure::usage(error.to_string()))?;
    let mut out = Interruptible(begun);
    let written = file::write(&mut out, file::is_gzip(output), |out| scenario.run(out));
    let summary = written.map_err(|error| {
        failed(input, error, |error| Failure::Output(OutputError::new(output, error)))
    })?;
    out.0.persist().map_err(Failure::Output)?;
    Ok(summary)
}

fn failed(scenario: &Path, error: RunError, output: impl Fn(io::Error) -> Failure) -> Failure {
    match error {
        _ if progress::is_interrupted() => Failure::Abandoned,
        RunError::Output(error) => output(error),
        RunError::Livelock { .. } | RunError::OverCommit { .. } => {
            Failure::Run(format!("{}: {error}", scenario.display()))
        }
        RunError::Clock { .. } => Failure::usage(format!("{}: {error}", scenario.display())),
    }
}

/// Compares a folder of scenarios with their recordings.
fn compare<S: Recording>(path: &Path, console: &Console) -> Result<(), Failure> {
    let folder = Folder::open(path).map_err(|error| Failure::usage(error.to_string()))?;
    let scenarios = folder.scenarios();
    let names = scenarios.iter().map(|scenario| Folder::name(scenario).chars().count());
    let width = names.max().unwrap_or(0).max("scenario".len());
    console.print(&format!("{:width$}  {:>9}  result\n", "scenario", "steps"))?;
    let start = Instant::now();
    let (mut identical, mut steps) = (0, 0);
    for scenario in scenarios {
        let checked = recording::check::<S>(&folder, scenario);
        identical += usize::from(matches!(checked.verdict, Verdict::Identical));
        steps += checked.steps.unwrap_or(0);
        console.print(&row(&checked, width)).map_err(unfinished)?;
        if progress::is_interrupted() {
            return Err(Failure::Abandoned);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let (all, others) = (scenarios.len(), scenarios.len() - identical);
    console.print(&format!(
        "\n{all} scenarios: {identical} identical, {others} not; {steps} steps in {seconds:.2} s \
         ({:.0} steps/s)\n",
        steps as f64 / seconds
    ))?;
    if others == 0 {
        return Ok(());
    }
    Err(Failure::Run(format!("{others} of {all} scenarios are not as recorded")))
}

/// Who looks at the beginning alone must not take it for a success.
fn unfinished(failure: Failure) -> Failure {
    match failure {
        Failure::ClosedPipe => {
            Failure::Run("standard output was closed before all scenarios were compared".into())
        }
        other => other,
    }
}

/// The lines of one scenario.
fn row(checked: &Checked, width: usize) -> String {
    let Checked { name, steps, verdict } = checked;
    let steps = steps.map_or("-".to_owned(), |steps| steps.to_string());
    let start = format!("{name:width$}  {steps:>9}  ");
    let indent = " ".repeat(start.chars().count());
    match verdict {
        Verdict::Identical => format!("{start}identical\n"),
        Verdict::Different(found) => format!(
            "{start}{found}\n{indent}recorded  {}\n{indent}    here  {}\n",
            found.recorded, found.ours
        ),
        Verdict::Failed(error) => format!("{start}{error}\n"),
    }
}

/// Ends the writing when somebody has asked to stop.
struct Interruptible<W>(W);

impl<W: Write> Write for Interruptible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if progress::is_interrupted() {
            return Err(io::Error::other("interrupted"));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
