//! `tokendrome accuracy`.

use std::convert::Infallible;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use tokendrome_accuracy::{AccuracyError, Exam, Measured, Metric, Profiles, Run, Unit};
use tokendrome_explore::{Needed, run_in_order};
use tokendrome_report::atomic;
use tokendrome_report::plot::{self, ErrorPoint};

use crate::args::AccuracyArgs;
use crate::console::Console;
use crate::failure::Failure;
use crate::outputs::{begin_plot, persist};
use crate::progress::{self, TrialsBar};

/// What came of one run.
struct Played {
    requests: Vec<Measured>,
    units: Vec<Unit>,
    notices: Vec<String>,
}

pub(crate) fn execute(args: &AccuracyArgs, console: &Console) -> Result<(), Failure> {
    let exam = Exam::open(&args.data).map_err(|error| Failure::usage(error.to_string()))?;
    let profiles = Profiles { folder: args.profiles.clone() };
    if let Some(folder) = profiles.folder.as_ref().filter(|folder| !folder.is_dir()) {
        let message = format!("there is no folder {}", folder.display());
        return Err(Failure::usage(message).help("`--profiles` names a folder"));
    }
    let runs = chosen(args, &exam, console)?;
    let picture = begin_plot(args.plot.as_deref())?;
    std::fs::create_dir_all(&args.results)
        .map_err(|error| Failure::usage(format!("{}: {error}", args.results.display())))?;
    progress::catch_interrupts();
    let mut bar = TrialsBar::new(args.runs.shows_progress(console), "runs");
    let (mut units, mut failures) = (Vec::new(), exam.unreadable.clone());
    let mut written = Ok(());
    let work = |index: u64, _: &Needed<'_>| {
        Ok::<_, Infallible>(played(&exam, runs[index as usize], &profiles))
    };
    let consume = |index: u64, result: Result<Played, AccuracyError>| {
        let run = runs[index as usize];
        match result {
            Ok(played) => {
                written = write(&args.results, run, &played.requests);
                for notice in played.notices.iter().filter(|_| !args.runs.quiet) {
                    console.notice(&format!("{}: {notice}", run.id));
                }
                units.extend(played.units);
            }
            Err(error) => failures.push(format!("{}: {error}", run.id)),
        }
        bar.set(index + 1, runs.len() as u64);
        match written.is_err() || progress::is_interrupted() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let Ok(()) = run_in_order(runs.len() as u64, args.runs.threads(), work, consume);
    bar.finish();
    written?;
    if progress::is_interrupted() {
        return Err(Failure::Stopped("the results so far are written".to_owned()));
    }
    let rows = tokendrome_accuracy::csv(&units);
    atomic::write(&args.results.join("accuracy.csv"), |out| out.write_all(rows.as_bytes()))
        .map_err(Failure::Output)?;
    if let Some((format, file)) = picture {
        let panels = PANELS.map(|(_, name)| name);
        let points: Vec<ErrorPoint> = units.iter().filter_map(point).collect();
        let heading = "Errors of simulated runs";
        persist(file, |out| plot::write_errors(format, heading, &panels, &points, out))?;
    }
    console.print(&tokendrome_accuracy::table(&units))?;
    match failures.as_slice() {
        [] => Ok(()),
        failures => Err(Failure::Run(format!(
            "{} of {} runs have no result:\n{}",
            failures.len(),
            runs.len() + exam.unreadable.len(),
            failures.join("\n")
        ))),
    }
}

/// What is drawn of the errors.
const PANELS: [(Metric, &str); 3] = [
    (Metric::E2eMean, "E2E latency, mean"),
    (Metric::TtftMean, "Time to first token, mean"),
    (Metric::TpotMean, "Time per output token, mean"),
];

/// The dot of a stage. Whole runs are drawn only where they are not cut into stages.
fn point(unit: &Unit) -> Option<ErrorPoint> {
    let errors = PANELS.map(|(metric, _)| unit.errors.get(metric));
    let is_drawn = unit.stage >= 0 && errors.iter().any(Option::is_some);
    is_drawn.then(|| ErrorPoint {
        place: unit.model.rsplit('/').next().unwrap_or_default().to_owned(),
        series: unit.gpu.clone(),
        load: unit.load,
        errors: errors.to_vec(),
    })
}

/// The runs that are asked for; those that cannot be simulated by their kind are told.
fn chosen<'a>(
    args: &AccuracyArgs,
    exam: &'a Exam,
    console: &Console,
) -> Result<Vec<&'a Run>, Failure> {
    let contains = |text: &str, part: &Option<String>| {
        part.as_ref().is_none_or(|part| text.contains(part.as_str()))
    };
    let asked = exam
        .runs
        .iter()
        .filter(|run| contains(&run.id, &args.only) && contains(&run.track, &args.track));
    let (runs, skipped): (Vec<&Run>, Vec<&Run>) = asked.partition(|run| run.is_simulated());
    for run in skipped.iter().filter(|_| !args.runs.quiet) {
        let why = match run.trace {
            None => "there is no trace of it",
            Some(_) => "its kind is not simulated",
        };
        console.notice(&format!("{} is skipped: {why}", run.id));
    }
    if runs.is_empty() && exam.unreadable.is_empty() {
        let message = "no run of the manifest is asked for that has a trace";
        return Err(Failure::usage(message).help("look at `--only` and `--track`"));
    }
    Ok(runs)
}

fn played(exam: &Exam, run: &Run, profiles: &Profiles) -> Result<Played, AccuracyError> {
    let planned = exam.plan(run, profiles)?;
    let (requests, mut notices) = tokendrome_accuracy::simulate(&planned.scenario)?;
    let units = tokendrome_accuracy::score(exam, run, &requests)?;
    notices.splice(0..0, planned.notices);
    Ok(Played { requests, units, notices })
}

/// Writes a row for each request.
fn write(folder: &Path, run: &Run, requests: &[Measured]) -> Result<(), Failure> {
    let path = folder.join(&run.results);
    atomic::write(&path, |out| rows(out, requests)).map_err(Failure::Output)
}

fn rows(out: &mut impl Write, requests: &[Measured]) -> io::Result<()> {
    writeln!(out, "request_index,arrival_s,ttft_s,e2e_s,tpot_s,queue_s")?;
    for (index, request) in requests.iter().enumerate() {
        let Measured { arrival_s, ttft_s, e2e_s, tpot_s, queue_s, .. } = request;
        let shown = |value: &Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let (tpot_s, queue_s) = (shown(tpot_s), shown(queue_s));
        writeln!(out, "{index},{arrival_s},{ttft_s},{e2e_s},{tpot_s},{queue_s}")?;
    }
    Ok(())
}
