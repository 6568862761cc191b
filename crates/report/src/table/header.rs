//! What was simulated, and what became of the requests.

use tokendrome::catalog::ModelSpec;
use tokendrome::metrics::Distribution;
use tokendrome::{Phase, PhasesSpec, Report, Scenario, SchedulerSpec, SlotsSpec, Summary};

use super::document::{Document, Span};
use crate::clock::Clock;
use crate::number::{grouped, short};

/// Two lines that say what was simulated.
pub(super) fn title(document: &mut Document, report: &Report) {
    document.line(vec![Span::bold(system(&report.scenario))]);
    let mut facts = conditions(&report.scenario, report.tokendrome_version);
    if !report.is_complete {
        facts.push_str(" · interrupted");
    }
    document.line(vec![Span::dim(facts)]);
}

/// The model and the hardware: `llama-3.1-8b (bf16) on 8 × h100-sxm`.
pub(crate) fn system(scenario: &Scenario) -> String {
    if let [Some(prefill), Some(decode)] = Phase::ALL.map(|phase| scenario.pool(phase)) {
        let model = |model: &ModelSpec| format!("{} ({})", model.name, formats(model));
        let model = scenario.model.as_ref().map_or_else(|| "Two pools".to_owned(), model);
        let machines = |pool: &Scenario| match &pool.hardware {
            Some(hardware) => format!("{} × {}", grouped(accelerators(pool)), hardware.name),
            None => plural(pool.cluster.replicas, "replica"),
        };
        return format!("{model} on {} and {}", machines(&prefill), machines(&decode));
    }
    let Some((model, hardware)) = scenario.machine() else {
        return batching(scenario);
    };
    let accelerators = grouped(accelerators(scenario));
    format!("{} ({}) on {accelerators} × {}", model.name, formats(model), hardware.name)
}

/// Accelerators of all replicas.
fn accelerators(scenario: &Scenario) -> u64 {
    u64::from(scenario.accelerators_per_replica()) * u64::from(scenario.cluster.replicas)
}

/// The formats of a model: `fp8, KV bf16`.
fn formats(model: &ModelSpec) -> String {
    let dtypes = &model.dtypes;
    let formats = dtypes.linear.name().to_owned();
    if dtypes.kv == dtypes.linear {
        return formats;
    }
    format!("{formats}, KV {}", dtypes.kv.name())
}

/// What is simulated where no machine is: `static batching, 4 slots`.
fn batching(scenario: &Scenario) -> String {
    let of_slots = |name: &str, spec: &SlotsSpec| {
        let chunks = match spec.total_prefill_chunks {
            1 => String::new(),
            chunks => format!(", prefill in {}", plural(chunks, "chunk")),
        };
        format!("{name}, {}{chunks}", plural(spec.max_batch_size, "slot"))
    };
    let of_phases = |name: &str, spec: &PhasesSpec| {
        let chunks = match spec.enable_chunked_prefill {
            true => format!(", chunks of {}", grouped(u64::from(spec.prefill_chunk_size))),
            false => String::new(),
        };
        let executors = match spec.executors {
            1 => String::new(),
            executors => format!(", {} on one queue", plural(executors, "executor")),
        };
        format!("{name}, {}{chunks}{executors}", plural(spec.max_sequences, "sequence"))
    };
    match &scenario.scheduler {
        SchedulerSpec::Vllm(_) => "vLLM".to_owned(),
        SchedulerSpec::TensorRtLlm(_) => "TensorRT-LLM".to_owned(),
        SchedulerSpec::Static(spec) => of_slots("Static batching", spec),
        SchedulerSpec::InFlight(spec) => of_slots("In-flight batching", spec),
        SchedulerSpec::InFlightOnePrefill(spec) => {
            of_slots("In-flight batching, one prefill at a time", spec)
        }
        SchedulerSpec::Disaggregated(spec) => format!(
            "Disaggregated: {} for prefill, {} for decode",
            plural(spec.prefill_workers, "worker"),
            spec.decode_workers
        ),
        SchedulerSpec::DecodePrioritizing(spec) => of_phases("Decodes first", spec),
        SchedulerSpec::PrefillPrioritizing(spec) => of_phases("Prompts first", spec),
        SchedulerSpec::Hybrid(spec) => of_phases("Prompts and decodes side by side", spec),
        SchedulerSpec::PhaseBatching(spec) => match spec.max_batch_size {
            Some(most) => format!("Phase batching, {}", plural(most, "request")),
            None => "Phase batching".to_owned(),
        },
    }
}

