//! Closed batches of either phase through the whole engine.

use tokendrome::catalog::Catalog;
use tokendrome::steptime::{AffineSpec, ConstantSpec, Law, LayerwiseSpec, Profile, StepTimeSpec};
use tokendrome::units::Bytes;
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{BatchingStrategy, PhaseBatchingSpec, Scenario, SchedulerSpec, WorkloadSpec};

use crate::scenarios::{default, run};

/// A batch takes 10 ms and 1 ms a token; prompts of 5 tokens, outputs of 3, one every 20 ms.
fn scenario(spec: PhaseBatchingSpec, requests: u32) -> Scenario {
    Scenario {
        model: None,
        hardware: None,
        scheduler: SchedulerSpec::PhaseBatching(spec),
        step_time: StepTimeSpec::Affine(AffineSpec::new(10.0, 1.0, Law::Deterministic)),
        workload: WorkloadSpec {
            requests: Some(requests),
            arrivals: Some(ArrivalsSpec::FixedRate { rate_per_s: 50.0 }),
            input_tokens: Some(LengthsSpec::Fixed { tokens: 5 }),
            output_tokens: Some(LengthsSpec::Fixed { tokens: 3 }),
            ..WorkloadSpec::default()
        },
        ..default()
    }
}

fn windowed(min_batch_size: u32, batching_window_ms: f64) -> PhaseBatchingSpec {
    PhaseBatchingSpec {
        batching_strategy: BatchingStrategy::Windowed,
        min_batch_size,
        batching_window_ms,
        ..PhaseBatchingSpec::default()
    }
}

/// Ends of prompt, first decode and request, in milliseconds since the first arrival. The run lasts
/// until the last of them, whatever was once to happen later.
fn check<const N: usize>(spec: &PhaseBatchingSpec, expect: [[f64; 3]; N]) {
    let (output, records) = run(&scenario(spec.clone(), N as u32)).unwrap();
    let ms = |time: tokendrome::units::SimTime| time.as_nanos() as f64 / 1e6;
    let from = ms(records[0].arrival);
    let found: Vec<[f64; 3]> = records
        .iter()
        .map(|record| [record.prefill_end, record.first_token, record.end])
        .map(|times| times.map(|time| time.map_or(f64::NAN, ms) - from))
        .collect();
    assert_eq!(found, expect, "{spec:?}");
    let last = expect.iter().map(|times| times[2]).fold(0.0, f64::max);
    let duration_ms = output.report.summary.duration_s * 1e3;
    assert!((duration_ms - from - last).abs() < 1e-9, "{spec:?} lasted {duration_ms} ms");
}

/// A prompt takes 15 ms and two 20, a decode of one 11 ms and of two 12.
#[test]
fn by_hand() {
    let greedy = PhaseBatchingSpec::default();
    check(&greedy, [[15.0, 26.0, 48.0], [63.0, 74.0, 96.0]]);
    // Those who come while the first is decoded make the next batch together.
    check(&greedy, [[15.0, 26.0, 48.0], [68.0, 80.0, 104.0], [68.0, 80.0, 104.0]]);
    let alone = PhaseBatchingSpec { max_batch_size: Some(1), ..greedy };
    check(&alone, [[15.0, 26.0, 48.0], [63.0, 74.0, 96.0], [111.0, 122.0, 144.0]]);
}

#[test]
fn windows_end_with_their_time_or_with_enough_prompts() {
    // The second is the one that was waited for, and the end of the window is of no matter then.
    check(&windowed(2, 1_000.0), [[40.0, 52.0, 76.0], [40.0, 52.0, 76.0]]);
    // The window of the first ends before the second comes; that of the second during a decode.
    check(&windowed(2, 12.0), [[27.0, 38.0, 60.0], [75.0, 86.0, 108.0]]);
    // One comes meanwhile, and is not enough: it neither ends the window nor begins it again.
    check(&windowed(3, 30.0), [[50.0, 62.0, 86.0], [50.0, 62.0, 86.0]]);
    // The last is alone, and its window is the last thing that happens before it is served.
    check(&windowed(2, 100.0), [[40.0, 52.0, 76.0], [40.0, 52.0, 76.0], [155.0, 166.0, 188.0]]);
    // A window of no time waits for nobody.
    check(&windowed(2, 0.0), [[15.0, 26.0, 48.0], [63.0, 74.0, 96.0]]);
}

/// A byte of KV cache for each token: two requests of 5 and 3 tokens take 16.
#[test]
fn memory_is_reserved_for_what_may_come() {
    let spec = |bytes| PhaseBatchingSpec {
        memory: Some(Bytes(bytes)),
        kv_bytes_per_token: Some(Bytes(1)),
        ..PhaseBatchingSpec::default()
    };
    let together = [[15.0, 26.0, 48.0], [68.0, 80.0, 104.0], [68.0, 80.0, 104.0]];
    let alone = [[15.0, 26.0, 48.0], [63.0, 74.0, 96.0], [111.0, 122.0, 144.0]];
    check(&spec(16), together);
    check(&spec(15), alone);
    // What the client allows is known to the engine, what will come is not.
    for (max_tokens, bytes, rejected) in [(3, 8, 0), (3, 7, 3), (10, 15, 0), (10, 14, 3)] {
        let mut scenario = scenario(spec(bytes), 3);
        scenario.workload.max_tokens = Some(max_tokens);
        let (output, _) = run(&scenario).unwrap();
        let requests = &output.report.summary.requests;
        assert_eq!(requests.rejected, rejected, "{max_tokens} {bytes}");
        if rejected > 0 {
            assert_eq!(requests.rejections[0].kind, "memory-too-small");
        }
    }
}

