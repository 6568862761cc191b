//! The jobs in the words of each program.
//!
//! The common job is Llama-3.1-8B in bf16 on one H100 with an ideal roofline (efficiencies 1, no
//! overheads, as inference-lab has it), so that both simulate about the same iterations: Poisson
//! arrivals, prompts lognormal(6.9, 0.7), outputs lognormal(5.3, 0.8), at most 8,192 tokens and 256
//! requests in a batch, blocks of 16 tokens.

use std::fs;
use std::path::Path;

use super::jobs::{Job, Mode, Sections, TRACE};
use crate::error::Error;

/// Where ours and inference-lab leave their figures, in the folder.
pub(super) const OUTPUT: &str = "output.json";

/// Program and arguments for ours.
pub(super) fn ours(
    job: &Job,
    mode: Mode,
    program: &Path,
    folder: &Path,
) -> Result<Vec<String>, Error> {
    let name = format!("{}{}.toml", job.name, if mode == Mode::Synchronous { "-sync" } else { "" });
    let scenario = write(folder, &name, &scenario(job, mode))?;
    let output = folder.join(OUTPUT).display().to_string();
    let mut words = vec![program.display().to_string(), "run".to_owned(), scenario];
    words.extend(["--quiet".to_owned(), "--output".to_owned(), output]);
    words.extend(job.args.iter().map(|&arg| arg.to_owned()));
    Ok(words)
}

fn scenario(job: &Job, mode: Mode) -> String {
    let mut text = "model = \"llama-3.1-8b\"\nhardware = \"h100-sxm\"\n".to_owned();
    let mut scheduler =
        "\n[scheduler]\nmax_num_batched_tokens = 8192\nmax_num_seqs = 256\nblock_size = 16\n"
            .to_owned();
    if mode == Mode::Synchronous {
        scheduler.push_str("async_scheduling = false\n");
    }
    let (requests, trials) =
        if job.args.is_empty() { (job.requests, 1) } else { (1_000, job.requests / 1_000) };
    let mut workload = format!("\n[workload]\nrequests = {requests}\n");
    let lengths =
        |input: &str, output: &str| format!("input_tokens = {input}\noutput_tokens = {output}\n");
    let poisson =
        |rate: f64| format!("arrivals = {{ kind = \"poisson\", rate_per_s = {rate:?} }}\n");
    match job.sections {
        Sections::Common(rate) | Sections::Blocks(rate, _) => {
            workload += &poisson(rate);
            workload += &lengths(
                "{ kind = \"lognormal\", mu = 6.9, sigma = 0.7 }",
                "{ kind = \"lognormal\", mu = 5.3, sigma = 0.8 }",
            );
        }
        Sections::Fixed(rate) => {
            workload += &poisson(rate);
            workload += &lengths("1000", "200");
        }
        Sections::Decode(users) => {
            // Blocks for all of them at their longest, so that nobody is preempted.
            scheduler += "num_gpu_blocks = 2000000\n";
            workload += &format!("arrivals = {{ kind = \"closed-loop\", users = {users} }}\n");
            workload += &lengths("16", "100000");
        }
        Sections::Trace(rate) => {
            workload += &poisson(rate);
            workload += &format!("trace = {{ path = \"{TRACE}\" }}\n");
            text += "\n[cluster]\nreplicas = 8\n";
        }
    }
    if let Sections::Blocks(_, blocks) = job.sections {
        scheduler += &format!("num_gpu_blocks = {blocks}\n");
    }
    // The trace is played on the engine's own step times, on which its rate depends.
    if !matches!(job.sections, Sections::Trace(_)) {
        text += "\n[step_time]\nkind = \"roofline\"\ngemm_efficiency = 1.0\n\
                 attention_efficiency = 1.0\nmemory_efficiency = 1.0\nlink_efficiency = 1.0\n\
                 host_overhead_us = 0.0\nlayer_overhead_us = 0.0\n";
    }
    text + &scheduler + &workload + &format!("\n[simulation]\nseed = 42\ntrials = {trials}\n")
}

