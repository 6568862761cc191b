use super::*;
use crate::played::{add, check, play, step};

fn pools(prefill_workers: u32, decode_workers: u32, total_prefill_chunks: u32) -> WorkerPools {
    WorkerPools::new(WorkerPoolsConfig { prefill_workers, decode_workers, total_prefill_chunks })
}

#[test]
fn requests_go_through_both_pools_in_order() {
    check(
        &mut pools(2, 1, 1),
        &[(4, 2), (5, 3), (6, 2)],
        &[
            "+0:4@0 +1:5@0 => 0 1",
            // The third takes a prefill worker, the second has to wait for the decode worker.
            "+2:6@0 0@4 >0 => 2 0.",
            "1@5 >1 => 1",
            "1@6 => 1.",
            "2@6 >2 => 2.",
        ],
    );
}

#[test]
fn who_began_first_is_handed_over_first() {
    // The first prompt takes a single chunk; the third one, which follows on its worker, ends with
    // the second.
    check(
        &mut pools(2, 1, 3),
        &[(1, 2), (9, 2), (2, 2)],
        &[
            "+0:1@0 +1:3@0 => 0",
            "1:3@3 +2:1@0 0@1 >0 => 0.",
            "1:3@6 2:1@1 => 1 2",
            "1@9 >1 => 1.",
            "2@2 >2 => 2.",
        ],
    );
}

#[test]
fn a_request_of_one_token_keeps_a_decode_worker_for_a_step() {
    let mut scheduler = pools(1, 1, 1);
    add(&mut scheduler, 4, 1);
    add(&mut scheduler, 5, 2);
    assert_eq!(step(&mut scheduler), "+0:4@0 => 0.");
    // It has ended and waits for a decode worker: only the other one counts.
    assert_eq!((scheduler.waiting(), scheduler.running()), (1, 0));
    assert_eq!(step(&mut scheduler), "+1:5@0 0@4 => 1 drop 0");
    // Its slot is free now.
    assert_eq!(add(&mut scheduler, 6, 1), Slot(0));
    assert_eq!(step(&mut scheduler), "+0:6@0 1@5 >1 => 0. 1.");
    assert_eq!(step(&mut scheduler), "0@6 => drop 0");
    assert_eq!(step(&mut scheduler), "=>");
}

#[test]
fn ended_requests_count_nowhere_while_they_are_carried_along() {
    let mut scheduler = pools(2, 1, 1);
    add(&mut scheduler, 4, 1);
    add(&mut scheduler, 4, 1);
    step(&mut scheduler);
    let mut plan = Plan::default();
    scheduler.plan(&mut plan);
    // One is on the decode worker, one waits for it.
    assert_eq!(plan.scheduled.len(), 1);
    assert_eq!((scheduler.waiting(), scheduler.running()), (0, 0));
    scheduler.complete(&plan, &mut Outcome::default());
    assert_eq!(play(&mut scheduler), ["1@4 => drop 1"]);
}

#[test]
fn a_place_is_an_idle_prefill_worker_that_nobody_waits_for() {
    let mut scheduler = pools(2, 1, 2);
    assert_eq!([0, 1, 2].map(|coming| scheduler.has_place(coming)), [true, true, false]);
    add(&mut scheduler, 5, 3);
    step(&mut scheduler);
    assert_eq!([0, 1].map(|coming| scheduler.has_place(coming)), [true, false]);
    step(&mut scheduler);
    assert_eq!([0, 1].map(|coming| scheduler.has_place(coming)), [true, true]);
}

#[test]
fn one_plan_is_in_flight_at_a_time() {
    let mut scheduler = pools(1, 1, 1);
    add(&mut scheduler, 10, 2);
    add(&mut scheduler, 10, 2);
    let (mut first, mut ahead) = (Plan::default(), Plan::default());
    scheduler.plan(&mut first);
    scheduler.plan(&mut ahead);
    assert_eq!((first.tokens, ahead.tokens), (10, 0));
    let mut outcome = Outcome::default();
    scheduler.complete(&first, &mut outcome);
    scheduler.complete(&ahead, &mut outcome);
    assert_eq!(outcome.tokens, [Slot(0)]);
}