/// The engine, the replicas and what fixes the run: `vLLM · 4 replicas · TP 2 · seed 42 · ...`.
pub(crate) fn conditions(scenario: &Scenario, version: &str) -> String {
    if let [Some(prefill), Some(decode)] = Phase::ALL.map(|phase| scenario.pool(phase)) {
        let pool = |name: &str, pool: &Scenario| {
            let replicas = plural(pool.cluster.replicas, "replica");
            format!("{name}: {}, {replicas}{}", engine(&pool.scheduler), sizes(pool, ", "))
        };
        let mut facts = vec![pool("prefill", &prefill), pool("decode", &decode)];
        facts.push(format!("seed {}", scenario.simulation.seed));
        facts.push(format!("tokendrome {version}"));
        return facts.join(" · ");
    }
    let replicas = plural(scenario.cluster.replicas, "replica");
    let engine = engine(&scenario.scheduler);
    let seed = scenario.simulation.seed;
    let sizes = sizes(scenario, " · ");
    format!("{engine} · {replicas}{sizes} · seed {seed} · tokendrome {version}")
}

/// How a replica is spread, each size after `before`; nothing where it is one accelerator.
fn sizes(scenario: &Scenario, before: &str) -> String {
    let mut facts = String::new();
    let sizes = &scenario.parallelism;
    for (name, size) in [
        ("TP", sizes.tensor_parallel_size),
        ("PP", sizes.pipeline_parallel_size),
        ("DP", sizes.data_parallel_size),
    ] {
        if size > 1 {
            facts.push_str(&format!("{before}{name} {size}"));
        }
    }
    if sizes.enable_expert_parallel {
        facts.push_str(&format!("{before}EP"));
    }
    facts
}

fn engine(scheduler: &SchedulerSpec) -> &'static str {
    match scheduler {
        SchedulerSpec::Vllm(_) => "vLLM",
        SchedulerSpec::TensorRtLlm(_) => "TensorRT-LLM",
        SchedulerSpec::Static(_) => "static",
        SchedulerSpec::InFlight(_) => "in-flight",
        SchedulerSpec::InFlightOnePrefill(_) => "in-flight-one-prefill",
        SchedulerSpec::Disaggregated(_) => "disaggregated",
        SchedulerSpec::DecodePrioritizing(_) => "decode-prioritizing",
        SchedulerSpec::PrefillPrioritizing(_) => "prefill-prioritizing",
        SchedulerSpec::Hybrid(_) => "hybrid",
        SchedulerSpec::PhaseBatching(_) => "phase-batching",
    }
}

fn plural(count: u32, what: &str) -> String {
    let count_text = grouped(u64::from(count));
    if count == 1 { format!("{count_text} {what}") } else { format!("{count_text} {what}s") }
}

/// What became of the requests, and why some were refused.
pub(super) fn requests(document: &mut Document, summary: &Summary, clock: Clock) {
    let requests = &summary.requests;
    let count = |name: &str, count: u64| vec![Span::dim(name), Span::plain(grouped(count))];
    document.space();
    let mut outcomes = vec![vec![Span::dim("completed "), Span::bold(grouped(requests.completed))]];
    outcomes.push(count("rejected ", requests.rejected));
    outcomes.push(count("unfinished ", requests.unfinished));
    document.items("Requests", outcomes);
    let requests_word = if requests.measured == 1 { " request" } else { " requests" };
    let measured = vec![Span::plain(grouped(requests.measured)), Span::dim(requests_word)];
    let of_all = format!(" of {} simulated", clock.time(summary.duration_s * 1e3));
    let span = vec![Span::plain(clock.time(summary.measured_s * 1e3)), Span::dim(of_all)];
    document.items("  measured", vec![measured, span]);
    let mean = |name: &str, of: &Option<Distribution>| {
        let mean = of.as_ref().map_or_else(|| "-".to_owned(), |of| short(of.mean));
        vec![Span::dim(name), Span::plain(mean)]
    };
    let mut lengths = vec![mean("output mean ", &summary.output_tokens)];
    if !clock.counts_ticks() {
        lengths.insert(0, mean("input mean ", &summary.input_tokens));
    }
    document.items("  tokens", lengths);
    for reason in &requests.rejections {
        let text = format!(
            "{} {}; the first, request {}: {}",
            grouped(reason.count),
            reason.kind,
            reason.first_index,
            reason.example
        );
        document.paragraph(Span::dim("  rejected   "), &text);
    }
}
