//! Random scenarios: whatever the knobs, the checker is content, a run repeats itself, and watching
//! it changes nothing.

use proptest::prelude::*;
use tokendrome::catalog::Catalog;
use tokendrome::steptime::{LayerwiseSpec, Profile, StepTimeSpec};
use tokendrome::workload::{
    ArrivalsSpec, LengthsSpec, PopularitySpec, PrefixesSpec, SessionsSpec, TurnsSpec,
};
use tokendrome::{
    ClusterSpec, Policy, RouterSpec, Scenario, SimulateError, SimulationSpec, WorkloadSpec,
    simulate,
};

use crate::scenarios::{affine, default, run, with_vllm};

prop_compose! {
    fn lengths()(min in 1u32..200, spread in 0u32..400) -> LengthsSpec {
        LengthsSpec::Uniform { min, max: min + spread }
    }
}

fn arrivals() -> impl Strategy<Value = ArrivalsSpec> {
    prop_oneof![
        (0.5..80.0f64).prop_map(|rate_per_s| ArrivalsSpec::Poisson { rate_per_s }),
        (1u32..40, 0.0..2.0f64)
            .prop_map(|(size, interval_s)| ArrivalsSpec::Batched { size, interval_s }),
        (1u32..30, 0.0..0.3f64).prop_map(|(users, think_s)| ArrivalsSpec::ClosedLoop {
            users,
            think_s,
            random_think: true
        }),
    ]
}

fn span() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 0.0..3.0f64]
}

prop_compose! {
    fn sessions()(
        (min, spread) in (1u32..4, 0u32..4),
        (think_s, random_think) in (0.0..1.0f64, any::<bool>()),
        new_tokens in proptest::option::of(lengths()),
    ) -> SessionsSpec {
        let turns = TurnsSpec::Uniform { min, max: min + spread };
        SessionsSpec { turns, think_s, random_think, new_tokens }
    }
}

prop_compose! {
    fn prefixes()(
        (groups, tokens, share) in (1u32..6, lengths(), 0.0..=1.0f64),
        exponent in proptest::option::of(0.0..2.0f64),
    ) -> PrefixesSpec {
        let zipf = exponent.map(|exponent| PopularitySpec::Zipf { exponent });
        PrefixesSpec { groups, tokens, popularity: zipf.unwrap_or_default(), share }
    }
}

