//! Files of benchmark clients as a question to the search.

use tokendrome::{DelaysSpec, Scenario};
use tokendrome_accuracy::{Question, Sent};
use tokendrome_dataset::{MeasuredRequest, Results, read_results};
use tokendrome_scenario::profile::{ProfileHead, Served, profile_for, series};
use tokendrome_scenario::{Input, load};

use crate::args::CalibrateArgs;
use crate::console::Console;
use crate::failure::Failure;

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
    let mut files = Vec::new();
    for path in &args.measured {
        let name = path.display().to_string();
        let found = read_results(path, None).map_err(|error| Failure::usage(error.to_string()))?;
        let requests = sent(&name, &found, console)?;
        files.push((name, requests));
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
    Question::of_clients(&resolved, &head, files).map_err(|of| Failure::usage(of.to_string()))
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
