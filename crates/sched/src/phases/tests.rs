mod random;

use super::*;
use crate::played::{add, check, step};

fn phases(order: PhaseOrder, max_sequences: u32, max_tokens: u32, chunk: Option<u32>) -> Phases {
    Phases::new(PhasesConfig {
        order,
        max_sequences,
        max_tokens,
        prefill_chunk_size: chunk,
        executors: 1,
    })
}

#[test]
fn decodes_first_keep_prompts_waiting() {
    let mut scheduler = phases(PhaseOrder::DecodeFirst, 8, 10, None);
    add(&mut scheduler, 4, 2);
    assert_eq!(step(&mut scheduler), "+0:4@0 =>");
    // The third prompt does not fit what is left of the budget, and is not split.
    let rest = [(6, 1), (5, 2), (1, 1)];
    check(
        &mut scheduler,
        &rest,
        &[
            "0@4 => 0",
            "1 steady@5 => 0.",
            "+1:6@0 =>",
            "1@6 => 1.",
            "+2:5@0 +3:1@0 =>",
            "2@5 3@1 => 2 3.",
            "1 steady@6 => 2.",
        ],
    );
}

#[test]
fn prompts_first_let_decodes_pause() {
    let mut scheduler = phases(PhaseOrder::PrefillFirst, 8, 10, None);
    add(&mut scheduler, 4, 3);
    assert_eq!(step(&mut scheduler), "+0:4@0 =>");
    assert_eq!(step(&mut scheduler), "0@4 => 0");
    assert_eq!(step(&mut scheduler), "1 steady@5 =>");
    // The second of these is cut to the budget; its rest goes first.
    check(
        &mut scheduler,
        &[(6, 1), (7, 2)],
        &["+1:6@0 +2:4@0 =>", "2:3@4 =>", "1@6 2@7 1 steady@6 => 1. 2 0.", "1 steady@8 => 2."],
    );
}

#[test]
fn places_of_one_phase_are_not_lent_to_the_other() {
    check(
        &mut phases(PhaseOrder::Both { decode_places: 1 }, 3, 100, Some(4)),
        &[(4, 2), (4, 1), (6, 1)],
        &[
            "+0:4@0 +1:4@0 =>",
            "0@4 +2:4@0 => 0",
            "2:2@4 1 steady@5 => 0.",
            "1@4 => 1.",
            "2@6 => 2.",
        ],
    );
}

#[test]
fn a_chunk_that_was_cut_short_loses_nothing() {
    // Three tokens of room for a chunk of four: the rest is five, in chunks of four again.
    check(
        &mut phases(PhaseOrder::PrefillFirst, 8, 7, Some(4)),
        &[(4, 1), (8, 1)],
        &["+0:4@0 +1:3@0 =>", "1:4@3 =>", "1:1@7 =>", "0@4 1@8 => 0. 1."],
    );
}

#[test]
fn no_output_ends_with_the_prompt() {
    check(
        &mut phases(PhaseOrder::PrefillFirst, 1, 9, None),
        &[(4, 0), (3, 0)],
        &["+0:4@0 => 0.", "+1:3@0 => 1."],
    );
}

#[test]
fn what_never_fits_is_refused_or_split() {
    let request = NewRequest {
        computed_tokens: 0,
        reserved_tokens: 0,
        prompt_tokens: 11,
        output_tokens: 1,
        max_tokens: 1,
        priority: 0,
        arrival: tokendrome_units::SimTime::ZERO,
        order: 0,
        content: &[],
    };
    let refusal = Refusal::PromptOverBudget { prompt_tokens: 11, budget: 10 };
    assert_eq!(phases(PhaseOrder::DecodeFirst, 8, 10, None).add(&request), Err(refusal));
    check(
        &mut phases(PhaseOrder::DecodeFirst, 8, 10, Some(64)),
        &[(11, 1)],
        &["+0:10@0 =>", "0:1@10 =>", "0@11 => 0."],
    );
    check(
        &mut phases(PhaseOrder::PrefillFirst, 8, 10, None),
        &[(11, 1)],
        &["+0:10@0 =>", "0:1@10 =>", "0@11 => 0."],
    );
}

#[test]
fn executors_take_from_the_same_queues() {
    let config =
        PhasesConfig { executors: 2, ..phases(PhaseOrder::DecodeFirst, 1, 9, None).config };
    let mut scheduler = Phases::new(config);
    for prompt in [4, 5, 6] {
        add(&mut scheduler, prompt, 2);
    }
    let (mut first, mut second, mut third) = (Plan::default(), Plan::default(), Plan::default());
    scheduler.plan(&mut first);
    scheduler.plan(&mut second);
    scheduler.plan(&mut third);
    let slots = |plan: &Plan| plan.scheduled.iter().map(|part| part.slot.0).collect::<Vec<_>>();
    assert_eq!((slots(&first), slots(&second), slots(&third)), (vec![0], vec![1], vec![]));
    // The second ends first, and goes on to decode before the third prompt begins.
    let mut outcome = Outcome::default();
    scheduler.complete(&second, &mut outcome);
    second.clear();
    scheduler.plan(&mut second);
    assert_eq!((slots(&second), scheduler.waiting(), scheduler.running()), (vec![1], 1, 2));
}
