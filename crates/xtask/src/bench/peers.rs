//! `cargo xtask bench peers`: the whole program on whole jobs, in turn with other simulators.

mod aisimulate;
mod configurations;
mod install;
mod jobs;
mod machine;
mod measure;
mod table;
mod trace;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::console::say;
use crate::error::Error;
use crate::simulator;
use crate::workspace::Workspace;
use jobs::{Job, Sections};
use measure::{Measured, measure};

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask bench peers                                  every job that takes seconds
  cargo xtask bench peers --rounds 3 --jobs 100k@12,100k@24
  cargo xtask bench peers --peers inference-lab-o3         beside the faster build alone
  cargo xtask bench peers --jobs 1m@20 --long              the peer on a million requests, too
  cargo xtask bench peers --peers aisimulate --jobs 10k-fixed@8,100k-fixed@8
  cargo xtask bench peers --jobs trace@9 --trace conversation_trace.jsonl.gz

inference-lab 1.0.0 is built from crates.io into target/peers, once, in minutes. AISimulate, which
does the jobs of fixed lengths only, is installed from PyPI into target/peers/aisimulate (1.5 GB).
The table is Markdown.

Exit status: 0 measured, 1 something failed, 2 wrong usage.";

/// What to measure, beside whom.
#[derive(Args)]
pub(crate) struct Options {
    /// Rounds; in each, every program does every job once
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    rounds: usize,
    /// Other simulators
    #[arg(long, value_delimiter = ',', value_name = "PEER")]
    #[arg(default_values_t = [Peer::InferenceLab, Peer::InferenceLabO3])]
    peers: Vec<Peer>,
    /// Jobs by name; `--jobs list` lists them [default: all that take seconds]
    #[arg(long, value_delimiter = ',', value_name = "JOB")]
    jobs: Vec<String>,
    /// Let the peers do what takes them minutes, too
    #[arg(long)]
    long: bool,
    /// A trace in Mooncake's format, for the jobs `trace@...`
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Use this program as inference-lab-o3 instead of building one
    #[arg(long, value_name = "PROGRAM")]
    inference_lab_o3: Option<PathBuf>,
}

/// A simulator to compare with.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    /// inference-lab 1.0.0 as published, optimised for size
    InferenceLab,
    /// The same with `opt-level = 3`
    InferenceLabO3,
    /// NVIDIA's AISimulate 0.13, a nightly build
    Aisimulate,
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::InferenceLab => "inference-lab",
            Self::InferenceLabO3 => "inference-lab-o3",
            Self::Aisimulate => "aisimulate",
        })
    }
}

impl Peer {
    fn does(self, job: &Job, long: bool) -> bool {
        let is_fit = self != Self::Aisimulate || matches!(job.sections, Sections::Fixed(_));
        job.peer_rate.is_some() && is_fit && (long || job.requests < 1_000_000)
    }
}

/// One program on one job, with what it measured in each round.
struct Entry<'a> {
    job: &'a Job,
    who: String,
    /// Program and arguments.
    command: Vec<String>,
    /// The file that it leaves its figures in.
    output: PathBuf,
    rounds: Vec<Measured>,
}

/// Measures and prints.
pub(super) fn run(root: &Path, options: &Options) -> Result<(), Error> {
    let all = jobs::all();
    if options.jobs.iter().any(|name| name == "list") {
        return all.iter().try_for_each(|job| say(&format!("{:<18} {}", job.name, job.about)));
    }
    let chosen = choose(&all, options)?;
    let folder = Workspace::load(root)?.target.join("peers");
    let made = |error| Error::Write { path: folder.display().to_string(), source: error };
    fs::create_dir_all(&folder).map_err(made)?;
    let ours = simulator::build(root)?;
    let mut peers = Vec::new();
    for &peer in &options.peers {
        if chosen.iter().any(|job| peer.does(job, options.long)) {
            let program = match (peer, &options.inference_lab_o3) {
                (Peer::InferenceLabO3, Some(given)) => given.clone(),
                (Peer::Aisimulate, _) => aisimulate::install(&folder)?,
                _ => install::inference_lab(&folder, peer == Peer::InferenceLabO3)?,
            };
            peers.push((peer, program));
        }
    }
    if let (Some(trace), true) = (&options.trace, chosen.iter().any(|job| job.needs_trace())) {
        trace::repeat(trace, &folder.join(jobs::TRACE), jobs::TRACE_REQUESTS)?;
    }
    let mut entries = Vec::new();
    for &job in &chosen {
        entries.extend(entries_of(job, &ours, &peers, &folder, options.long)?);
    }
    rounds(&mut entries, options.rounds)?;
    say(&format!("\n{}\n", machine::line()))?;
    say(&table::render(&entries))
}

fn choose<'a>(all: &'a [Job], options: &Options) -> Result<Vec<&'a Job>, Error> {
    let by_name = |name: &String| {
        let known = all.iter().find(|job| job.name == *name);
        known.ok_or_else(|| {
            Error::Usage(format!("there is no job `{name}`; `--jobs list` lists them"))
        })
    };
    let chosen: Vec<&Job> = if options.jobs.is_empty() {
        let is_default =
            |job: &&Job| !job.is_long && (!job.needs_trace() || options.trace.is_some());
        all.iter().filter(is_default).collect()
    } else {
        options.jobs.iter().map(by_name).collect::<Result<_, _>>()?
    };
    if options.trace.is_none() && chosen.iter().any(|job| job.needs_trace()) {
        return Err(Error::Usage("jobs of a trace need --trace FILE".to_owned()));
    }
    Ok(chosen)
}

/// Who does a job, and with which command.
fn entries_of<'a>(
    job: &'a Job,
    ours: &Path,
    peers: &[(Peer, PathBuf)],
    folder: &Path,
    long: bool,
) -> Result<Vec<Entry<'a>>, Error> {
    let entry = |who: String, command, output| {
        let output = folder.join(output);
        Entry { job, who, command, output, rounds: Vec::new() }
    };
    let mut entries = Vec::new();
    for mode in job.modes() {
        let command = configurations::ours(job, mode, ours, folder)?;
        entries.push(entry(mode.to_string(), command, configurations::OUTPUT));
    }
    for (peer, program) in peers.iter().filter(|(peer, _)| peer.does(job, long)) {
        let (command, output) = match peer {
            Peer::Aisimulate => (aisimulate::command(job, program, folder)?, aisimulate::OUTPUT),
            _ => (configurations::inference_lab(job, program, folder)?, configurations::OUTPUT),
        };
        entries.push(entry(peer.to_string(), command, output));
    }
    Ok(entries)
}

/// Every program in turn, so that what else the machine does meets all of them alike.
fn rounds(entries: &mut [Entry<'_>], rounds: usize) -> Result<(), Error> {
    for round in 0..rounds {
        for entry in entries.iter_mut() {
            for _ in 0..entry.job.repeats {
                let measured = measure(&entry.command, &entry.output)?;
                entry.rounds.push(measured);
            }
            let last = entry.rounds.last().map_or(0.0, |measured| measured.wall_s);
            say(&format!(
                "round {} of {rounds}: {} {}: {last:.3} s",
                round + 1,
                entry.job.name,
                entry.who
            ))?;
        }
    }
    Ok(())
}
