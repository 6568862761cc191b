//! `tokendrome sweep`.

mod prepare;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tokendrome_explore::{Sweep, Swept, Trials, run_sweep};
use tokendrome_report::atomic::AtomicFile;
use tokendrome_report::journal::{Journal, Key};
use tokendrome_report::sweep::{Format, SweptPoints, render, write};
use tokendrome_report::table::Style;
use tokendrome_report::{OutputError, plot};

use crate::args::{SweepArgs, SweepOutputs};
use crate::console::{Console, stdout_failure};
use crate::failure::Failure;
use crate::outputs::{begin_plot, check_paths, persist};
use crate::outside::Outside;
use crate::progress::{self, TrialsBar};
use crate::rows::files;

use prepare::{keys, prepared};

pub(crate) fn execute(args: &SweepArgs, console: &Console) -> Result<(), Failure> {
    let (sweep, reading) = prepared(args)?;
    let outputs = &args.outputs;
    let journal = outputs.output.as_deref().filter(|path| has_journal(path));
    let journal = journal.map(Journal::path_beside);
    check_paths(&[&outputs.output, &outputs.plot, &journal], &inputs(args, &sweep))?;
    let results = Results::begin(outputs)?;
    let picture = begin_plot(outputs.plot.as_deref())?;
    let mut book = match &journal {
        Some(path) => Some(Book::open(path, outputs.fresh, &sweep)?),
        None => None,
    };
    let mut swept = simulated(args, console, &sweep, book.as_mut())?;
    swept.notices.splice(0..0, reading);
    let points = SweptPoints { sweep: &sweep, swept: &swept };
    let style = Style { color: console.color, width: Console::width() };
    let table = (!results.takes_stdout()).then(|| render(&points, style));
    if !swept.is_complete() {
        if let Some(table) = table {
            console.print(&table)?;
        }
        return Err(stopped(&points, journal.as_deref()));
    }
    results.finish(&points)?;
    let unknown = points.unknown_figures(&outputs.plot_figure);
    if let (Some((format, file)), true) = (picture, unknown.is_empty()) {
        persist(file, |out| plot::write_sweep(format, &points, &outputs.plot_figure, out))?;
    }
    if let Some(table) = table {
        console.print(&table)?;
    }
    match unknown.first() {
        None => Ok(()),
        Some(name) => Err(Failure::usage(format!("no point has a figure `{name}` to draw"))
            .help("the columns of `-o -` are the names of all figures; nothing was drawn")),
    }
}

/// Whether a journal stands beside the results: not beside standard output, a pipe or a device.
fn has_journal(path: &Path) -> bool {
    path != Path::new("-") && !path.metadata().is_ok_and(|found| !found.is_file())
}

/// The files that the sweep reads, which no output may replace.
fn inputs(args: &SweepArgs, sweep: &Sweep) -> Vec<PathBuf> {
    let scenarios = sweep.points.iter().map(|point| point.simulation.scenario());
    let mut rows: Vec<PathBuf> = scenarios.flat_map(files).collect();
    rows.dedup();
    args.scenario.path().map(Path::to_path_buf).into_iter().chain(rows).collect()
}

/// How to go on after an interruption.
fn stopped(points: &SweptPoints<'_>, journal: Option<&Path>) -> Failure {
    let (done, all) = (points.swept.finished(), points.sweep.points.len());
    Failure::Stopped(match journal {
        Some(path) if done > 0 => format!(
            "{done} of {all} points are finished and kept in `{}`; the same command goes on from \
             there",
            path.display()
        ),
        Some(_) => format!("none of the {all} points was finished"),
        None => format!(
            "{done} of {all} points were finished; with `-o FILE` they would be kept, and the same \
             command would go on from there"
        ),
    })
}

/// Where the points go.
enum Results {
    Nowhere,
    Stdout,
    File(Format, AtomicFile),
}

impl Results {
    fn begin(outputs: &SweepOutputs) -> Result<Self, Failure> {
        let wrong = |error: OutputError| Failure::usage(error.to_string());
        Ok(match outputs.output.as_deref() {
            None => Self::Nowhere,
            Some(path) if path == Path::new("-") => Self::Stdout,
            Some(path) => {
                let format = Format::from_path(path).map_err(wrong)?;
                Self::File(format, AtomicFile::create(path).map_err(wrong)?)
            }
        })
    }

    fn takes_stdout(&self) -> bool {
        matches!(self, Self::Stdout)
    }

    fn finish(self, points: &SweptPoints<'_>) -> Result<(), Failure> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Stdout => {
                let mut out = std::io::BufWriter::new(std::io::stdout());
                write(Format::Csv, points, &mut out).map_err(|error| stdout_failure(&error))
            }
            Self::File(format, file) => persist(file, |out| write(format, points, out)),
        }
    }
}

/// The journal with the keys of the points.
struct Book {
    journal: Journal,
    keys: Vec<Key>,
}

impl Book {
    fn open(path: &Path, fresh: bool, sweep: &Sweep) -> Result<Self, Failure> {
        Ok(Self { journal: Journal::open(path, fresh)?, keys: keys(sweep)? })
    }

    /// What is finished already.
    fn known(&self) -> Vec<Option<Trials>> {
        self.keys.iter().map(|key| self.journal.find(key).cloned()).collect()
    }
}

/// Runs what is not finished yet, and keeps it.
fn simulated(
    args: &SweepArgs,
    console: &Console,
    sweep: &Sweep,
    mut book: Option<&mut Book>,
) -> Result<Swept, Failure> {
    let known = book.as_ref().map_or_else(|| vec![None; sweep.points.len()], |book| book.known());
    let kept = known.iter().flatten().count();
    let open = sweep.points.iter().zip(&known).filter(|(_, known)| known.is_none());
    let runs = open.map(|(point, _)| point.trials()).sum();
    if let (Some(book), true, false) = (&book, kept > 0, args.runs.quiet) {
        let (all, path) = (sweep.points.len(), book.journal.path().display());
        console.notice(&format!("{kept} of {all} points are finished already, as `{path}` says"));
    }
    let threads = args.runs.threads();
    let is_shown = args.runs.shows_progress(console);
    let mut bar = TrialsBar::new(is_shown, "runs");
    progress::catch_interrupts();
    let start = Instant::now();
    let (mut failed, mut added) = (None, 0);
    let keep = |point: usize, trials: &Trials| {
        let Some(book) = &mut book else { return ControlFlow::Continue(()) };
        match book.journal.add(&book.keys[point], trials) {
            Ok(()) => {
                added += 1;
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    };
    let swept =
        run_sweep(sweep, known, threads, &Outside::default(), keep, |done| bar.set(done, runs));
    bar.finish();
    if let Some(error) = failed {
        return Err(error.into());
    }
    if is_shown {
        let seconds = start.elapsed().as_secs_f64();
        console.notice(&format!("simulated {runs} runs in {seconds:.2} s"));
    }
    if let (Some(book), true, true) = (&book, swept.is_err(), kept + added > 0) {
        let (all, path) = (sweep.points.len(), book.journal.path().display());
        console.notice(&format!("{} of {all} points are kept in `{path}`", kept + added));
    }
    Ok(swept?)
}
