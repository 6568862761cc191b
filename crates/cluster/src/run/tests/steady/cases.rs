//! Random cases.

use proptest::prelude::*;
use tokendrome_sched::{
    BatchMemory, BatchWindow, PhaseBatchingConfig, PhaseOrder, PhasesConfig, Policy, VllmConfig,
};
use tokendrome_steptime::Law;
use tokendrome_units::{SimTime, TokenRun};
use tokendrome_workload::{ClassId, Request};

use super::{Case, Engine};

prop_compose! {
    fn request()(
        after_us in prop_oneof![Just(0u64), Just(200u64), 0..500u64, 0..50_000u64],
        prompt_tokens in prop_oneof![Just(8u32), 1..150u32],
        output_tokens in prop_oneof![1..10u32, 1..200u32],
        shared in prop_oneof![Just(0u32), Just(0u32), 1..300u32],
        family in 0..3u64,
        spare in prop_oneof![Just(0u32), 0..50u32],
        priority in 0..2i32,
    ) -> Request {
        Request {
            index: 0,
            arrival: SimTime::from_nanos(after_us * 1_000),
            prompt_tokens,
            output_tokens,
            max_tokens: output_tokens + spare,
            priority,
            class: ClassId(0),
            user: None,
            content: content(shared, family),
        }
    }
}

/// Two runs of so many tokens together, or nothing that is shared.
fn content(tokens: u32, family: u64) -> Vec<TokenRun> {
    let runs = [
        TokenRun { id: 10 + family / 2, end: tokens.div_ceil(2) },
        TokenRun { id: 20 + family, end: tokens + 1 },
    ];
    if tokens == 0 { Vec::new() } else { runs.to_vec() }
}

prop_compose! {
    fn vllm()(
        budget in 40..300u32,
        places in 2..16u32,
        priority in any::<bool>(),
        interval in prop_oneof![Just(1u32), 2..4u32],
        blocks in prop_oneof![Just(4_000u32), 40..120u32],
        caching in any::<bool>(),
        is_async in any::<bool>(),
    ) -> Engine {
        Engine::Vllm(VllmConfig {
            max_num_batched_tokens: budget,
            max_num_scheduled_tokens: None,
            max_num_seqs: places,
            max_num_active_seqs: None,
            max_model_len: 1_000,
            policy: if priority { Policy::Priority } else { Policy::Fcfs },
            enable_chunked_prefill: true,
            long_prefill_token_threshold: 0,
            long_prefill_token_threshold_adaptive: false,
            scheduler_reserve_full_isl: true,
            watermark: 0.0,
            max_num_partial_prefills: None,
            enable_preemption_free: false,
            prefill_schedule_interval: interval,
            block_size: 8,
            num_gpu_blocks: blocks,
            enable_prefix_caching: caching,
            async_scheduling: is_async,
        })
    }
}

prop_compose! {
    fn phases()(
        order in 0..3usize,
        max_sequences in 2..16u32,
        max_tokens in 20..300u32,
        chunk in proptest::option::of(1..100u32),
        executors in prop_oneof![Just(1u32), Just(1u32), 2..4u32],
    ) -> Engine {
        let order = [
            PhaseOrder::DecodeFirst,
            PhaseOrder::PrefillFirst,
            PhaseOrder::Both { decode_places: max_sequences / 2 },
        ][order];
        Engine::Phases(PhasesConfig {
            order,
            max_sequences,
            max_tokens,
            prefill_chunk_size: chunk,
            executors,
        })
    }
}

prop_compose! {
    fn batches()(
        max_batch_size in proptest::option::of(1..12u32),
        min_batch_size in 1..6u32,
        wait_us in proptest::option::of(prop_oneof![Just(0u64), 0..2_000u64, 0..60_000u64]),
        bytes in proptest::option::of(800..8_000u64),
    ) -> Engine {
        let window = wait_us.map(|wait| BatchWindow {
            min_batch_size: min_batch_size.min(max_batch_size.unwrap_or(u32::MAX)),
            wait_ns: wait * 1_000,
        });
        let memory = bytes.map(|bytes| BatchMemory {
            bytes,
            kv_bytes_per_token: 3,
            activation_bytes_per_token: 1,
        });
        Engine::Batches(PhaseBatchingConfig { max_batch_size, window, memory })
    }
}

prop_compose! {
    pub(super) fn case()(
        engine in prop_oneof![vllm(), phases(), batches()],
        mut requests in proptest::collection::vec(request(), 1..40),
        replicas in prop_oneof![Just(1usize), Just(1usize), 2..4usize],
        stages in prop_oneof![Just(1usize), Just(1usize), 2..3usize],
        exponential in any::<bool>(),
        is_blind in any::<bool>(),
        host_us in prop_oneof![Just(0.0), 0.0..300.0],
        warm_up_s in prop_oneof![Just(0.0), 0.0..0.2],
        cool_down_s in prop_oneof![Just(0.0), 0.0..0.2],
        horizon_s in proptest::option::weighted(0.3, 0.0..0.5),
        users in prop_oneof![Just(0u32), Just(0u32), 1..12u32],
        shares_queue in any::<bool>(),
    ) -> Case {
        let stages = match &engine {
            Engine::Vllm(config) if !config.async_scheduling => stages,
            Engine::Vllm(_) | Engine::Phases(_) | Engine::Batches(_) => 1,
        };
        let mut clock = 0;
        for (index, request) in requests.iter_mut().enumerate() {
            clock += request.arrival.as_nanos();
            (request.index, request.arrival) = (index as u32, SimTime::from_nanos(clock));
        }
        Case {
            stages,
            engine,
            requests,
            replicas,
            law: if exponential { Law::Exponential } else { Law::Deterministic },
            host_s: host_us / 1e6,
            is_blind,
            warm_up_s,
            cool_down_s,
            horizon_s,
            users,
            shares_queue,
        }
    }
}
