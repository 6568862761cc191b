mod invariants;
mod script;

use roxmltree::Document;
use tokendrome::metrics::{Iteration, RequestRecord, Witness};
use tokendrome::steptime::{ConstantSpec, Law, StepTimeSpec, TicksSpec};
use tokendrome::units::TICK;
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{
    PhasesSpec, Scenario, SchedulerSpec, SlotsSpec, TimeUnit, VllmSpec, WorkersSpec, WorkloadSpec,
    simulate,
};

use super::collect::Shown;
use super::*;
use crate::fixtures;

/// Simulates; what is shown, with these limits, and all there was to see.
fn run(scenario: &Scenario, window: Window, limits: [usize; 3]) -> (Animation, Report, Witness) {
    let (mut collector, mut seen) = (Collector::limited(window, limits), Witness::default());
    let output = simulate(scenario, None, &mut [&mut collector, &mut seen]).unwrap();
    (collector.finish(&output.report), output.report, seen)
}

const NO_LIMITS: [usize; 3] = [usize::MAX; 3];

fn whole(scenario: &Scenario) -> (Animation, Report, Witness) {
    run(scenario, Window::ALL, NO_LIMITS)
}

/// Four slots; a prefill takes 2 ticks, a decode step 1.
fn ticking(scheduler: SchedulerSpec, requests: u32) -> Scenario {
    let mut scenario = fixtures::minimal().scenario;
    (scenario.model, scenario.hardware, scenario.scheduler) = (None, None, scheduler);
    scenario.step_time = StepTimeSpec::Ticks(TicksSpec { prefill_time: 2.0, itl: 1.0 });
    scenario.simulation.time_unit = TimeUnit::Tick;
    scenario.workload = WorkloadSpec {
        arrivals: Some(ArrivalsSpec::Batched { size: 6, interval_s: 0.01 }),
        requests: Some(requests),
        output_tokens: Some(LengthsSpec::Uniform { min: 1, max: 9 }),
        ..WorkloadSpec::default()
    };
    scenario
}

/// Replicas under load, with steps of random length.
fn serving(scheduler: SchedulerSpec, replicas: u32, requests: u32) -> Scenario {
    let mut scenario = fixtures::minimal().scenario;
    scenario.scheduler = scheduler;
    scenario.step_time =
        StepTimeSpec::Constant(ConstantSpec { step_ms: 10.0, law: Law::Exponential });
    scenario.cluster.replicas = replicas;
    scenario.workload = WorkloadSpec {
        arrivals: Some(ArrivalsSpec::Poisson { rate_per_s: 60.0 }),
        requests: Some(requests),
        input_tokens: Some(LengthsSpec::Uniform { min: 1, max: 3_000 }),
        output_tokens: Some(LengthsSpec::Uniform { min: 1, max: 30 }),
        ..WorkloadSpec::default()
    };
    scenario
}

fn vllm(is_async: bool) -> SchedulerSpec {
    let spec = VllmSpec {
        async_scheduling: Some(is_async),
        max_num_seqs: Some(6),
        max_num_batched_tokens: Some(1_000),
        ..VllmSpec::default()
    };
    SchedulerSpec::Vllm(spec)
}

/// Runs of every kind: slots in ticks, workers, replicas, executors, rejections, a run that is cut.
fn of_every_kind() -> Vec<Scenario> {
    let phases = PhasesSpec { max_sequences: 6, executors: 3, ..PhasesSpec::default() };
    let mut cut = serving(vllm(false), 2, 100);
    cut.simulation.max_time_s = Some(1.2);
    let mut refusing = serving(vllm(true), 1, 60);
    let SchedulerSpec::Vllm(spec) = &mut refusing.scheduler else { unreachable!() };
    spec.max_model_len = Some(2_000);
    vec![
        ticking(SchedulerSpec::Static(SlotsSpec::default()), 30),
        ticking(SchedulerSpec::InFlight(SlotsSpec::default()), 30),
        ticking(SchedulerSpec::Disaggregated(WorkersSpec::default()), 30),
        serving(vllm(true), 3, 120),
        serving(SchedulerSpec::DecodePrioritizing(phases.clone()), 1, 60),
        serving(SchedulerSpec::Hybrid(phases), 1, 60),
        refusing,
        cut,
    ]
}

fn page_of(animation: &Animation, report: &Report) -> String {
    let mut bytes = Vec::new();
    animation.write(report, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_data_of_a_small_run() {
    let scenario = ticking(SchedulerSpec::InFlight(SlotsSpec::default()), 6);
    let (animation, report, _) = whole(&scenario);
    let json: serde_json::Value = serde_json::from_str(&page::data(&animation, &report)).unwrap();
    let object = json.as_object().unwrap();
    let columns = object.iter().map(|(name, value)| match value.as_object() {
        None => format!("{name}: {value}\n"),
        Some(columns) => {
            let rows = columns.iter().map(|(column, value)| format!("  {column}: {value}\n"));
            format!("{name}\n{}", rows.collect::<String>())
        }
    });
    insta::assert_snapshot!(columns.collect::<String>());
}

#[test]
fn a_page_is_well_formed_and_fetches_nothing() {
    for scenario in of_every_kind() {
        let (animation, report, _) = whole(&scenario);
        let page = page_of(&animation, &report);
        assert_eq!(page, page_of(&animation, &report));
        let (before, script) = page.rsplit_once("<script>").unwrap();
        let (_, after) = script.split_once("</script>").unwrap();
        let text = format!("{before}{after}");
        Document::parse(text.trim_start_matches("<!DOCTYPE html>")).unwrap();
        assert!(!page.contains("{{"), "a place was not filled");
        for outside in ["http:", "https:", "src=\"", "href=", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}

#[test]
fn names_cannot_break_out() {
    let mut scenario = serving(vllm(false), 1, 10);
    scenario.model.as_mut().unwrap().name = "</script><script>alert(1)//{{data}}&".to_owned();
    let (animation, report, _) = whole(&scenario);
    let page = page_of(&animation, &report);
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)//{{data}}&amp;"));
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page::script_text("\"</script><!--\""), "\"\\u003c/script>\\u003c!--\"");
}

#[test]
fn what_has_to_be_known_is_noted() {
    let notes = |scenario: &Scenario| {
        let (animation, report, _) = whole(scenario);
        page::notes(&animation, &report).join("\n")
    };
    let mut tight = serving(vllm(false), 1, 40);
    let SchedulerSpec::Vllm(spec) = &mut tight.scheduler else { unreachable!() };
    spec.num_gpu_blocks = Some(201);
    spec.max_model_len = Some(3_200);
    tight.workload.input_tokens = Some(LengthsSpec::Uniform { min: 100, max: 600 });
    tight.workload.output_tokens = Some(LengthsSpec::Uniform { min: 100, max: 400 });
    let all = [
        notes(&ticking(SchedulerSpec::Disaggregated(WorkersSpec::default()), 6)),
        notes(&tight),
        notes(&serving(SchedulerSpec::Hybrid(PhasesSpec::default()), 1, 20)),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}
