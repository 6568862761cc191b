//! Tests: what a scheduler does from plan to plan, in lines that can be read.

pub(crate) mod differential;

use crate::{NewRequest, Outcome, Plan, Scheduler, Slot};
use tokendrome_units::SimTime;

/// Adds a request of so many tokens of prompt and output.
pub(crate) fn add(scheduler: &mut dyn Scheduler, prompt_tokens: u32, output_tokens: u32) -> Slot {
    let request = NewRequest {
        computed_tokens: 0,
        reserved_tokens: output_tokens,
        prompt_tokens,
        output_tokens,
        max_tokens: output_tokens,
        priority: 0,
        arrival: SimTime::ZERO,
        order: 0,
        content: &[],
    };
    scheduler.add(&request).unwrap()
}

/// Makes a plan and completes it. Says what it computed, by slot: `0:3@6` are 3 tokens of a prompt
/// after 6 others, `0@9` a token decoded in a context of 9, `+` who was admitted, `>0` who began to
/// decode in another pool, `2 steady@30` those that are only counted; then who got a token (with a
/// full stop: its last), and after `drop` whose token is dropped.
pub(crate) fn step(scheduler: &mut dyn Scheduler) -> String {
    let (mut plan, mut outcome) = (Plan::default(), Outcome::default());
    scheduler.plan(&mut plan);
    let mut words = Vec::new();
    for part in &plan.scheduled {
        let slot = part.slot.0;
        let admitted = if part.admitted { "+" } else { "" };
        words.push(match part.decodes {
            true => format!("{admitted}{slot}@{}", part.context),
            false => format!("{admitted}{slot}:{}@{}", part.tokens, part.context),
        });
    }
    words.extend(plan.moved.iter().map(|slot| format!(">{}", slot.0)));
    if plan.steady.decodes > 0 {
        words.push(format!("{} steady@{}", plan.steady.decodes, plan.steady.context));
    }
    let listed = plan.scheduled.iter().map(|part| u64::from(part.tokens)).sum::<u64>();
    assert_eq!(plan.tokens, listed + u64::from(plan.steady.decodes));
    scheduler.complete(&plan, &mut outcome);
    words.push("=>".to_owned());
    for slot in &outcome.tokens {
        let last = if outcome.finished.contains(slot) { "." } else { "" };
        words.push(format!("{}{last}", slot.0));
    }
    let counted = outcome.finished.iter().filter(|slot| !outcome.tokens.contains(slot));
    words.extend(counted.map(|slot| format!("{}.", slot.0)));
    words.extend(outcome.dropped.iter().map(|slot| format!("drop {}", slot.0)));
    words.join(" ")
}

/// Steps until nothing is left to compute.
pub(crate) fn play(scheduler: &mut dyn Scheduler) -> Vec<String> {
    let steps = std::iter::from_fn(|| Some(step(scheduler)).filter(|step| step != "=>"));
    let steps: Vec<String> = steps.take(1_000).collect();
    assert_eq!((scheduler.waiting(), scheduler.running()), (0, 0), "requests are left: {steps:?}");
    steps
}

/// Plays requests of (prompt, output) that come at once, and compares step by step.
pub(crate) fn check(scheduler: &mut dyn Scheduler, requests: &[(u32, u32)], expected: &[&str]) {
    for &(prompt, output) in requests {
        add(scheduler, prompt, output);
    }
    assert_eq!(play(scheduler), expected);
}
