//! AISimulate, NVIDIA's simulator: a Python package around a core in Rust.
//!
//! Its synthetic load knows no distribution of lengths, so it does the jobs of fixed lengths. Its
//! step times are those of the mode SOL, "speed of light", its own ideal roofline.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::configurations::write;
use super::jobs::Job;
use crate::console::{say, succeed};
use crate::error::Error;
use crate::python;

const VERSION: &str = "0.13.0.dev202610270000000085";
/// The file of the environment that says which version is installed, written last.
const MARK: &str = "installed";
const RESULTS: &str = "aisimulate-results";
/// Where it leaves its figures, in the folder.
pub(super) const OUTPUT: &str = "aisimulate-results/prediction.json";

/// The program, installed into an environment of its own if it is not there yet.
pub(super) fn install(folder: &Path) -> Result<PathBuf, Error> {
    let environment = folder.join("aisimulate");
    if !is_installed(&environment) {
        python::check_version()?;
        say(&format!("installing AISimulate {VERSION}: some minutes, 1.5 GB, once"))?;
        // What a broken-off installation left would confuse pip.
        if environment.exists() {
            let path = environment.display().to_string();
            fs::remove_dir_all(&environment).map_err(|source| Error::Write { path, source })?;
        }
        python::make_environment(&environment)?;
        let mut pip = Command::new(python::program_of(&environment, "python"));
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]);
        pip.arg(format!("aisimulate=={VERSION}"));
        succeed(pip, "pip install aisimulate").map_err(|error| Error::Environment {
            what: error.to_string(),
            hint: "pip says above what it lacks. It needs a package index: look at the network and \
                   at `pip config list`. AISimulate needs Python 3.11 to 3.13: name one in PYTHON.",
        })?;
        write(&environment, MARK, VERSION)?;
    }
    Ok(python::program_of(&environment, "aisimulate"))
}

fn is_installed(environment: &Path) -> bool {
    fs::read_to_string(environment.join(MARK)).is_ok_and(|text| text == VERSION)
}

/// Program and arguments.
pub(super) fn command(job: &Job, program: &Path, folder: &Path) -> Result<Vec<String>, Error> {
    let config = write(folder, &format!("{}-aisimulate.yaml", job.name), &configuration(job))?;
    let (program, results) = (program.display().to_string(), folder.join(RESULTS));
    let words = [&program, "predict", "--config", &config, "--format", "json", "--overwrite"];
    let words = words.into_iter().chain(["--output-dir"]).map(str::to_owned);
    Ok(words.chain([results.display().to_string()]).collect())
}

fn configuration(job: &Job) -> String {
    let rate = job.peer_rate.unwrap_or_default();
    format!(
        "traffic:
  source: {{type: synthetic, input_tokens: 1000, output_tokens: 200}}
  load: {{type: poisson, requests_per_second: {rate:?}, seed: 42}}
  stop: {{requests: {}}}
engine:
  mode: aggregated
  model: meta-llama/Meta-Llama-3.1-8B
  hardware: h100_sxm
  backend: vllm
  workers:
    aggregated:
      scheduler: {{max_batched_tokens: 8192, max_sequences: 256}}
      kv_cache: {{block_size: 16}}
      timing: {{database_mode: SOL}}
",
        job.requests
    )
}

#[cfg(test)]
mod tests {
    use super::super::jobs;
    use super::*;

    #[test]
    fn the_configuration_says_what_the_job_is() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs::all();
        let job = jobs.iter().find(|job| job.name == "100k-fixed@8").unwrap();
        let words = command(job, Path::new("bin/aisimulate"), folder.path()).unwrap();
        assert_eq!(words[..3], ["bin/aisimulate", "predict", "--config"]);
        assert_eq!(Path::new(words.last().unwrap()), folder.path().join(RESULTS));
        let text = fs::read_to_string(&words[3]).unwrap();
        assert!(text.contains("  stop: {requests: 100000}\n"), "{text}");
        assert!(text.contains("requests_per_second: 8.0, seed: 42}\n"), "{text}");
        assert!(Path::new(OUTPUT).starts_with(RESULTS));
    }

    #[test]
    fn an_environment_counts_when_this_version_is_installed_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_installed(folder.path()));
        write(folder.path(), MARK, "0.12.0").unwrap();
        assert!(!is_installed(folder.path()));
        write(folder.path(), MARK, VERSION).unwrap();
        assert!(is_installed(folder.path()));
    }
}
