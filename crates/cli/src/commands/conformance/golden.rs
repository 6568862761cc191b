//! `tokendrome conformance` with recorded runs of other simulators.

use std::io::{self, Write};
use std::path::Path;

use tokendrome_conformance::file;
use tokendrome_conformance::golden::{Conformed, GoldenError};
use tokendrome_report::OutputError;
use tokendrome_report::atomic::AtomicFile;

use crate::args::GoldenArgs;
use crate::console::{Console, stdout_failure};
use crate::failure::Failure;
use crate::outputs::real;

/// A kind of recordings.
pub(super) struct Kind {
    pub(super) run: fn(&str) -> Result<Conformed, GoldenError>,
    pub(super) tolerance: f64,
    /// The unit of deviations.
    pub(super) unit: &'static str,
}

/// Computes the runs anew, writes them, and says how far they are off.
pub(super) fn execute(args: &GoldenArgs, kind: &Kind, console: &Console) -> Result<(), Failure> {
    let GoldenArgs { golden, output } = args;
    let begun = match output.as_deref() {
        Some(output) if output != Path::new("-") => Some(begin(golden, output)?),
        _ => None,
    };
    let text = file::read_text(golden).map_err(|error| Failure::usage(error.to_string()))?;
    let conformed = (kind.run)(&text);
    let conformed =
        conformed.map_err(|error| Failure::usage(format!("{}: {error}", golden.display())))?;
    match (begun, output) {
        (Some((path, mut out)), _) => {
            let written = write(&mut out, file::is_gzip(path), &conformed);
            written.map_err(|error| Failure::Output(OutputError::new(path, error)))?;
            out.persist().map_err(Failure::Output)?;
            console.print(&table(&conformed, kind))?;
        }
        (None, Some(_)) => {
            let written = write(io::stdout().lock(), false, &conformed);
            written.map_err(|error| stdout_failure(&error))?;
        }
        (None, None) => console.print(&table(&conformed, kind))?,
    }
    match conformed.beyond(kind.tolerance) {
        0 => Ok(()),
        beyond => {
            let (all, unit) = (conformed.runs.len(), kind.unit);
            let tolerance = kind.tolerance;
            Err(Failure::Run(format!(
                "{beyond} of {all} runs are off by more than {tolerance:e} {unit}"
            )))
        }
    }
}

fn begin<'a>(golden: &Path, output: &'a Path) -> Result<(&'a Path, AtomicFile), Failure> {
    if output.is_file() && real(output) == real(golden) {
        let message = format!("`{}` holds the recordings: they would be lost", output.display());
        return Err(Failure::usage(message).help("give the output a file of its own"));
    }
    let file = AtomicFile::create(output).map_err(|error| Failure::usage(error.to_string()))?;
    Ok((output, file))
}

fn write(out: impl Write, gzip: bool, conformed: &Conformed) -> io::Result<()> {
    file::write(out, gzip, |out| -> io::Result<()> {
        serde_json::to_writer(&mut *out, &conformed.json)?;
        out.write_all(b"\n")
    })
}

fn table(conformed: &Conformed, kind: &Kind) -> String {
    let names = conformed.runs.iter().map(|run| run.name.chars().count());
    let width = names.max().unwrap_or(0).max("run".len());
    let mut text = format!(
        "{:width$}  {:>8}  {:>8}  largest deviation ({})\n",
        "run", "requests", "steps", kind.unit
    );
    for run in &conformed.runs {
        let mark = if run.is_within(kind.tolerance) { "" } else { "  <--" };
        text.push_str(&format!(
            "{:width$}  {:>8}  {:>8}  {}{mark}\n",
            run.name,
            run.requests,
            run.steps,
            run.told()
        ));
    }
    let (all, beyond) = (conformed.runs.len(), conformed.beyond(kind.tolerance));
    let not_compared = conformed.not_compared();
    let within = all - beyond - not_compared;
    text.push_str(&format!(
        "\n{all} runs: {within} within {:e} {}, {beyond} not",
        kind.tolerance, kind.unit
    ));
    if not_compared > 0 {
        text.push_str(&format!(", {not_compared} not compared"));
    }
    text.push('\n');
    text
}