/// Program and arguments for inference-lab, version 1.0.0.
pub(super) fn inference_lab(
    job: &Job,
    program: &Path,
    folder: &Path,
) -> Result<Vec<String>, Error> {
    let model = "model = \"llama-3.1-8b-instruct\"\n\n[scheduler]\nmax_num_batched_tokens = 8192\n\
                 max_num_seqs = 256\npolicy = \"fcfs\"\nenable_chunked_prefill = true\n\
                 block_size = 16\n\n[hardware.h100]\ntp = 1\n";
    let rate = job.peer_rate.unwrap_or_default();
    let (input, output) = match job.sections {
        Sections::Fixed(_) => ("type = \"fixed\"\nvalue = 1000", "type = \"fixed\"\nvalue = 200"),
        _ => (
            "type = \"lognormal\"\nmean = 6.9\nstd_dev = 0.7",
            "type = \"lognormal\"\nmean = 5.3\nstd_dev = 0.8",
        ),
    };
    let workload = format!(
        "arrival_pattern = \"poisson\"\narrival_rate = {rate:?}\nnum_requests = {}\nseed = 42\n\n\
         [input_len_dist]\n{input}\n\n[output_len_dist]\n{output}\n",
        job.requests
    );
    let model = write(folder, "inference-lab.toml", model)?;
    let workload = write(folder, &format!("{}-inference-lab.toml", job.name), &workload)?;
    let output = folder.join(OUTPUT).display().to_string();
    let program = program.display().to_string();
    let words = [&program, "--config", &model, "--hardware", "h100", "--workload", &workload];
    let words = words.into_iter().chain(["-q", "-o", &output]);
    Ok(words.map(str::to_owned).collect())
}

/// Writes a file of a configuration; its path as a word of a command.
pub(super) fn write(folder: &Path, name: &str, text: &str) -> Result<String, Error> {
    let path = folder.join(name);
    let shown = path.display().to_string();
    fs::write(&path, text).map_err(|source| Error::Write { path: shown.clone(), source })?;
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::super::jobs;
    use super::*;

    fn text(name: &str, mode: Mode) -> String {
        scenario(jobs::all().iter().find(|job| job.name == name).unwrap(), mode)
    }

    #[test]
    fn scenarios_say_what_the_jobs_are() {
        let common = text("100k@12", Mode::Defaults);
        assert!(common.contains("requests = 100000\n") && common.contains("rate_per_s = 12.0 "));
        assert!(common.contains("gemm_efficiency = 1.0") && !common.contains("async_scheduling"));
        assert!(text("100k@12", Mode::Synchronous).contains("async_scheduling = false"));
        assert!(text("kv-pressure", Mode::Defaults).contains("num_gpu_blocks = 1500\n"));
        assert!(text("decode-8", Mode::Defaults).contains("users = 8 "));
        let fixed = text("10k-fixed@8", Mode::Defaults);
        assert!(fixed.contains("input_tokens = 1000\noutput_tokens = 200\n"), "{fixed}");
        let trials = text("trials-2", Mode::Defaults);
        assert!(trials.contains("requests = 1000\n") && trials.contains("trials = 10000\n"));
        let trace = text("trace@9", Mode::Defaults);
        assert!(trace.contains("replicas = 8") && !trace.contains("efficiency"));
    }

    #[test]
    fn the_peer_gets_the_lengths_of_the_job() {
        let folder = tempfile::tempdir().unwrap();
        for (name, expect) in [
            ("10k@8", "type = \"lognormal\"\nmean = 5.3\nstd_dev = 0.8\n"),
            ("10k-fixed@8", "type = \"fixed\"\nvalue = 200\n"),
        ] {
            let jobs = jobs::all();
            let job = jobs.iter().find(|job| job.name == name).unwrap();
            inference_lab(job, Path::new("inference-lab"), folder.path()).unwrap();
            let path = folder.path().join(format!("{name}-inference-lab.toml"));
            let text = fs::read_to_string(path).unwrap();
            assert!(text.ends_with(&format!("[output_len_dist]\n{expect}")), "{text}");
        }
    }

    #[test]
    fn every_job_has_a_name_of_its_own() {
        let mut names: Vec<&str> = jobs::all().iter().map(|job| job.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
