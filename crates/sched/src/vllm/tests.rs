use super::*;

fn config() -> VllmConfig {
    VllmConfig {
        max_num_batched_tokens: 100,
        max_num_scheduled_tokens: None,
        max_num_seqs: 8,
        max_num_active_seqs: None,
        max_model_len: 1_000,
        policy: Policy::Fcfs,
        enable_chunked_prefill: true,
        long_prefill_token_threshold: 0,
        long_prefill_token_threshold_adaptive: false,
        scheduler_reserve_full_isl: true,
        watermark: 0.0,
        max_num_partial_prefills: None,
        enable_preemption_free: false,
        prefill_schedule_interval: 1,
        block_size: 16,
        num_gpu_blocks: 1_001,
        enable_prefix_caching: false,
        async_scheduling: false,
    }
}

/// (prompt, output, priority) of the requests, in order of arrival.
type Requests<'a> = &'a [(u32, u32, i32)];

fn add(scheduler: &mut Vllm, requests: Requests<'_>) -> Vec<Slot> {
    let mut slots = Vec::new();
    for (i, &(prompt_tokens, output_tokens, priority)) in requests.iter().enumerate() {
        let request = NewRequest {
            computed_tokens: 0,
            reserved_tokens: 0,
            prompt_tokens,
            output_tokens,
            max_tokens: output_tokens,
            priority,
            arrival: tokendrome_units::SimTime::from_nanos(i as u64),
            order: i as u64,
            content: &[],
        };
        slots.push(scheduler.add(&request).unwrap());
    }
    slots
}

/// Runs to the end with one plan in flight and writes every step as `slot:tokens@context`, with `!`
/// for a sampled token, `x` for preempted slots, `.` for finished ones.
fn trace(config: VllmConfig, requests: Requests<'_>) -> Vec<String> {
    let mut scheduler = Vllm::new(config).one_by_one();
    add(&mut scheduler, requests);
    let mut steps = Vec::new();
    while scheduler.waiting() + scheduler.running() > 0 {
        let (mut plan, mut outcome) = (Plan::default(), Outcome::default());
        scheduler.plan(&mut plan);
        scheduler.complete(&plan, &mut outcome);
        let mut words: Vec<String> = Vec::new();
        for part in &plan.scheduled {
            let mark = if part.samples { "!" } else { "" };
            words.push(format!("{}:{}@{}{mark}", part.slot.0, part.tokens, part.context));
        }
        words.extend(plan.preempted.iter().map(|slot| format!("x{}", slot.0)));
        words.extend(outcome.finished.iter().map(|slot| format!(".{}", slot.0)));
        steps.push(words.join(" "));
        assert!(steps.len() < 1_000, "no end: {steps:#?}");
    }
    assert_eq!(scheduler.kv_blocks().0, 0, "blocks were lost");
    steps
}

#[test]
fn running_requests_come_first_and_prompts_fill_the_budget() {
    // The second prompt gets what the first leaves of 100 tokens, then what the decode leaves.
    let steps = trace(config(), &[(60, 3, 0), (150, 2, 0)]);
    assert_eq!(steps, ["0:60@0! 1:40@0", "0:1@60! 1:99@40", "0:1@61! 1:11@139! .0", "1:1@150! .1"]);
}

#[test]
fn a_prompt_that_may_not_be_split_waits_for_room() {
    let whole = VllmConfig { enable_chunked_prefill: false, ..config() };
    let steps = trace(whole, &[(60, 2, 0), (50, 1, 0), (10, 1, 0)]);
    assert_eq!(steps, ["0:60@0!", "0:1@60! 1:50@0! 2:10@0! .0 .1 .2"]);
}

#[test]
fn a_threshold_holds_back_long_prompts_unless_they_are_alone() {
    let config = VllmConfig { long_prefill_token_threshold: 30, ..config() };
    assert_eq!(trace(config.clone(), &[(70, 1, 0)]), ["0:70@0! .0"]);
    assert_eq!(trace(config, &[(70, 1, 0), (5, 1, 0)]), ["0:30@0 1:5@0! .1", "0:40@30! .0"]);
}

#[test]
fn the_request_admitted_last_gives_way_and_is_computed_again() {
    // Four usable blocks of 16: both prompts take two; the first needs a third at token 33.
    let small = VllmConfig { num_gpu_blocks: 5, ..config() };
    let steps = trace(small, &[(31, 4, 0), (20, 2, 0)]);
    assert_eq!(
        steps,
        ["0:31@0! 1:20@0!", "0:1@31! 1:1@20! .1", "0:1@32!", "0:1@33! .0"],
        "enough room"
    );
    let smaller = VllmConfig { num_gpu_blocks: 5, ..config() };
    let steps = trace(smaller, &[(31, 4, 0), (20, 4, 0)]);
    assert_eq!(
        steps,
        [
            "0:31@0! 1:20@0!",
            "0:1@31! 1:1@20!",
            "0:1@32! x1",
            "0:1@33! .0",
            // 20 prompt tokens and the two that were delivered.
            "1:22@0!",
            "1:1@22! .1"
        ]
    );
}

