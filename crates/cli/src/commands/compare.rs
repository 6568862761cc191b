//! `tokendrome compare`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tokendrome::{Scenario, TimeUnit};
use tokendrome_explore::{Cases, CasesError, Comparison, Goal, Precision, compare};
use tokendrome_report::compare::{Compared, Lengths, render, write_json};
use tokendrome_report::plot;
use tokendrome_report::table::Style;

use crate::args::{ChangeArgs, CompareArgs, input};
use crate::commands::trials::precision;
use crate::console::Console;
use crate::failure::Failure;
use crate::outputs::{Target, begin_plot, check_paths, persist};
use crate::outside::Outside;
use crate::progress::{self, TrialsBar};
use crate::rows::files;
use crate::workload_files::Prepared;

/// Trials where nobody asks for any: a difference without an interval says little.
const TRIALS_DEFAULT: u64 = 10;

pub(crate) fn execute(args: &CompareArgs, console: &Console) -> Result<(), Failure> {
    check_files(args)?;
    let all = prepared(&args.files, &args.changes)?;
    let rows = all.iter().flat_map(|(_, one)| files(&one.resolved));
    let inputs: Vec<PathBuf> = rows.chain(args.files.iter().cloned()).collect();
    let outputs = &args.outputs;
    check_paths(&[&outputs.output, &outputs.plot], &inputs)?;
    let target = Target::begin(outputs.output.as_deref())?;
    let picture = begin_plot(outputs.plot.as_deref())?;
    let cases = cases(args, &all)?;
    let start = Instant::now();
    let comparison = simulated(args, console, &cases, &all)?;
    if args.runs.shows_progress(console) {
        let (runs, seconds) = (all_runs(&cases, comparison.trials), start.elapsed().as_secs_f64());
        console.notice(&format!("simulated {runs} runs in {seconds:.2} s"));
    }
    let lengths = args.lengths.map(|(short, long)| {
        let unit = all[0].1.resolved.simulation.time_unit;
        let [short, long] = [short, long].map(|length| in_seconds(length, unit));
        Lengths::judge(short, long, &comparison)
    });
    let compared = Compared { cases: &cases, comparison: &comparison, lengths: lengths.as_ref() };
    let style = Style { color: console.color, width: Console::width() };
    let table = (!target.takes_stdout()).then(|| render(&compared, style));
    target.write(|mut out| write_json(&compared, &mut out))?;
    if let Some((format, file)) = picture {
        persist(file, |out| plot::write_comparison(format, &compared, out))?;
    }
    if let Some(table) = table {
        console.print(&table)?;
    }
    if comparison.is_complete { Ok(()) } else { Err(Failure::Interrupted) }
}

/// Several scenarios, or one at two lengths; standard input but once.
fn check_files(args: &CompareArgs) -> Result<(), Failure> {
    let files = &args.files;
    if files.iter().filter(|path| *path == Path::new("-")).count() > 1 {
        let message = "standard input is given twice, and can be read once";
        return Err(Failure::usage(message).help("write one of the scenarios to a file"));
    }
    match (args.lengths, files.len()) {
        (None, 1) => {
            let message = "one scenario is given, and a comparison needs two";
            let help = "name another, or compare this one with itself by `--lengths SHORT,LONG`";
            Err(Failure::usage(message).help(help))
        }
        (Some(_), count) if count > 1 => {
            let message = format!("--lengths compares one scenario with itself, not {count}");
            Err(Failure::usage(message).help("name one scenario, or leave out --lengths"))
        }
        _ => Ok(()),
    }
}

/// Reads the scenarios, and names them.
pub(crate) fn prepared(
    files: &[PathBuf],
    changes: &ChangeArgs,
) -> Result<Vec<(String, Prepared)>, Failure> {
    let mut names = BTreeSet::new();
    let one = |path: &PathBuf| {
        let prepared = Prepared::load_from(&input(path), changes.list()?)?;
        Ok((unique(&mut names, path), prepared))
    };
    files.iter().map(one).collect()
}

/// The stem of a file's name, with a number where another file has the same.
fn unique(names: &mut BTreeSet<String>, path: &Path) -> String {
    let stem = match path.file_stem() {
        _ if path == Path::new("-") => "stdin".to_owned(),
        Some(stem) => stem.to_string_lossy().into_owned(),
        None => path.display().to_string(),
    };
    let candidates = (2..).map(|number: u64| format!("{stem}-{number}"));
    let mut candidates = std::iter::once(stem.clone()).chain(candidates);
    candidates.find(|name| names.insert(name.clone())).unwrap_or(stem)
}

fn cases(args: &CompareArgs, all: &[(String, Prepared)]) -> Result<Cases, Failure> {
    let wrong = |error: CasesError| Failure::usage(error.to_string());
    match (args.lengths, all) {
        (Some((short, long)), [(_, prepared)]) => {
            let unit = prepared.resolved.simulation.time_unit;
            let cuts = [short, long].map(|length| {
                let seconds = in_seconds(length, unit);
                (Lengths::name(seconds, unit), seconds)
            });
            Cases::cut(&prepared.scenario, cuts.to_vec()).map_err(wrong)
        }
        _ => {
            let named = all.iter().map(|(name, of)| (name.clone(), of.scenario.clone()));
            Cases::new(named.collect::<Vec<(String, Scenario)>>()).map_err(wrong)
        }
    }
}

/// A length as it is given, in seconds or as many thousand ticks.
fn in_seconds(length: f64, unit: TimeUnit) -> f64 {
    match unit {
        TimeUnit::Second => length,
        TimeUnit::Tick => length / 1e3,
    }
}

fn all_runs(cases: &Cases, trials: u64) -> u64 {
    trials * cases.list.len() as u64
}

/// How many trials there are: the largest number, or the strictest precision, of any scenario.
fn goal(args: &CompareArgs, all: &[(String, Prepared)]) -> Goal {
    let trials = all.iter().map(|(_, of)| of.resolved.simulation.trials).max();
    let trials = match trials {
        Some(trials) if trials > 1 || args.changes.says_trials() => u64::from(trials),
        _ => TRIALS_DEFAULT,
    };
    let asked = all.iter().filter_map(|(_, of)| precision(&of.resolved.simulation));
    let strictest = asked.reduce(|a, b| Precision {
        share: a.share.min(b.share),
        trials_first: trials,
        trials_max: a.trials_max.max(b.trials_max),
    });
    strictest.map_or(Goal::Trials(trials), Goal::Precision)
}

/// Runs everything, and adds to the notices what the runs cannot know themselves.
fn simulated(
    args: &CompareArgs,
    console: &Console,
    cases: &Cases,
    all: &[(String, Prepared)],
) -> Result<Comparison, Failure> {
    let threads = args.runs.threads();
    let is_shown = args.runs.shows_progress(console);
    let mut bar = TrialsBar::new(is_shown, "runs");
    progress::catch_interrupts();
    let comparison =
        compare(cases, goal(args, all), threads, &Outside::default(), |done, of| bar.set(done, of));
    bar.finish();
    let mut comparison = comparison?;
    comparison.notices.splice(0..0, reading(all));
    Ok(comparison)
}

/// What there is to know of how the scenarios were read: once where it holds for all.
pub(crate) fn reading(all: &[(String, Prepared)]) -> Vec<String> {
    let mut reading: Vec<String> = Vec::new();
    for (name, prepared) in all {
        for text in prepared.reading() {
            let is_common = all.iter().all(|(_, other)| other.reading().contains(text));
            let text = if is_common { text.clone() } else { format!("{name}: {text}") };
            if !reading.contains(&text) {
                reading.push(text);
            }
        }
    }
    reading
}
