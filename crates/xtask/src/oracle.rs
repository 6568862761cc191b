//! `cargo xtask oracle vllm`: records what a real vLLM decides, and compares the simulator with it.
//!
//! The recorder is `tools/vllm-oracle`; its page says what of vLLM is real in it. Here it is given
//! an environment ([`environment`]), scenarios and a folder, and afterwards its traces are compared
//! twice: with the committed ones, which shows that the recorder has not changed, and with the
//! simulator's.

mod environment;
mod folder;
mod scenarios;
mod timings;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;

use crate::console::{say, succeed, took};
use crate::error::Error;
use crate::python;
use crate::simulator;
use crate::workspace::Workspace;
use folder::Folder;
use timings::Timings;

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask oracle vllm                         the project's scenarios and 50 random ones
  cargo xtask oracle vllm --random 500 --seed 7   more of them
  cargo xtask oracle vllm --scenarios mine        your own; traces in mine/../traces are compared

The scenarios and their traces are left in the folder of --out; check a simulator with them:
  tokendrome conformance vllm --check target/oracle/vllm

Exit status: 0 all traces identical, 1 some differ or something failed, 2 wrong usage.";

const TOOL: &str = "tools/vllm-oracle";
const SCENARIOS: &str = "crates/conformance/tests/vllm/scenarios";

/// What to record, and where.
#[derive(Args)]
pub(crate) struct Options {
    /// Record the scenarios (.json, .json.gz) of this folder
    ///
    /// Traces in the folder `traces` beside it are compared with those recorded now. The default is
    /// crates/conformance/tests/vllm/scenarios.
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
    /// Record so many scenarios with every knob at random as well
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    random: u32,
    /// Which random scenarios
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Leave scenarios, traces and timings here [default: oracle/vllm in the target folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Python environment with vLLM, made if it is not there [default: oracle/venv in the target
    /// folder]
    #[arg(long, value_name = "DIR")]
    venv: Option<PathBuf>,
}

/// Records, compares and reports.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), Error> {
    let tool = root.join(TOOL);
    let target = Workspace::load(root)?.target.join("oracle");
    let given = options.scenarios.clone().unwrap_or_else(|| root.join(SCENARIOS));
    let files = scenarios::list(&given)?;
    python::check_version()?;
    let out = Folder::take(options.out.clone().unwrap_or_else(|| target.join("vllm")))?;
    let simulator = simulator::build(root)?;
    let venv = options.venv.clone().unwrap_or_else(|| target.join("venv"));
    let python = environment::ensure(&venv, &tool.join("requirements.txt"))?;

    out.clear()?;
    let (drawn, traces) = (out.path.join("scenarios"), out.path.join("traces"));
    draw(&tool, &drawn, options)?;
    scenarios::copy(&files, &drawn)?;
    record(&python, &tool, &out.path)?;
    let mut different = Vec::new();
    if !compare(&python, &tool, &given.join("../traces"), &traces)? {
        different.push("traces recorded before");
    }
    let (same, elapsed) = check(&simulator, &out.path)?;
    if !same {
        different.push("the simulator");
    }
    say(&format!("\n{}", Timings::load(&out.path.join("timings.json"))?.against(elapsed)))?;
    say(&format!("scenarios and traces are in {}", out.path.display()))?;
    if different.is_empty() {
        Ok(())
    } else {
        Err(Error::Oracle(format!("vLLM and {} differ; see above", different.join(" and "))))
    }
}

/// Draws the random scenarios; needs no vLLM.
fn draw(tool: &Path, to: &Path, options: &Options) -> Result<(), Error> {
    let mut draw = script(Path::new(&python::program()), tool, "random_scenarios.py");
    draw.arg(to);
    draw.args(["--count", &options.random.to_string(), "--seed", &options.seed.to_string()]);
    succeed(draw, "random_scenarios.py")
}

/// Records all scenarios in `out`; says on standard error how far it is.
fn record(python: &Path, tool: &Path, out: &Path) -> Result<(), Error> {
    say("\nrecording")?;
    let mut record = script(python, tool, "record.py");
    record.arg(out.join("scenarios")).arg("--output").arg(out.join("traces"));
    record.arg("--timings").arg(out.join("timings.json"));
    succeed(record, "record.py")
}

/// Are the traces those that were recorded before, as far as any were?
fn compare(python: &Path, tool: &Path, before: &Path, now: &Path) -> Result<bool, Error> {
    let Ok(before) = before.canonicalize() else {
        say(&format!("\nnothing to compare with: there is no {}", before.display()))?;
        return Ok(true);
    };
    say(&format!("\ncomparing with the traces in {}", before.display()))?;
    is_success(script(python, tool, "compare.py").args([&before, now]))
}

/// Are the simulator's traces the same, and how long did it take to find out?
fn check(simulator: &Path, out: &Path) -> Result<(bool, Duration), Error> {
    let mut check = Command::new(simulator);
    check.args(["conformance", "vllm", "--check"]).arg(out);
    say(&format!("\ntokendrome conformance vllm --check {}", out.display()))?;
    let began = Instant::now();
    let same = is_success(&mut check)?;
    let elapsed = began.elapsed();
    say(&format!("checked in {}", took(elapsed)))?;
    Ok((same, elapsed))
}

/// One of the tool's scripts; it leaves no compiled files behind.
fn script(python: &Path, tool: &Path, name: &str) -> Command {
    let mut command = Command::new(python);
    command.arg("-B").arg(tool.join(name));
    command
}

/// For programs that exit with 1 where they find a difference, and otherwise if they cannot look.
fn is_success(command: &mut Command) -> Result<bool, Error> {
    let shown = format!("{command:?}");
    let status =
        command.status().map_err(|source| Error::Start { command: shown.clone(), source })?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(Error::Step { command: shown, status: status.to_string() }),
    }
}