#[test]
fn by_priority_the_least_urgent_gives_way_even_if_it_was_just_scheduled() {
    let small = VllmConfig { num_gpu_blocks: 5, policy: Policy::Priority, ..config() };
    // The urgent one is admitted first; the other one, earlier in time, loses its blocks.
    let steps = trace(small, &[(20, 4, 5), (31, 4, -1)]);
    assert_eq!(steps[0], "1:31@0! 0:20@0!");
    assert_eq!(steps[2], "1:1@32! x0");
}

/// The order in which requests of (prompt, output) are admitted, one at a time.
#[test]
fn policies_by_length_order_the_queue() {
    let requests = [(50, 9, 0), (10, 12, 0), (30, 3, 0), (10, 30, 0)];
    for (policy, expect) in [
        (Policy::Fcfs, [0, 1, 2, 3]),
        (Policy::ShortestInput, [1, 3, 2, 0]),
        (Policy::LongestInput, [0, 2, 1, 3]),
        (Policy::ShortestOutput, [2, 0, 1, 3]),
        (Policy::LongestOutput, [3, 1, 0, 2]),
        // 59, 22, 33 and 40 tokens.
        (Policy::ShortestTotal, [1, 2, 3, 0]),
        (Policy::LongestTotal, [0, 3, 2, 1]),
    ] {
        let steps = trace(VllmConfig { policy, max_num_seqs: 1, ..config() }, &requests);
        let starts = steps.iter().filter(|step| step.contains("@0!"));
        let order: Vec<u32> =
            starts.map(|step| step.split(':').next().unwrap().parse().unwrap()).collect();
        assert_eq!(order, expect, "{policy:?}");
    }
}

/// Four usable blocks: two requests hold two each, and the first needs a third at token 33.
#[test]
fn by_length_the_one_with_most_left_gives_way() {
    let small = |policy| VllmConfig { num_gpu_blocks: 5, policy, ..config() };
    for (policy, expect) in [
        // The longest prompt, in either order of admission.
        (Policy::ShortestInput, ["1:20@0! 0:31@0!", "1:1@20! 0:1@31!", "1:1@21! x0"]),
        (Policy::LongestInput, ["0:31@0! 1:20@0!", "0:1@31! 1:1@20!", "1:1@21! x0"]),
        // 3 of 5 outputs are left of the first, 6 of 8 of the second.
        (Policy::ShortestOutput, ["0:31@0! 1:20@0!", "0:1@31! 1:1@20!", "0:1@32! x1"]),
        (Policy::LongestOutput, ["1:20@0! 0:31@0!", "1:1@20! 0:1@31!", "0:1@32! x1"]),
    ] {
        let steps = trace(small(policy), &[(31, 5, 0), (20, 8, 0)]);
        assert_eq!(steps[..3], expect, "{policy:?}");
    }
}

/// Four usable blocks. The last token is sampled, never computed.
#[test]
fn without_preemption_a_request_waits_until_all_of_it_fits() {
    let small = VllmConfig { num_gpu_blocks: 5, enable_preemption_free: true, ..config() };
    let steps = trace(small.clone(), &[(31, 2, 0), (20, 8, 0)]);
    assert_eq!(steps[..2], ["0:31@0! 1:20@0!", "0:1@31! 1:1@20! .0"], "2 and 2 blocks");
    let steps = trace(small, &[(31, 3, 0), (20, 8, 0)]);
    assert_eq!(steps[..4], ["0:31@0!", "0:1@31!", "0:1@32! .0", "1:20@0!"], "3 and 2 blocks");
}

/// Parts of prompts at once: 30 tokens of each, 100 in a plan.
#[test]
fn only_so_many_prompts_are_computed_in_part() {
    let limited = VllmConfig {
        long_prefill_token_threshold: 30,
        max_num_partial_prefills: Some(2),
        ..config()
    };
    let steps = trace(limited, &[(60, 1, 0), (60, 1, 0), (60, 1, 0), (20, 1, 0)]);
    // The third would be another one; who stands behind it waits too.
    assert_eq!(steps[..2], ["0:30@0 1:30@0", "0:30@30! 1:30@30! 2:30@0 3:10@0 .0 .1"]);
}

