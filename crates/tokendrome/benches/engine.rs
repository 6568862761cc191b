//! Wall time of the engine's loops, by criterion: `cargo xtask bench --only wall`.
//!
//! Rates are per iteration of the engine (per request for the start-up), so that batches of
//! different size can be compared.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop")]
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokendrome::catalog::Catalog;
use tokendrome::steptime::{RooflineSpec, StepTimeSpec};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{Scenario, SchedulerSpec, Simulation, VllmSpec};

/// Llama-3.1-8B on one H100 with an ideal roofline, chat requests at 8 a second.
fn chat(requests: u32) -> Scenario {
    let mut scenario = Scenario {
        disaggregation: None,
        model: Some(Catalog::model("llama-3.1-8b").unwrap()),
        hardware: Some(Catalog::accelerator("h100-sxm").unwrap()),
        parallelism: tokendrome::ParallelismSpec::default(),
        scheduler: SchedulerSpec::default(),
        step_time: StepTimeSpec::Roofline(RooflineSpec::ideal()),
        workload: tokendrome::WorkloadSpec::default(),
        cluster: tokendrome::ClusterSpec::default(),
        slo: tokendrome::metrics::SloSpec::default(),
        simulation: tokendrome::SimulationSpec::default(),
    };
    scenario.workload.requests = Some(requests);
    scenario
}

/// So many users, each of whom gets 2,000 tokens for a short prompt, twice.
fn decode(users: u32) -> Scenario {
    let mut scenario = chat(2 * users);
    let fixed = |tokens| Some(LengthsSpec::Fixed { tokens });
    let workload = &mut scenario.workload;
    workload.arrivals = Some(ArrivalsSpec::ClosedLoop { users, think_s: 0.0, random_think: false });
    (workload.input_tokens, workload.output_tokens) = (fixed(16), fixed(2_000));
    with_blocks(scenario, 100_000)
}

fn with_blocks(mut scenario: Scenario, blocks: u32) -> Scenario {
    let (blocks, places) = (Some(blocks), Some(256));
    scenario.scheduler = SchedulerSpec::Vllm(VllmSpec {
        num_gpu_blocks: blocks,
        max_num_seqs: places,
        ..VllmSpec::default()
    });
    scenario
}

fn runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("iterations");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    let jobs = [
        ("decode-8", decode(8)),
        ("decode-256", decode(256)),
        ("chat-10000", chat(10_000)),
        ("kv-pressure-2000", with_blocks(chat(2_000), 1_500)),
    ];
    for (name, scenario) in jobs {
        let simulation = Simulation::new(&scenario).unwrap();
        let figures = simulation.figures(0, None, &mut []).unwrap();
        group.throughput(Throughput::Elements(figures.summary.iterations.count));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| simulation.figures(0, None, &mut []).unwrap());
        });
    }
    group.finish();
}

fn start(criterion: &mut Criterion) {
    let scenario = chat(1);
    criterion.bench_function("resolve", |bencher| {
        bencher.iter(|| Simulation::new(&scenario).unwrap());
    });
}

criterion_group!(benches, runs, start);
criterion_main!(benches);
