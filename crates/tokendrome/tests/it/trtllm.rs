//! TensorRT-LLM's scheduler through the whole engine.

use proptest::prelude::*;
use tokendrome::steptime::{AffineSpec, Law, StepTimeSpec};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec, PopularitySpec, PrefixesSpec};
use tokendrome::{
    CapacitySchedulerPolicy, ContextChunkingPolicy, Scenario, SchedulerSpec, SimulateError,
    SimulationSpec, TensorRtLlmSpec, WorkloadSpec, simulate,
};

use crate::scenarios::{default, run};

/// One request of 6 and 8 tokens, without a machine: its prompt takes 10 ms, a decode 5 ms.
fn one(spec: TensorRtLlmSpec) -> Scenario {
    Scenario {
        model: None,
        hardware: None,
        scheduler: SchedulerSpec::TensorRtLlm(spec),
        step_time: StepTimeSpec::Affine(AffineSpec::new(4.0, 1.0, Law::Deterministic)),
        workload: WorkloadSpec {
            requests: Some(1),
            arrivals: Some(ArrivalsSpec::FixedRate { rate_per_s: 1.0 }),
            input_tokens: Some(LengthsSpec::Fixed { tokens: 6 }),
            output_tokens: Some(LengthsSpec::Fixed { tokens: 8 }),
            ..WorkloadSpec::default()
        },
        ..default()
    }
}

/// Knobs that need no machine.
fn spec() -> TensorRtLlmSpec {
    TensorRtLlmSpec {
        max_seq_len: Some(1_000),
        num_blocks: Some(100),
        ..TensorRtLlmSpec::default()
    }
}

/// First and last token, in milliseconds since the arrival.
#[track_caller]
fn check(spec: TensorRtLlmSpec, expect: (f64, f64)) {
    let (_, records) = run(&one(spec)).unwrap();
    let since = |time: Option<tokendrome::units::SimTime>| {
        (time.unwrap() - records[0].arrival).as_nanos() as f64 / 1e6
    };
    assert_eq!((since(records[0].first_token), since(records[0].end)), expect);
}

#[test]
fn the_loops_by_hand() {
    // A prompt, then seven decodes.
    let synchronous = TensorRtLlmSpec { disable_overlap_scheduler: true, ..spec() };
    check(synchronous, (10.0, 45.0));
    // The device is never idle: the same times.
    check(spec(), (10.0, 45.0));
    // Each token waits for the host, which computes the next iteration first; the last does not,
    // because no iteration follows.
    check(TensorRtLlmSpec { simulation_mode: true, ..spec() }, (15.0, 45.0));
}

#[test]
fn blocks_are_a_share_of_the_free_memory() {
    let sized = |fraction| {
        let spec = TensorRtLlmSpec { free_gpu_memory_fraction: fraction, ..Default::default() };
        let scenario = Scenario { scheduler: SchedulerSpec::TensorRtLlm(spec), ..default() };
        let (resolved, _) = scenario.resolve().unwrap();
        let again = resolved.clone().resolve().unwrap().0;
        assert_eq!(again, resolved, "resolving twice changes something");
        let SchedulerSpec::TensorRtLlm(spec) = resolved.scheduler else { panic!("another kind") };
        assert_eq!(spec.max_seq_len, Some(131_072));
        f64::from(spec.num_blocks.unwrap())
    };
    let (most, half) = (sized(0.9), sized(0.45));
    assert!(most > 10_000.0 && (most / half - 2.0).abs() < 1e-3, "{most} and {half}");
}

/// The message of a scenario that cannot be.
#[track_caller]
fn check_refused(change: impl FnOnce(&mut TensorRtLlmSpec), expect: &str) {
    let mut spec = spec();
    change(&mut spec);
    let error = one(spec).resolve().unwrap_err();
    assert!(error.to_string().starts_with(expect), "{error}");
}

#[test]
fn what_cannot_be_is_refused() {
    check_refused(|spec| spec.num_blocks = None, "scheduler.num_blocks: without a model");
    check_refused(|spec| spec.max_seq_len = None, "scheduler.max_seq_len: without a model");
    check_refused(|spec| spec.max_batch_size = 0, "scheduler.max_batch_size: ");
    check_refused(|spec| spec.free_gpu_memory_fraction = 1.5, "scheduler.free_gpu_memory_fraction");
    check_refused(
        |spec| (spec.enable_chunked_prefill, spec.max_num_tokens) = (true, 31),
        "scheduler.max_num_tokens: 31 tokens are fewer than a chunk",
    );
    check_refused(
        |spec| (spec.disable_overlap_scheduler, spec.simulation_mode) = (true, true),
        "scheduler.simulation_mode: ",
    );
    let staged = |mut scenario: Scenario| {
        scenario.parallelism.pipeline_parallel_size = 2;
        scenario.scheduler = SchedulerSpec::TensorRtLlm(TensorRtLlmSpec::default());
        scenario.resolve().unwrap_err().path
    };
    assert_eq!(staged(default()), "parallelism.pipeline_parallel_size");
}

