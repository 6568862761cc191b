//! Random configurations and requests.

use super::*;

prop_compose! {
    fn job()(
        prompt in prop_oneof![1..40u32, 1..200u32],
        output in prop_oneof![1..6u32, 1..120u32, 1..400u32],
        spare in prop_oneof![Just(0u32), Just(0u32), 0..50u32],
        cut in 0..6u32,
        priority in -1..2i32,
        after in prop_oneof![Just(0u32), 0..12u32, 0..60u32],
        shared in prop_oneof![Just(0u32), Just(0u32), 1..300u32],
        family in 0..3u64,
    ) -> Job {
        let content = match shared {
            0 => Vec::new(),
            end => vec![
                TokenRun { id: 10 + family / 2, end: end.div_ceil(2) },
                TokenRun { id: 20 + family, end: end + 1 },
            ],
        };
        let max_tokens = if cut == 0 { output.div_ceil(2) } else { output + spare };
        Job { prompt, output, max_tokens, priority, after, content }
    }
}

/// vLLM's own twice as often as each of those by length.
fn policy() -> impl Strategy<Value = Policy> {
    use Policy::*;
    prop_oneof![
        4 => Just(Fcfs),
        4 => Just(Priority),
        1 => Just(ShortestInput),
        1 => Just(ShortestOutput),
        1 => Just(ShortestTotal),
        1 => Just(LongestInput),
        1 => Just(LongestOutput),
        1 => Just(LongestTotal),
    ]
}

prop_compose! {
    fn config()(
        budget in prop_oneof![20..100u32, 60..400u32],
        scheduled in proptest::option::weighted(0.2, 1..40u32),
        places in 1..20u32,
        active in proptest::option::weighted(0.2, 1..20u32),
        max_model_len in prop_oneof![Just(10_000u32), 60..300u32],
        policy in policy(),
        partial in proptest::option::weighted(0.2, 1..4u32),
        preemption_free in proptest::bool::weighted(0.2),
        chunked in prop_oneof![Just(true), Just(true), any::<bool>()],
        threshold in prop_oneof![Just(0u32), Just(0u32), 5..60u32],
        adaptive in any::<bool>(),
        reserve in any::<bool>(),
        watermark in prop_oneof![Just(0.0), Just(0.0), Just(0.05)],
        interval in prop_oneof![Just(1u32), Just(1u32), 2..5u32],
        block_size in prop_oneof![Just(16u32), Just(4u32), Just(1u32)],
        blocks in prop_oneof![Just(5_000u32), 30..200u32, 16..50u32],
        caching in any::<bool>(),
        is_async in any::<bool>(),
    ) -> VllmConfig {
        VllmConfig {
            max_num_batched_tokens: budget,
            max_num_scheduled_tokens: scheduled,
            max_num_seqs: places,
            max_num_active_seqs: active,
            max_model_len,
            policy,
            max_num_partial_prefills: partial,
            enable_preemption_free: preemption_free,
            enable_chunked_prefill: chunked,
            long_prefill_token_threshold: threshold,
            long_prefill_token_threshold_adaptive: adaptive,
            scheduler_reserve_full_isl: reserve,
            watermark,
            prefill_schedule_interval: interval,
            block_size,
            num_gpu_blocks: blocks * 16 / block_size,
            enable_prefix_caching: caching,
            async_scheduling: is_async,
        }
    }
}

prop_compose! {
    pub(super) fn case()(
        config in config(),
        jobs in proptest::collection::vec(job(), 1..30),
        stages in prop_oneof![Just(1usize), Just(1usize), 2..4usize],
        repeats in any::<bool>(),
        at_once in prop_oneof![Just(1u64), 1..80u64],
        lists_blocks in any::<bool>(),
    ) -> Case {
        // Asynchronous scheduling keeps two plans in flight.
        let depth = if config.async_scheduling { 2 } else { stages };
        Case { config, jobs, depth, repeats, at_once, lists_blocks }
    }
}
