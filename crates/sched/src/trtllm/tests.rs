use tokendrome_units::{SimTime, TokenRun};

use super::*;

/// Blocks of 4 tokens, room for everything but KV blocks.
fn config(policy: CapacityPolicy, num_blocks: u32) -> TensorRtLlmConfig {
    TensorRtLlmConfig {
        capacity_scheduler_policy: policy,
        chunking: None,
        max_batch_size: 8,
        max_num_tokens: 100,
        max_seq_len: 60,
        max_num_active_requests: None,
        max_num_requests: None,
        tokens_per_block: 4,
        num_blocks,
        enable_block_reuse: false,
        prefix_aware: true,
        two_step_lookahead: false,
        overlap: false,
    }
}

fn request(prompt_tokens: u32, max_tokens: u32, content: &[TokenRun]) -> NewRequest<'_> {
    NewRequest {
        prompt_tokens,
        output_tokens: max_tokens,
        max_tokens,
        priority: 0,
        arrival: SimTime::ZERO,
        order: 0,
        computed_tokens: 0,
        reserved_tokens: 0,
        content,
    }
}

/// What the synchronous loop does, iteration by iteration: contexts and generations with their
/// first position, who is paused, who ends, and the free blocks at the end. Requests are A, B, ...
fn play(scheduler: &mut TensorRtLlm) -> Vec<String> {
    let name = |slot: &Slot| char::from(b'A' + slot.0 as u8).to_string();
    let names = |slots: &[Slot]| slots.iter().map(name).collect::<String>();
    let (mut plan, mut outcome, mut lines) = (Plan::default(), Outcome::default(), Vec::new());
    while scheduler.waiting() + scheduler.running() > 0 {
        plan.clear();
        outcome.clear();
        scheduler.plan(&mut plan);
        let mut words = Vec::new();
        for part in &plan.scheduled {
            let name = name(&part.slot);
            words.push(match part.decodes {
                true => format!("{name}+1"),
                false => format!("{name}[{},{}]", part.context, part.context + part.tokens),
            });
        }
        if !plan.preempted.is_empty() {
            words.push(format!("pause {}", names(&plan.preempted)));
        }
        if plan.is_empty() && plan.preempted.is_empty() {
            lines.push("stuck".to_owned());
            break;
        }
        scheduler.complete(&plan, &mut outcome);
        if !outcome.finished.is_empty() {
            words.push(format!("end {}", names(&outcome.finished)));
        }
        let (used, total) = scheduler.kv_blocks();
        lines.push(format!("{}; {} free", words.join(" "), total - used));
    }
    lines
}

/// The example of `docs/trtllm.md`: A has a prompt of 8 tokens and 3 outputs, B of 8 and 6, C of 4
/// and 2; there are 7 blocks.
#[track_caller]
fn check(policy: CapacityPolicy, expect: &[&str]) {
    let mut scheduler = TensorRtLlm::new(config(policy, 7));
    for (prompt, outputs) in [(8, 3), (8, 6), (4, 2)] {
        scheduler.add(&request(prompt, outputs, &[])).unwrap();
    }
    assert_eq!(play(&mut scheduler), expect);
}

#[test]
fn guaranteed_no_evict_never_pauses() {
    check(
        CapacityPolicy::GuaranteedNoEvict,
        &[
            "A[0,8] B[0,8]; 3 free",
            "A+1 B+1; 1 free",
            "A+1 B+1 end A; 4 free",
            "C[0,4] B+1; 3 free",
            "B+1 C+1 end C; 4 free",
            "B+1 end B; 7 free",
        ],
    );
}

#[test]
fn max_utilization_pauses_and_resumes() {
    check(
        CapacityPolicy::MaxUtilization,
        &[
            "A[0,8] B[0,8] C[0,4]; 2 free",
            "A+1 B+1 pause C; 1 free",
            "A+1 B+1 end A; 4 free",
            "C[0,5] B+1 end C; 4 free",
            "B+1; 4 free",
            "B+1 end B; 7 free",
        ],
    );
}

