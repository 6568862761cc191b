use super::*;
use crate::played::{add, check, play, step};

fn slots(admission: Admission, max_batch_size: u32, total_prefill_chunks: u32) -> Slots {
    Slots::new(SlotsConfig { admission, max_batch_size, total_prefill_chunks })
}

#[test]
fn a_static_batch_is_filled_when_it_is_empty() {
    check(
        &mut slots(Admission::Static, 2, 1).one_by_one(),
        &[(4, 1), (5, 3), (6, 2)],
        &[
            "+0:4@0 +1:5@0 => 0. 1",
            "1@5 => 1",
            "1@6 => 1.",
            // The third request found a free slot from the second step on, but not a free batch.
            "+2:6@0 => 2",
            "2@6 => 2.",
        ],
    );
}

#[test]
fn in_flight_every_free_slot_is_filled_at_once() {
    check(
        &mut slots(Admission::InFlight, 2, 1).one_by_one(),
        &[(4, 1), (5, 3), (6, 2)],
        &["+0:4@0 +1:5@0 => 0. 1", "1@5 +2:6@0 => 1 2", "1@6 2@6 => 1. 2."],
    );
}

#[test]
fn with_one_prefill_the_next_is_admitted_when_the_last_has_its_first_token() {
    check(
        &mut slots(Admission::InFlightOnePrefill, 3, 2).one_by_one(),
        &[(4, 2), (4, 2), (4, 2)],
        &[
            "+0:2@0 =>",
            "0:2@2 => 0",
            "0@4 +1:2@0 => 0.",
            "1:2@2 => 1",
            "1@4 +2:2@0 => 1.",
            "2:2@2 => 2",
            "2@4 => 2.",
        ],
    );
}

#[test]
fn chunks_are_as_equal_as_whole_tokens_allow() {
    check(
        &mut slots(Admission::InFlight, 1, 3).one_by_one(),
        &[(8, 1), (2, 1)],
        &["+0:2@0 =>", "0:3@2 =>", "0:3@5 => 0.", "+1:1@0 =>", "1:1@1 => 1."],
    );
}

/// Steps in which all decode and nobody comes or ends are counted, and can be repeated at once.
#[test]
fn a_calm_batch_is_counted() {
    let mut scheduler = slots(Admission::InFlight, 2, 1);
    for (prompt, output) in [(10, 8), (20, 5), (30, 1)] {
        add(&mut scheduler, prompt, output);
    }
    assert_eq!(step(&mut scheduler), "+0:10@0 +1:20@0 => 0 1");
    assert_eq!(step(&mut scheduler), "2 steady@30 =>");
    let mut plan = Plan::default();
    scheduler.plan(&mut plan);
    assert_eq!((plan.steady.decodes, plan.steady.context), (2, 32));
    assert!(plan.steady.joined.is_empty());
    // Of its five tokens the second request got two, the third is in flight.
    assert_eq!(scheduler.repeats(), 2);
    scheduler.repeat_many(2, &mut |blocks, plans| assert_eq!((blocks, plans), (0, 2)));
    assert_eq!(scheduler.repeats(), 0);
    assert_eq!([Slot(0), Slot(1), Slot(2)].map(|slot| scheduler.delivered(slot)), [4, 4, 0]);
    let mut outcome = Outcome::default();
    scheduler.complete(&plan, &mut outcome);
    assert_eq!((outcome.steady, outcome.finished), (2, vec![Slot(1)]));
    // Its slot is taken by the third, whose end leaves the first alone.
    let mut plan = Plan::default();
    scheduler.plan(&mut plan);
    assert_eq!((plan.steady.left, plan.steady.stopped), (vec![14, 24], vec![Slot(0)]));
    assert_eq!(plan.scheduled.len(), 2);
    let mut outcome = Outcome::default();
    plan.steady = crate::Steady::default();
    scheduler.complete(&plan, &mut outcome);
    assert_eq!(outcome.finished, [Slot(2)]);
    assert_eq!(play(&mut scheduler), ["1 steady@15 =>", "1 steady@16 => 0."]);
}

#[test]
fn a_place_is_a_free_slot_that_nobody_waits_for() {
    let places = |scheduler: &Slots| [0, 1, 2].map(|coming| scheduler.has_place(coming));
    for admission in [Admission::Static, Admission::InFlight, Admission::InFlightOnePrefill] {
        let mut scheduler = slots(admission, 2, 1);
        assert_eq!(places(&scheduler), [true, true, false]);
        add(&mut scheduler, 5, 3);
        assert_eq!(places(&scheduler), [true, false, false]);
        step(&mut scheduler);
        let is_open = admission != Admission::Static;
        assert_eq!(places(&scheduler), [is_open, false, false], "{admission:?}");
    }
}

/// With a host that plans ahead, it computes one plan after the other all the same.
#[test]
fn one_plan_is_in_flight_at_a_time() {
    let mut scheduler = slots(Admission::InFlight, 2, 1);
    add(&mut scheduler, 10, 3);
    let (mut first, mut ahead) = (Plan::default(), Plan::default());
    scheduler.plan(&mut first);
    scheduler.plan(&mut ahead);
    assert_eq!((first.tokens, ahead.tokens), (10, 0));
    let mut outcome = Outcome::default();
    scheduler.complete(&first, &mut outcome);
    scheduler.complete(&ahead, &mut outcome);
    assert_eq!(outcome.tokens, [Slot(0)]);
    // It goes on listing.
    assert_eq!(play(&mut scheduler), ["0@10 => 0", "0@11 => 0."]);
}