prop_compose! {
    fn scenario()(
        (budget, places, blocks) in (1u32..300, 1u32..40, 20u32..400),
        (threshold, adaptive) in (prop_oneof![Just(0u32), 1u32..200], any::<bool>()),
        (reserve, watermark, interval) in (any::<bool>(), 0.0..0.3f64, 1u32..4),
        (priority, requests) in (any::<bool>(), 1u32..120),
        (replicas, shared, stages) in (1u32..4, any::<bool>(), 1u32..4),
        (roofline, seed) in (any::<bool>(), any::<u64>()),
        (arrivals, input, output) in (arrivals(), lengths(), lengths()),
        (sessions, prefixes) in (
            proptest::option::of(sessions()),
            proptest::option::of(prefixes()),
        ),
        (whole, scheduled, active) in (any::<bool>(), any::<bool>(), any::<bool>()),
        (caching, asynchronous, max_tokens) in (
            any::<bool>(),
            any::<bool>(),
            proptest::option::of(1u32..500),
        ),
        (warm_up_s, cool_down_s) in (span(), span()),
        (max_time_s, tensor) in (
            proptest::option::of(0.5..20.0f64),
            prop_oneof![Just(1u32), Just(2), Just(8)],
        ),
    ) -> Scenario {
        let mut scenario = with_vllm(default(), |spec| {
            spec.max_num_batched_tokens = Some(budget.max(places));
            spec.max_num_seqs = Some(places);
            spec.num_gpu_blocks = Some(blocks);
            spec.long_prefill_token_threshold = threshold;
            spec.long_prefill_token_threshold_adaptive = adaptive;
            spec.scheduler_reserve_full_isl = reserve;
            spec.watermark = watermark;
            spec.prefill_schedule_interval = interval;
            spec.policy = match (priority, seed / 32 % 9) {
                (true, 0..3) => Policy::Priority,
                (false, 0..3) => Policy::Fcfs,
                (_, 3) => Policy::Sof,
                (_, 4) => Policy::Sif,
                (_, 5) => Policy::Stf,
                (_, 6) => Policy::Lif,
                (_, 7) => Policy::Lof,
                (_, _) => Policy::Ltf,
            };
            spec.enable_preemption_free = seed / 512 % 4 == 0;
            spec.max_num_partial_prefills = (seed / 2_048 % 4 == 0).then_some(1);
            spec.max_num_scheduled_tokens = scheduled.then_some((budget / 2).max(1));
            spec.enable_prefix_caching = caching;
            spec.async_scheduling = (!asynchronous).then_some(false);
            spec.max_num_active_seqs = active.then_some(places.div_ceil(2));
            if whole {
                spec.enable_chunked_prefill = false;
                spec.max_model_len = Some(900);
                spec.max_num_batched_tokens = Some(1_000);
                spec.max_num_scheduled_tokens = None;
            }
        });
        scenario.workload = WorkloadSpec {
            requests: Some(requests),
            arrivals: Some(arrivals),
            input_tokens: Some(input),
            output_tokens: Some(output),
            max_tokens,
            sessions,
            prefixes,
            ..WorkloadSpec::default()
        };
        let router = if shared { RouterSpec::SharedQueue } else { RouterSpec::RoundRobin };
        scenario.cluster = ClusterSpec { replicas, router, ..ClusterSpec::default() };
        scenario.parallelism.tensor_parallel_size = tensor;
        if roofline {
            let layerwise = |profile| {
                StepTimeSpec::RooflineLayerwise(LayerwiseSpec { profile, ..Default::default() })
            };
            scenario.step_time = match seed % 4 {
                0 => layerwise(Profile::Standard),
                // It knows one stage.
                1 if stages == 1 => layerwise(Profile::Seed001),
                _ => StepTimeSpec::default(),
            };
            scenario.parallelism.pipeline_parallel_size = stages;
            if seed % 4 == 2 {
                // Up to four engines share experts, in slices or whole.
                scenario.model = Some(Catalog::model("qwen3-30b-a3b").unwrap());
                scenario.parallelism.tensor_parallel_size = tensor.min(4);
                scenario.parallelism.data_parallel_size = 1 + (seed / 4 % 4) as u32;
                scenario.parallelism.enable_expert_parallel = seed / 16 % 2 == 0;
            }
        } else {
            scenario.step_time = affine(5.0, 0.02);
        }
        scenario.simulation = SimulationSpec {
            seed,
            warm_up_s,
            cool_down_s,
            max_time_s,
            ..SimulationSpec::default()
        };
        scenario
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    })]

    #[test]
    fn every_request_ends_and_a_run_repeats_itself(scenario in scenario()) {
        let watched = match run(&scenario) {
            Ok((watched, _)) => watched,
            // Equal priorities and no reserve: the rules themselves let requests take each other's
            // blocks for ever. Nothing else may end in an error.
            Err(error) => {
                // The run may have been cut before anything arrived.
                if matches!(error, SimulateError::Empty) {
                    prop_assert!(scenario.simulation.max_time_s.is_some());
                    return Ok(());
                }
                let spec = scenario.scheduler.vllm().unwrap();
                let may = spec.policy != Policy::Fcfs && !spec.scheduler_reserve_full_isl;
                prop_assert!(may && error.to_string().contains("preempt each other"), "{}", error);
                return Ok(());
            }
        };
        let alone = simulate(&scenario, None, &mut []).unwrap();
        prop_assert_eq!(&watched.report, &alone.report);
        if scenario.scheduler.vllm().unwrap().enable_preemption_free {
            prop_assert_eq!(alone.report.summary.queue.preemptions, 0);
        }
        let text = serde_json::to_string(&(&alone.report.summary, &alone.report.series)).unwrap();
        // A float that is not a number would be written as null.
        for field in ["mean", "std", "busy", "kv_mean", "requests_per_s", "waiting"] {
            prop_assert!(!text.contains(&format!("\"{field}\":null")), "{field} is not a number");
        }
        let steady = &alone.report.steady_state;
        for of in [&steady.ttft_ms, &steady.tpot_ms, &steady.e2e_ms, &steady.waiting] {
            let ends = [of.mean, of.ci95_low, of.ci95_high, of.effective_count];
            prop_assert!(ends.into_iter().flatten().all(f64::is_finite), "{:?}", of);
        }
    }
}