/// Under pressure the checker sees that no more is held than there is.
#[test]
fn every_step_time_serves_all_within_the_memory() {
    let layerwise = |profile| {
        StepTimeSpec::RooflineLayerwise(LayerwiseSpec { profile, ..LayerwiseSpec::default() })
    };
    for step_time in [
        StepTimeSpec::default(),
        layerwise(Profile::Standard),
        layerwise(Profile::Seed001),
        StepTimeSpec::Affine(AffineSpec::new(2.0, 0.01, Law::Deterministic)),
        StepTimeSpec::Constant(ConstantSpec { step_ms: 8.0, law: Law::Exponential }),
    ] {
        let mut scenario = Scenario {
            scheduler: SchedulerSpec::PhaseBatching(PhaseBatchingSpec::default()),
            step_time,
            ..default()
        };
        scenario.workload.requests = Some(60);
        scenario.workload.arrivals = Some(ArrivalsSpec::Poisson { rate_per_s: 20.0 });
        let (output, _) = run(&scenario).unwrap();
        let SchedulerSpec::PhaseBatching(spec) = &output.report.scenario.scheduler else {
            panic!("another scheduler")
        };
        // 81,559 MiB less 8.03e9 parameters of 2 bytes; 8 of 32 heads have keys and values.
        let weights = scenario.model.as_ref().unwrap().weight_bytes();
        assert_eq!(spec.memory, Some(Bytes((81_559 << 20) - weights)));
        assert_eq!(spec.kv_bytes_per_token, Some(Bytes(32 * 2 * 8 * 128 * 2)));
        assert_eq!(spec.activation_bytes_per_token, Some(Bytes((4 * 4_096 + 2 * 14_336) * 2)));
        assert_eq!(output.report.summary.requests.completed, 60);
        let SchedulerSpec::PhaseBatching(spec) = &mut scenario.scheduler else { return };
        spec.memory = Some(Bytes(2 << 30));
        let (output, _) = run(&scenario).unwrap();
        let utilisation = &output.report.summary.utilisation;
        assert!(utilisation.kv_peak > 0.5 && utilisation.kv_peak <= 1.0, "{utilisation:?}");
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let refused = |change: &dyn Fn(&mut PhaseBatchingSpec), path: &str, words: &str| {
        let mut spec = PhaseBatchingSpec::default();
        change(&mut spec);
        let error = scenario(spec, 2).resolve().unwrap_err();
        assert_eq!(error.path, path, "{error}");
        assert!(error.message.contains(words), "{error}");
    };
    refused(&|of| of.max_batch_size = Some(0), "scheduler.max_batch_size", "1");
    refused(&|of| of.min_batch_size = 0, "scheduler.min_batch_size", "1");
    refused(
        &|of| (of.min_batch_size, of.max_batch_size) = (5, Some(4)),
        "scheduler.min_batch_size",
        "5 is more than max_batch_size (4)",
    );
    refused(&|of| of.batching_window_ms = -1.0, "scheduler.batching_window_ms", "0");
    refused(&|of| of.batching_window_ms = f64::NAN, "scheduler.batching_window_ms", "NaN");
    refused(&|of| of.memory = Some(Bytes(9)), "scheduler.memory", "without a model");
    let mut large = Scenario {
        scheduler: SchedulerSpec::PhaseBatching(PhaseBatchingSpec::default()),
        model: Some(Catalog::model("llama-2-70b").unwrap()),
        ..default()
    };
    let error = large.clone().resolve().unwrap_err();
    assert_eq!(error.path, "parallelism.tensor_parallel_size");
    assert!(
        error.message.contains("needs 138.0 GB") && error.message.contains("85.5 GB"),
        "{error}"
    );
    assert!(error.help.unwrap().contains("TP 2 would fit"));
    large.parallelism.pipeline_parallel_size = 2;
    let error = large.resolve().unwrap_err();
    assert_eq!(error.path, "parallelism.pipeline_parallel_size");
}

/// A run looks up for its progress after 4,096 events, here in the middle of a moment: those who
/// have come by then do not wait, but are about to be planned.
#[test]
fn a_look_at_progress_counts_nobody_as_waiting() {
    let mut scenario = scenario(PhaseBatchingSpec::default(), 5_000);
    scenario.workload.arrivals = Some(ArrivalsSpec::Batched { size: 5_000, interval_s: 1.0 });
    let queue = run(&scenario).unwrap().0.report.summary.queue;
    assert_eq!((queue.waiting_max, queue.running_max), (0, 5_000));
}