#[test]
fn a_watermark_keeps_blocks_free_only_while_something_runs() {
    let reserved = VllmConfig { num_gpu_blocks: 11, watermark: 0.5, ..config() };
    // 10 usable blocks, 5 of them kept: the first prompt may take 6, the second needs 1 + 5 free.
    let steps = trace(reserved, &[(96, 2, 0), (4, 1, 0)]);
    assert_eq!(steps, ["0:96@0!", "0:1@96! .0", "1:4@0! .1"]);
}

#[test]
fn what_can_never_be_served_is_refused_with_its_figures() {
    let refusal = |config: VllmConfig, prompt_tokens, output_tokens| {
        let request = NewRequest {
            computed_tokens: 0,
            reserved_tokens: 0,
            prompt_tokens,
            output_tokens,
            max_tokens: output_tokens,
            priority: 0,
            arrival: tokendrome_units::SimTime::ZERO,
            order: 0,
            content: &[],
        };
        Vllm::new(config).add(&request).unwrap_err()
    };
    let long = refusal(config(), 1_000, 1);
    assert_eq!(long.kind(), "prompt-too-long");
    assert!(long.to_string().contains("1000 tokens") && long.to_string().contains("may have 999"));
    let small = VllmConfig { num_gpu_blocks: 5, ..config() };
    assert_eq!(
        refusal(small.clone(), 60, 6),
        Refusal::KvTooSmall { needed: 5, total: 4 },
        "60 + 6 - 1 tokens are computed"
    );
    assert!(
        Vllm::new(small)
            .check(&NewRequest {
                computed_tokens: 0,
                reserved_tokens: 0,
                prompt_tokens: 60,
                output_tokens: 5,
                max_tokens: 5,
                priority: 0,
                arrival: tokendrome_units::SimTime::ZERO,
                order: 0,
                content: &[],
            })
            .is_ok()
    );
    let whole = VllmConfig { enable_chunked_prefill: false, ..config() };
    assert_eq!(refusal(whole, 101, 1).kind(), "prompt-over-budget");
}

#[test]
fn with_two_plans_in_flight_a_decode_is_in_one_of_them() {
    let mut scheduler = Vllm::new(config());
    let slots = add(&mut scheduler, &[(150, 3, 0), (20, 3, 0)]);
    let mut plans = std::collections::VecDeque::new();
    let mut delivered = vec![0; slots.len()];
    let mut steps = 0;
    while scheduler.waiting() + scheduler.running() > 0 {
        while plans.len() < 2 {
            let mut plan = Plan::default();
            scheduler.plan(&mut plan);
            if plan.is_empty() {
                break;
            }
            plans.push_back(plan);
        }
        let parts: Vec<Slot> = plans
            .iter()
            .flat_map(|p: &Plan| &p.scheduled)
            .filter(|p| p.samples)
            .map(|p| p.slot)
            .collect();
        let mut unique = parts.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), parts.len(), "a sequence samples twice at once");
        let mut outcome = Outcome::default();
        scheduler.complete(&plans.pop_front().unwrap(), &mut outcome);
        outcome.tokens.iter().for_each(|slot| delivered[slot.index()] += 1);
        steps += 1;
        assert!(steps < 100);
    }
    assert_eq!(delivered, [3, 3]);
}

#[test]
fn a_head_with_tokens_in_flight_is_passed_over_and_stays_the_head() {
    let config = VllmConfig { max_num_batched_tokens: 32, num_gpu_blocks: 5, ..config() };
    let mut scheduler = Vllm::new(config).one_by_one();
    let slots = add(&mut scheduler, &[(32, 9, 0), (32, 9, 0), (16, 1, 0)]);
    let plan = |scheduler: &mut Vllm| {
        let mut plan = Plan::default();
        scheduler.plan(&mut plan);
        plan
    };
    let scheduled = |plan: &Plan| plan.scheduled.iter().map(|part| part.slot).collect::<Vec<_>>();
    // Two prompts in two plans fill the cache.
    let (first, second) = (plan(&mut scheduler), plan(&mut scheduler));
    assert_eq!((scheduled(&first), scheduled(&second)), (vec![slots[0]], vec![slots[1]]));
    // The first needs a third block. The second loses its own, though its token is on the way.
    scheduler.complete(&first, &mut Outcome::default());
    let third = plan(&mut scheduler);
    assert_eq!((scheduled(&third), &third.preempted), (vec![slots[0]], &vec![slots[1]]));
    // It is the head of the queue, and cannot run before its token has come; the last one can.
    let fourth = plan(&mut scheduler);
    assert_eq!(scheduled(&fourth), [slots[2]]);
    assert_eq!(scheduler.waiting(), 1);
    let mut outcome = Outcome::default();
    scheduler.complete(&second, &mut outcome);
    assert_eq!((outcome.tokens, outcome.stale), (vec![slots[1]], vec![slots[1]]));
}