#[test]
fn a_deadlock_is_named() {
    // Chunks of 8 tokens, 16 tokens an iteration. A and B begin alike, so that B waits for A; C
    // starts beside A. What follows is drawn: the pool is so tight that some run comes to a stop.
    let stopped = (0..200).find_map(|seed| {
        let mut scenario = one(TensorRtLlmSpec {
            tokens_per_block: 4,
            num_blocks: Some(24),
            max_num_tokens: 16,
            enable_chunked_prefill: true,
            ..spec()
        });
        scenario.workload = WorkloadSpec {
            requests: Some(60),
            arrivals: Some(ArrivalsSpec::Batched { size: 6, interval_s: 0.1 }),
            input_tokens: Some(LengthsSpec::Uniform { min: 4, max: 50 }),
            output_tokens: Some(LengthsSpec::Uniform { min: 1, max: 20 }),
            prefixes: Some(PrefixesSpec {
                groups: 2,
                tokens: LengthsSpec::Fixed { tokens: 20 },
                popularity: PopularitySpec::default(),
                share: 0.7,
            }),
            ..WorkloadSpec::default()
        };
        scenario.simulation.seed = seed;
        run(&scenario).err()
    });
    let message = stopped.expect("some seed ends in the deadlock").to_string();
    assert!(message.contains("whose prompts are half computed hold"), "{message}");
}

prop_compose! {
    fn drawn()(
        policy in prop_oneof![
            Just(CapacitySchedulerPolicy::GuaranteedNoEvict),
            Just(CapacitySchedulerPolicy::MaxUtilization),
            Just(CapacitySchedulerPolicy::StaticBatch),
        ],
        (places, budget, size, blocks) in (1u32..30, 40u32..900, 1u32..40, 20u32..300),
        (chunked, equal, reuse) in (any::<bool>(), any::<bool>(), any::<bool>()),
        (overlap, simulated) in (any::<bool>(), any::<bool>()),
        (requests, rate_per_s, seed) in (1u32..100, 0.5..60.0f64, any::<u64>()),
        (input, output) in (1u32..200, 1u32..80),
        share in 0.0..1.0f64,
    ) -> Scenario {
        Scenario {
            scheduler: SchedulerSpec::TensorRtLlm(TensorRtLlmSpec {
                capacity_scheduler_policy: policy,
                max_batch_size: places,
                max_num_tokens: budget,
                max_seq_len: Some(600),
                enable_chunked_prefill: chunked,
                context_chunking_policy: match equal {
                    true => ContextChunkingPolicy::EqualProgress,
                    false => ContextChunkingPolicy::FirstComeFirstServed,
                },
                tokens_per_block: size,
                num_blocks: Some(blocks),
                enable_block_reuse: reuse,
                disable_overlap_scheduler: !overlap,
                simulation_mode: overlap && simulated,
                ..TensorRtLlmSpec::default()
            }),
            step_time: StepTimeSpec::Affine(AffineSpec::new(5.0, 0.02, Law::Deterministic)),
            workload: WorkloadSpec {
                requests: Some(requests),
                arrivals: Some(ArrivalsSpec::Poisson { rate_per_s }),
                input_tokens: Some(LengthsSpec::Uniform { min: 1, max: input }),
                output_tokens: Some(LengthsSpec::Uniform { min: 1, max: output }),
                max_tokens: (seed % 2 == 0).then_some(100),
                prefixes: Some(PrefixesSpec {
                    groups: 2,
                    tokens: LengthsSpec::Fixed { tokens: 64 },
                    popularity: PopularitySpec::default(),
                    share,
                }),
                ..WorkloadSpec::default()
            },
            simulation: SimulationSpec { seed, ..SimulationSpec::default() },
            ..default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    })]

    #[test]
    fn every_request_ends_and_a_run_repeats_itself(scenario in drawn()) {
        let watched = match run(&scenario) {
            Ok((watched, _)) => watched,
            // The rules let requests that began in parts wait for ever; nothing else may end so.
            Err(error @ SimulateError::Empty) => return Err(TestCaseError::fail(error.to_string())),
            Err(error) => {
                prop_assert!(error.to_string().contains("half computed"), "{}", error);
                return Ok(());
            }
        };
        let alone = simulate(&scenario, None, &mut []).unwrap();
        prop_assert_eq!(&watched.report, &alone.report);
    }
}
