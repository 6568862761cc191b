//! Closed batches of either phase through the whole engine.

use tokendrome::steptime::{AffineSpec, Law, StepTimeSpec};
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