#[test]
fn static_batches_drain() {
    check(
        CapacityPolicy::StaticBatch,
        &[
            "A[0,8] B[0,8]; 3 free",
            "A+1 B+1; 1 free",
            "A+1 B+1 end A; 4 free",
            "B+1; 4 free",
            "B+1; 4 free",
            "B+1 end B; 7 free",
            "C[0,4]; 6 free",
            "C+1 end C; 7 free",
        ],
    );
}

#[test]
fn prompts_share_the_budget() {
    let play_with = |policy| {
        let mut scheduler = TensorRtLlm::new(TensorRtLlmConfig {
            chunking: Some(ContextChunking { policy, unit: 4 }),
            max_num_tokens: 14,
            ..config(CapacityPolicy::GuaranteedNoEvict, 40)
        });
        for prompt in [12, 12] {
            scheduler.add(&request(prompt, 1, &[])).unwrap();
        }
        play(&mut scheduler)
    };
    assert_eq!(
        play_with(ChunkingPolicy::FirstComeFirstServed),
        // Two tokens are left after A, and they make no unit.
        ["A[0,12] end A; 40 free", "B[0,12] end B; 40 free"]
    );
    assert_eq!(
        play_with(ChunkingPolicy::EqualProgress),
        ["A[0,8] B[0,4]; 34 free", "A[8,12] B[4,12] end AB; 40 free"]
    );
}

#[test]
fn a_prompt_waits_for_another_that_computes_its_beginning() {
    let mut scheduler = TensorRtLlm::new(TensorRtLlmConfig {
        enable_block_reuse: true,
        ..config(CapacityPolicy::GuaranteedNoEvict, 20)
    });
    let shared = [TokenRun { id: 1, end: 8 }];
    for _ in 0..2 {
        scheduler.add(&request(10, 2, &shared)).unwrap();
    }
    assert_eq!(
        play(&mut scheduler),
        ["A[0,10]; 17 free", "B[8,10] A+1 end A; 17 free", "B+1 end B; 20 free"]
    );
}

/// Both prompts are found whole, and so count for no block; but the last block of each is computed
/// again, and there is one block.
#[test]
fn blocks_that_are_counted_on_in_vain_are_waited_for() {
    let mut scheduler = TensorRtLlm::new(TensorRtLlmConfig {
        enable_block_reuse: true,
        ..config(CapacityPolicy::MaxUtilization, 4)
    });
    let shared = [TokenRun { id: 1, end: 8 }];
    // The first stays and holds the two blocks that all share, and a third.
    scheduler.add(&request(9, 4, &shared)).unwrap();
    let (mut plan, mut outcome) = (Plan::default(), Outcome::default());
    scheduler.plan(&mut plan);
    scheduler.complete(&plan, &mut outcome);
    for _ in 0..2 {
        scheduler.add(&request(8, 1, &shared)).unwrap();
    }
    assert_eq!(
        play(&mut scheduler),
        ["B[4,8] A+1 end B; 1 free", "C[4,8] A+1 end C; 1 free", "A+1 end A; 4 free"]
    );
    assert!(scheduler.is_overcommitted());
}

#[test]
fn what_can_never_be_served_is_refused() {
    let mut scheduler = TensorRtLlm::new(TensorRtLlmConfig {
        max_num_tokens: 20,
        ..config(CapacityPolicy::MaxUtilization, 8)
    });
    let mut refusal = |prompt, outputs| scheduler.add(&request(prompt, outputs, &[])).unwrap_err();
    assert_eq!(refusal(60, 1), Refusal::PromptTooLong { prompt_tokens: 60, max_model_len: 60 });
    assert_eq!(refusal(21, 1), Refusal::PromptOverBudget { prompt_tokens: 21, budget: 20 });
    assert_eq!(refusal(12, 9), Refusal::ContextOverBudget { tokens: 21, budget: 20 });
    let mut scheduler = TensorRtLlm::new(config(CapacityPolicy::GuaranteedNoEvict, 8));
    let refused = scheduler.add(&request(12, 21, &[])).unwrap_err();
    assert_eq!(refused, Refusal::KvTooSmall { needed: 9, total: 8 });
}
