//! The schedulers of two phases through the whole engine.

use tokendrome::metrics::RequestRecord;
use tokendrome::steptime::{AffineSpec, Law, Mixed, StepTimeSpec};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{PhasesSpec, Scenario, SchedulerSpec, TimeUnit, WorkloadSpec};

use crate::scenarios::run;

/// A batch takes 10 ms and 1 ms a token; prompts of 5 tokens, outputs of 3.
fn phases(scheduler: SchedulerSpec) -> Scenario {
    let service =
        AffineSpec { mixed: Mixed::Max, ..AffineSpec::new(10.0, 1.0, Law::Deterministic) };
    let workload = WorkloadSpec {
        requests: Some(2),
        arrivals: Some(ArrivalsSpec::FixedRate { rate_per_s: 50.0 }),
        input_tokens: Some(LengthsSpec::Fixed { tokens: 5 }),
        output_tokens: Some(LengthsSpec::Fixed { tokens: 3 }),
        ..WorkloadSpec::default()
    };
    Scenario::without_machine(scheduler, StepTimeSpec::Affine(service), workload)
}

/// Arrival, end of the prompt, first token and end, in milliseconds.
fn times(records: &[RequestRecord]) -> Vec<[f64; 4]> {
    let ms = |time: tokendrome::units::SimTime| time.as_nanos() as f64 / 1e6;
    let at = |time: Option<_>| time.map_or(f64::NAN, ms);
    let of = |record: &RequestRecord| {
        [Some(record.arrival), record.prefill_end, record.first_token, record.end].map(at)
    };
    records.iter().map(of).collect()
}

fn check(scheduler: &SchedulerSpec, expect: [[f64; 4]; 2]) {
    let (_, records) = run(&phases(scheduler.clone())).unwrap();
    let from = records[0].arrival.as_nanos() as f64 / 1e6;
    let expect = expect.map(|times| times.map(|time| time + from));
    assert_eq!(times(&records), expect, "{scheduler:?}");
}

/// The first prompt takes 15 ms, a decode of one 11 ms, of two 12 ms. The second request comes
/// after 20 ms, during the first decode.
#[test]
fn by_hand() {
    let spec = PhasesSpec::default;
    check(
        &SchedulerSpec::DecodePrioritizing(spec()),
        [[0.0, 15.0, 26.0, 48.0], [20.0, 63.0, 74.0, 96.0]],
    );
    // The second prompt comes between the first decode and the second.
    check(
        &SchedulerSpec::PrefillPrioritizing(spec()),
        [[0.0, 15.0, 26.0, 65.0], [20.0, 41.0, 53.0, 76.0]],
    );
    // The second decode runs beside the second prompt, which takes longer.
    check(&SchedulerSpec::Hybrid(spec()), [[0.0, 15.0, 26.0, 53.0], [20.0, 41.0, 53.0, 75.0]]);
    // The second has an engine of its own; both take from one queue.
    let executors = 2;
    check(
        &SchedulerSpec::DecodePrioritizing(PhasesSpec { executors, ..spec() }),
        [[0.0, 15.0, 26.0, 48.0], [20.0, 35.0, 46.0, 68.0]],
    );
}

#[test]
fn tokens_between_and_requests_without_any() {
    let mut scenario = phases(SchedulerSpec::PrefillPrioritizing(PhasesSpec::default()));
    let (output, _) = run(&scenario).unwrap();
    let latency = &output.report.summary.latency;
    // From the first token to the last 39 and 23 ms: over two gaps, or over three tokens.
    assert_eq!(latency.tpot_ms.as_ref().unwrap().mean, 15.5);
    assert_eq!(latency.tbt_ms.as_ref().unwrap().max, 13.0);
    scenario.workload.output_tokens = Some(LengthsSpec::Fixed { tokens: 0 });
    let (output, records) = run(&scenario).unwrap();
    let summary = &output.report.summary;
    assert_eq!((summary.requests.completed, &summary.latency.ttft_ms), (2, &None));
    assert_eq!(summary.latency.e2e_ms.as_ref().unwrap().mean, 15.0);
    assert!(records.iter().all(|record| record.prefill_end == record.end));
}

