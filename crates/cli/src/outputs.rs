//! The files that a run writes. All are begun before the run, so that what cannot be written is
//! known then, and take their names after it.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tokendrome::metrics::Observer;
use tokendrome::{Curves, Report, Scenario, TimeUnit};
use tokendrome_report::animation::{Collector, Window};
use tokendrome_report::atomic::AtomicFile;
use tokendrome_report::timeline::TimelineWriter;
use tokendrome_report::{OutputError, capacity, foreign, json, plot, requests, seed001};

use crate::args::{OutputArgs, OutputFormat};
use crate::console::{Console, stdout_failure};
use crate::failure::Failure;

/// The outputs of one run.
pub(crate) struct Outputs {
    report: (Target, OutputFormat),
    requests: Option<(requests::Format, AtomicFile)>,
    /// Where any of these needs the requests.
    collector: Option<requests::Collector>,
    timeline: Option<TimelineWriter<AtomicFile>>,
    plot: Option<(plot::Format, AtomicFile)>,
    animation: Option<(AtomicFile, Collector)>,
}

/// Where the report goes as JSON.
pub(crate) enum Target {
    Nowhere,
    Stdout,
    File(AtomicFile),
}

impl Target {
    /// Begins the file, if it is one.
    pub(crate) fn begin(path: Option<&Path>) -> Result<Self, Failure> {
        Ok(match path {
            None => Self::Nowhere,
            Some(path) if path == Path::new("-") => Self::Stdout,
            Some(path) => Self::File(json_file(path, "the report")?),
        })
    }

    /// The same for a log.
    fn begin_log(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        Ok(Self::File(named_file(path, "the log", &["txt", "log"], "`.txt` or `.log`")?))
    }

    /// Whether standard output belongs to the JSON.
    pub(crate) fn takes_stdout(&self) -> bool {
        matches!(self, Self::Stdout)
    }

    /// Writes what `fill` does.
    pub(crate) fn write(
        self,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Stdout => {
                let mut out = io::BufWriter::new(io::stdout().lock());
                let written = fill(&mut out).and_then(|()| out.flush());
                written.map_err(|error| stdout_failure(&error))
            }
            Self::File(file) => persist(file, |out| fill(out)),
        }
    }
}

impl Outputs {
    /// Begins all files.
    pub(crate) fn begin(
        args: &OutputArgs,
        inputs: &[PathBuf],
        scenario: &Scenario,
    ) -> Result<Self, Failure> {
        let unit = scenario.simulation.time_unit;
        check_distinct(args, inputs)?;
        check_format(args.output_format, scenario)?;
        let target = match (&args.output, args.output_format) {
            (Some(path), OutputFormat::Mlperf) => Target::begin_log(path)?,
            (path, _) => Target::begin(path.as_deref())?,
        };
        let report = (target, args.output_format);
        let requests = match &args.requests_out {
            None => None,
            Some(path) => Some((
                requests::Format::from_path(path).map_err(|error| wrong(&error))?,
                AtomicFile::create(path).map_err(|error| wrong(&error))?,
            )),
        };
        let needs_requests = requests.is_some() || args.output_format.foreign().is_some();
        let collector = needs_requests.then(requests::Collector::default);
        let timeline = match &args.timeline {
            None => None,
            Some(path) => Some(TimelineWriter::new(json_file(path, "the timeline")?, unit)),
        };
        let plot = begin_plot(args.plot.as_deref())?;
        let animation = begin_animation(args, unit)?;
        Ok(Self { report, requests, collector, timeline, plot, animation })
    }

    /// Whether standard output belongs to the JSON.
    pub(crate) fn takes_stdout(&self) -> bool {
        self.report.0.takes_stdout()
    }

    /// What has to see the run.
    pub(crate) fn observers(&mut self) -> Vec<&mut dyn Observer> {
        let mut observers: Vec<&mut dyn Observer> = Vec::new();
        if let Some(collector) = &mut self.collector {
            observers.push(collector);
        }
        if let Some(timeline) = &mut self.timeline {
            observers.push(timeline);
        }
        if let Some((_, collector)) = &mut self.animation {
            observers.push(collector);
        }
        observers
    }

    /// Writes everything.
    pub(crate) fn finish(
        self,
        report: &Report,
        curves: &Curves,
        console: &Console,
    ) -> Result<(), Failure> {
        let (target, format) = self.report;
        let records = self.collector.map(|collector| collector.records).unwrap_or_default();
        target.write(|mut out| match (format, format.foreign()) {
            (_, Some(layout)) => foreign::write(
                layout,
                &foreign::Run { report, curves, records: &records },
                &mut out,
            ),
            (OutputFormat::Seed001, None) => seed001::write(report, &mut out),
            (_, None) => json::write(report, &mut out),
        })?;
        if let Some((format, file)) = self.requests {
            let classes = class_names(report);
            let unit = report.scenario.simulation.time_unit;
            persist(file, |out| requests::write(format, &records, &classes, unit, out))?;
        }
        if let Some(timeline) = self.timeline {
            let file = timeline.finish();
            let file = file.map_err(|error| Failure::Run(format!("the timeline: {error}")))?;
            file.persist().map_err(Failure::Output)?;
        }
        if let Some((format, file)) = self.plot {
            persist(file, |out| plot::write(format, report, curves, out))?;
        }
        if let Some((file, collector)) = self.animation {
            let animation = collector.finish(report);
            persist(file, |out| animation.write(report, out))?;
            if let Some(left_out) = animation.left_out(report) {
                console.notice(&left_out);
            }
        }
        Ok(())
    }
}

