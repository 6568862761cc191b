//! Files of benchmark clients, and logs of engines, as a question to the search.

use tokendrome::explain::{Batch, Decodes, MeanLengths};
use tokendrome::steptime::Chunk;
use tokendrome::{DelaysSpec, Scenario};
use tokendrome_accuracy::{Question, Sent};
use tokendrome_dataset::{Iteration, MeasuredRequest, Results, read_iteration_log, read_results};
use tokendrome_scenario::profile::{ProfileHead, Served, profile_for, series};
use tokendrome_scenario::{Input, load};

use crate::args::CalibrateArgs;
use crate::console::Console;
use crate::failure::Failure;

/// What iterations computed, and their seconds.
type Timed = Vec<(Batch, f64)>;

/// Which files have what a calibration needs.
const NEEDED: &str = "it takes single requests: `--save-detailed` of vllm bench, \
                      `profile_export.jsonl` of AIPerf, GuideLLM's whole report, or a table with \
                      `arrival_s`";

/// What clients measured of the engine of a scenario.
pub(super) fn question(
    args: &CalibrateArgs,
    console: &Console,
) -> Result<Question<'static>, Failure> {
    let path = args.scenario.clone().expect("files of clients come with a scenario");
    let loaded = load(&Input::File(path), &[]).map_err(Failure::Problems)?;
    let resolved = loaded.scenario.clone().resolve();
    let (mut resolved, notices) = resolved.map_err(|of| loaded.explain(&of))?;
    if resolved.cluster.delays == DelaysSpec::default() {
        // A client's way to the engine takes time: a search cannot begin at none.
        resolved.cluster.delays = usual_delays(&resolved, args.engine_version.as_deref());
    }
    for notice in loaded.notices.iter().chain(&notices) {
        console.notice(notice);
    }
    let versions = args.engine_version.iter().map(|version| series(version)).collect();
    let head = ProfileHead {
        name: String::new(),
        engine: "vllm".to_owned(),
        versions,
        accelerator: resolved.hardware.as_ref().map(|of| of.name.clone()),
        model: resolved.model.as_ref().map(|of| of.name.clone()),
        tensor_parallel: Some(resolved.parallelism.tensor_parallel_size),
    };
    let question = if args.iterations.is_empty() {
        Question::of_clients(&resolved, &head, clients(args, console)?)
    } else {
        Question::of_logs(&resolved, &head, logs(args, &resolved, console)?)
    };
    question.map_err(|of| Failure::usage(of.to_string()))
}

/// What each file of a client says, by its name.
fn clients(args: &CalibrateArgs, console: &Console) -> Result<Vec<(String, Vec<Sent>)>, Failure> {
    let mut files = Vec::new();
    for path in &args.measured {
        let name = path.display().to_string();
        let found = read_results(path, None).map_err(|error| Failure::usage(error.to_string()))?;
        let requests = sent(&name, &found, console)?;
        files.push((name, requests));
    }
    Ok(files)
}

/// What each log says, by its name.
fn logs(
    args: &CalibrateArgs,
    resolved: &Scenario,
    console: &Console,
) -> Result<Vec<(String, Timed)>, Failure> {
    let lengths = MeanLengths::of_workload(resolved).ok_or_else(|| {
        Failure::usage("logs do not say how long contexts are, and neither does the scenario")
            .help("give it the mean lengths: `input_tokens` and `output_tokens` in `[workload]`")
    })?;
    let mut logs = Vec::new();
    for path in &args.iterations {
        let log = read_iteration_log(path).map_err(|error| Failure::usage(error.to_string()))?;
        let name = path.display().to_string();
        for notice in &log.notices {
            console.notice(&format!("{name}: {notice}"));
        }
        let iterations = log.iterations.iter().filter_map(|of| iteration(of, lengths.context()));
        let iterations: Timed = iterations.collect();
        if iterations.is_empty() {
            let message = format!("{name}: no iteration stands in it that computed anything");
            return Err(Failure::usage(message)
                .help("lines that tell rates every few seconds say nothing of single iterations"));
        }
        logs.push((name, iterations));
    }
    Ok(logs)
}

/// What an iteration computed, and its seconds; none if that is nothing. Its prompts are taken for
/// equal parts, computed from their beginning.
fn iteration(of: &Iteration, context: u32) -> Option<(Batch, f64)> {
    let prompts = of.context_requests.unwrap_or(1).clamp(1, of.context_tokens.max(1));
    let part = |index: u64| {
        let tokens =
            of.context_tokens * (index + 1) / prompts - of.context_tokens * index / prompts;
        Some(Chunk { tokens: u32::try_from(tokens).ok().filter(|&tokens| tokens > 0)?, context: 0 })
    };
    let prefills: Vec<Chunk> = (0..prompts).filter_map(part).collect();
    let count = u32::try_from(of.generation_requests).ok()?;
    let decodes: Vec<Decodes> =
        (count > 0).then_some(Decodes { count, context }).into_iter().collect();
    let is_empty = prefills.is_empty() && decodes.is_empty();
    let batch = Batch { prefills, decodes, origin: String::new() };
    (!is_empty && of.elapsed_ms > 0.0).then_some((batch, of.elapsed_ms / 1e3))
}

/// The requests that were answered, by when they were sent.
fn sent(name: &str, found: &Results, console: &Console) -> Result<Vec<Sent>, Failure> {
    let answered = found.requests.iter().filter(|of| !of.failed);
    let request = |(index, of): (usize, &MeasuredRequest)| {
        let whole = || {
            Some(Sent {
                start_s: of.start_s?,
                prompt_tokens: u32::try_from(of.prompt_tokens?).ok().filter(|&count| count > 0)?,
                output_tokens: u32::try_from(of.output_tokens?).ok().filter(|&count| count > 0)?,
                ttft_s: of.ttft_s?,
                e2e_s: of.e2e_s?,
            })
        };
        whole().ok_or_else(|| {
            let message = format!(
                "{name} ({}): of answered request {index} one of these is missing: when it was \
                 sent, tokens of prompt and output, time to first token, latency",
                found.format
            );
            Failure::usage(message).help(NEEDED)
        })
    };
    let mut requests = answered.enumerate().map(request).collect::<Result<Vec<_>, _>>()?;
    if requests.is_empty() {
        let message = format!("{name} ({}): no answered request stands in it", found.format);
        return Err(Failure::usage(message).help(NEEDED));
    }
    let failed = found.requests.iter().filter(|of| of.failed).count();
    if failed > 0 {
        console.notice(&format!("{name}: {failed} failed requests are left out"));
    }
    requests.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    Ok(requests)
}

/// The delays of the program's profile for what a scenario has.
fn usual_delays(scenario: &Scenario, version: Option<&str>) -> DelaysSpec {
    let served = Served {
        engine: "vllm",
        version,
        accelerator: scenario.hardware.as_ref().map_or("", |of| &of.name),
        model: scenario.model.as_ref().map_or("", |of| &of.name),
        tensor_parallel: scenario.parallelism.tensor_parallel_size,
    };
    profile_for(&served, &[]).map_or(DelaysSpec::default(), |(profile, _)| profile.delays)
}
