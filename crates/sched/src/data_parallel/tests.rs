use proptest::prelude::*;

use super::*;
use crate::played::{add, check};
use crate::{Policy, Vllm, VllmConfig};

fn engine(places: u32, blocks: u32) -> Vllm {
    Vllm::new(VllmConfig {
        max_num_batched_tokens: 20,
        max_num_scheduled_tokens: None,
        max_num_seqs: places,
        max_num_active_seqs: None,
        max_model_len: 200,
        policy: Policy::Fcfs,
        enable_chunked_prefill: true,
        long_prefill_token_threshold: 0,
        long_prefill_token_threshold_adaptive: false,
        scheduler_reserve_full_isl: true,
        watermark: 0.0,
        max_num_partial_prefills: None,
        enable_preemption_free: false,
        prefill_schedule_interval: 1,
        block_size: 4,
        num_gpu_blocks: blocks,
        enable_prefix_caching: false,
        async_scheduling: false,
    })
}

fn group(engines: usize, places: u32, blocks: u32) -> DataParallel {
    let one = |_| Box::new(engine(places, blocks)) as Box<dyn Scheduler>;
    DataParallel::new((0..engines).map(one).collect())
}

/// Three requests to two engines: the third goes to the first, for both have one that waits. Slots
/// are even in the first and odd in the second, which is idle when its request has ended.
#[test]
fn requests_go_to_the_engine_with_the_lowest_score() {
    let mut group = group(2, 8, 100);
    check(
        &mut group,
        &[(8, 3), (4, 2), (15, 2)],
        &["+0:8@0 +2:12@0 +1:4@0 => 0 1", "2:3@12 2 steady@12 => 2 1.", "2 steady@24 => 0. 2."],
    );
}

/// Waiting requests count four times as much as running ones.
#[test]
fn waiting_requests_weigh_more() {
    let mut group = group(2, 1, 100);
    let first = add(&mut group, 4, 9);
    let second = add(&mut group, 4, 9);
    assert_eq!((first, second), (Slot(0), Slot(1)));
    group.plan(&mut Plan::default());
    // One runs in each: 1 and 1; then 5 and 1.
    assert_eq!(add(&mut group, 4, 9), Slot(2));
    assert_eq!(add(&mut group, 4, 9), Slot(3));
    assert_eq!((group.waiting(), group.running()), (2, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Each engine does what it would do alone with the requests that it gets, at the same steps.
    #[test]
    fn engines_decide_as_they_would_alone(
        engines in 1_usize..4,
        places in 1_u32..5,
        blocks in 12_u32..40,
        mut requests in proptest::collection::vec((1_u32..30, 1_u32..15, 0_u32..4), 1..25),
    ) {
        let mut group = group(engines, places, blocks);
        let mut alone: Vec<Vllm> = (0..engines).map(|_| engine(places, blocks)).collect();
        requests.reverse();
        for _ in 0..2_000 {
            while let Some((prompt, output, wait)) = requests.pop() {
                if wait > 0 {
                    requests.push((prompt, output, wait - 1));
                    break;
                }
                let slot = add(&mut group, prompt, output);
                let own = add(&mut alone[slot.index() % engines], prompt, output);
                prop_assert_eq!(own.index(), slot.index() / engines);
            }
            let mut plan = Plan::default();
            group.plan(&mut plan);
            let mut outcome = Outcome::default();
            group.complete(&plan, &mut outcome);
            let (mut tokens, mut delivered, mut finished) = (0, 0, 0);
            for (e, engine) in alone.iter_mut().enumerate() {
                let mut own = Plan::default();
                engine.plan(&mut own);
                prop_assert_eq!(&own.steady, &plan.engines[e]);
                let listed = plan.scheduled.iter().filter(|part| part.slot.index() % engines == e);
                let listed: Vec<_> = listed.map(|part| (part.tokens, part.context)).collect();
                let expected: Vec<_> =
                    own.scheduled.iter().map(|part| (part.tokens, part.context)).collect();
                prop_assert_eq!(listed, expected);
                let mut of_one = Outcome::default();
                engine.complete(&own, &mut of_one);
                tokens += own.tokens;
                delivered += of_one.tokens.len() as u32 + of_one.steady;
                finished += of_one.finished.len();
            }
            prop_assert_eq!(tokens, plan.tokens);
            prop_assert_eq!(delivered, outcome.tokens.len() as u32 + outcome.steady);
            prop_assert_eq!(finished, outcome.finished.len());
            if requests.is_empty() && group.waiting() + group.running() == 0 {
                return Ok(());
            }
        }
        prop_assert!(false, "requests are left");
    }
}