/// Layouts of other programs do not fit every run.
fn check_format(format: OutputFormat, scenario: &Scenario) -> Result<(), Failure> {
    if let Some((what, help)) = format.foreign().and_then(|layout| layout.objection(scenario)) {
        return Err(Failure::usage(what).help(help));
    }
    let unit = scenario.simulation.time_unit;
    if format == OutputFormat::Seed001 && unit == TimeUnit::Tick {
        let message = "the layout `seed001` has times in seconds, and this clock counts ticks";
        return Err(Failure::usage(message).help("leave out --output-format"));
    }
    Ok(())
}

/// Begins the file of the animation, if one is asked for.
fn begin_animation(
    args: &OutputArgs,
    unit: TimeUnit,
) -> Result<Option<(AtomicFile, Collector)>, Failure> {
    let Some(path) = &args.animation else { return Ok(None) };
    let window = Window::new(unit, args.animation_from, args.animation_until);
    let window = window.map_err(|error| {
        let help = "give --animation-from and --animation-until as times of the run, in order";
        Failure::usage(error.to_string()).help(help)
    })?;
    let file = named_file(path, "the animation", &["html", "htm"], "`.html`")?;
    Ok(Some((file, Collector::new(window))))
}

/// Begins the file of a capacity, if it is one.
pub(crate) fn begin_capacity(path: Option<&Path>) -> Result<(capacity::Format, Target), Failure> {
    let Some(path) = path else { return Ok((capacity::Format::Json, Target::Nowhere)) };
    if path == Path::new("-") {
        return Ok((capacity::Format::Json, Target::Stdout));
    }
    let format = capacity::Format::from_path(path).map_err(|error| wrong(&error))?;
    let file = AtomicFile::create(path).map_err(|error| wrong(&error))?;
    Ok((format, Target::File(file)))
}

/// Begins the file of a plot, if one is asked for.
pub(crate) fn begin_plot(
    path: Option<&Path>,
) -> Result<Option<(plot::Format, AtomicFile)>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let format = plot::Format::from_path(path).map_err(|error| wrong(&error))?;
    Ok(Some((format, AtomicFile::create(path).map_err(|error| wrong(&error))?)))
}

/// Begins a file that is written when all is known: who cannot write it says so before the work.
pub(crate) fn begin_file(path: &Path) -> Result<AtomicFile, Failure> {
    AtomicFile::create(path).map_err(|error| wrong(&error))
}

pub(crate) fn persist(
    mut file: AtomicFile,
    fill: impl FnOnce(&mut AtomicFile) -> io::Result<()>,
) -> Result<(), Failure> {
    let filled = fill(&mut file);
    filled.map_err(|error| Failure::Output(OutputError::new(file.path(), error)))?;
    file.persist().map_err(Failure::Output)
}

fn wrong(error: &OutputError) -> Failure {
    Failure::usage(error.to_string())
}

fn json_file(path: &Path, what: &'static str) -> Result<AtomicFile, Failure> {
    named_file(path, what, &["json"], "`.json`")
}

/// Begins a file whose name has one of these endings, if any.
fn named_file(
    path: &Path,
    what: &'static str,
    endings: &[&str],
    known: &'static str,
) -> Result<AtomicFile, Failure> {
    let is_known = |end: &OsStr| endings.iter().any(|known| end.eq_ignore_ascii_case(known));
    // Names such as `/dev/null` have no ending, and need none.
    if !path.extension().is_none_or(is_known) {
        let path = path.to_path_buf();
        return Err(wrong(&OutputError::UnknownFormat { path, what, known }));
    }
    AtomicFile::create(path).map_err(|error| wrong(&error))
}

/// Two outputs in one file would destroy each other, and an output in the place of an input that.
pub(crate) fn check_distinct(args: &OutputArgs, inputs: &[PathBuf]) -> Result<(), Failure> {
    let OutputArgs { output, requests_out, timeline, plot, animation, .. } = args;
    check_paths(&[output, requests_out, timeline, plot, animation], inputs)
}

/// The same for outputs of any command.
pub(crate) fn check_paths(outputs: &[&Option<PathBuf>], inputs: &[PathBuf]) -> Result<(), Failure> {
    let paths: Vec<&PathBuf> = outputs.iter().copied().flatten().collect();
    let is_device = |path: &Path| path.metadata().is_ok_and(|found| !found.is_file());
    // `-` is standard input there, and standard output here.
    let inputs = inputs.iter().filter(|path| **path != *Path::new("-"));
    let inputs: Vec<PathBuf> = inputs.map(|path| real(path)).collect();
    for (index, path) in paths.iter().enumerate() {
        if is_device(path) {
            continue;
        }
        let is_same = |other: &&PathBuf| real(other) == real(path);
        if paths[..index].iter().any(is_same) {
            let message = format!("two outputs go to `{}`", path.display());
            return Err(Failure::usage(message).help("give each a file of its own"));
        }
        if inputs.contains(&real(path)) {
            let message = format!("`{}` is read by this run: it would be lost", path.display());
            return Err(Failure::usage(message).help("give the output a file of its own"));
        }
    }
    Ok(())
}

/// The file that a path leads to, by whatever way; it need not be there yet.
pub(crate) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        match (folder.canonicalize(), path.file_name()) {
            (Ok(folder), Some(name)) => folder.join(name),
            _ => path.to_path_buf(),
        }
    })
}

/// Names of the classes in the order of their numbers.
fn class_names(report: &Report) -> Vec<String> {
    let measured = report.summary.classes.iter().map(|class| class.name.clone());
    let named = report.scenario.workload.classes.iter().map(|class| class.name.clone());
    if report.summary.classes.is_empty() { named.collect() } else { measured.collect() }
}