#[test]
fn what_does_not_go_together_is_refused() {
    let refused = |change: &dyn Fn(&mut Scenario), path: &str, words: &str| {
        let mut scenario = phases(SchedulerSpec::Hybrid(PhasesSpec::default()));
        change(&mut scenario);
        let error = scenario.resolve().unwrap_err();
        assert_eq!(error.path, path, "{error}");
        assert!(error.message.contains(words), "{error}");
    };
    let spec = PhasesSpec::default;
    let hybrid = |ratio: f64, max_sequences: u32| {
        SchedulerSpec::Hybrid(PhasesSpec { decode_seq_ratio: Some(ratio), max_sequences, ..spec() })
    };
    let ratio = "scheduler.decode_seq_ratio";
    refused(&|of| of.scheduler = hybrid(0.1, 8), ratio, "leaves 0 for decodes and 8 for prompts");
    refused(&|of| of.scheduler = hybrid(1.0, 8), ratio, "leaves 8 for decodes and 0 for prompts");
    refused(&|of| of.scheduler = hybrid(f64::NAN, 8), ratio, "0 and 1");
    let prefill = PhasesSpec { decode_seq_ratio: Some(0.5), ..spec() };
    refused(
        &|of| of.scheduler = SchedulerSpec::PrefillPrioritizing(prefill.clone()),
        ratio,
        "only the scheduler `hybrid`",
    );
    let none = PhasesSpec { executors: 0, ..spec() };
    refused(
        &|of| of.scheduler = SchedulerSpec::DecodePrioritizing(none.clone()),
        "scheduler.executors",
        "1",
    );
    refused(&|of| of.simulation.time_unit = TimeUnit::Tick, "simulation.time_unit", "in seconds");
    refused(
        &|of| of.workload.input_tokens = Some(LengthsSpec::Fixed { tokens: 0 }),
        "workload.input_tokens.tokens",
        "0",
    );
    // Whoever yields a token with the prompt cannot serve requests that want none.
    refused(
        &|of| {
            of.scheduler = SchedulerSpec::InFlight(tokendrome::SlotsSpec::default());
            of.workload.output_tokens = Some(LengthsSpec::Fixed { tokens: 0 });
        },
        "workload.output_tokens.tokens",
        "0",
    );
    let free = AffineSpec { free_tokens: 8, ..AffineSpec::new(0.0, 1.0, Law::Deterministic) };
    refused(&|of| of.step_time = StepTimeSpec::Affine(free.clone()), "step_time.base_ms", "0");
}

/// Both parts of a mixed batch are drawn, and the longer counts.
#[test]
fn side_by_side_times_are_drawn_apart() {
    let spec = PhasesSpec { max_sequences: 2, max_tokens: 2_049, ..PhasesSpec::default() };
    let mut scenario = phases(SchedulerSpec::Hybrid(spec));
    scenario.step_time = StepTimeSpec::Affine(AffineSpec {
        mixed: Mixed::Max,
        ..AffineSpec::new(10.0, 0.0, Law::Exponential)
    });
    // One decodes while the next is prefilled.
    scenario.workload = WorkloadSpec {
        requests: Some(20_000),
        arrivals: Some(ArrivalsSpec::FixedRate { rate_per_s: 1e6 }),
        input_tokens: Some(LengthsSpec::Fixed { tokens: 2_048 }),
        output_tokens: Some(LengthsSpec::Fixed { tokens: 1 }),
        ..WorkloadSpec::default()
    };
    let (output, _) = run(&scenario).unwrap();
    // All batches but the first and the last are mixed: the mean of the larger of two exponentials
    // is one and a half times that of one. Its standard error is 0.08 ms.
    let iterations = &output.report.summary.iterations;
    assert_eq!(iterations.count, 20_001);
    let mean = 1e3 * output.report.summary.duration_s / iterations.count as f64;
    assert!((mean - 15.0).abs() < 0.4, "{mean} ms");
}

/// Windows of several lengths from one run, and each by itself.
#[test]
fn windows_are_runs_by_themselves() {
    let mut scenario = phases(SchedulerSpec::PrefillPrioritizing(PhasesSpec::default()));
    scenario.workload = WorkloadSpec {
        duration_s: Some(1.0),
        arrivals: Some(ArrivalsSpec::Poisson { rate_per_s: 20.0 }),
        input_tokens: Some(LengthsSpec::Geometric { p: 0.1, max: None }),
        output_tokens: Some(LengthsSpec::Geometric { p: 0.1, max: None }),
        ..WorkloadSpec::default()
    };
    let durations_s = [0.5, 3.0, 3.0, 20.0];
    let simulation = tokendrome::Simulation::new(&scenario).unwrap();
    let mut found = Vec::new();
    let all = simulation.windows(3, &durations_s, &mut [], |place, figures| {
        assert_eq!(place, found.len());
        found.push(figures);
        std::ops::ControlFlow::Continue(())
    });
    assert!(all.unwrap());
    for (duration_s, found) in durations_s.into_iter().zip(found) {
        scenario.workload.duration_s = Some(duration_s);
        let alone = tokendrome::Simulation::new(&scenario).unwrap();
        assert_eq!(found, alone.figures(3, None, &mut []).unwrap());
    }
    let empty = simulation.windows(3, &[1e-9], &mut [], |_, _| unreachable!("nothing arrives"));
    assert!(matches!(empty, Err(tokendrome::SimulateError::Empty)));
    scenario.simulation.max_time_s = Some(9.0);
    assert!(!scenario.has_windows());
}
