//! Tests: the fast way of planning against the plain one.

use std::collections::{BTreeMap, VecDeque};

use super::add;
use crate::{Outcome, Plan, Scheduler, Slot};

/// What both ways must agree on: what is computed without regard to how it is listed, how many
/// tokens are delivered, who ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    tokens: u64,
    prompts: Vec<(Slot, u32, u32)>,
    decodes: u32,
    decode_context: u64,
    delivered: u32,
    finished: Vec<Slot>,
}

impl Seen {
    fn of(plan: &Plan) -> Self {
        let mut seen = Self {
            tokens: plan.tokens,
            prompts: Vec::new(),
            decodes: plan.steady.decodes,
            decode_context: plan.steady.context,
            delivered: 0,
            finished: Vec::new(),
        };
        for part in &plan.scheduled {
            match part.decodes {
                true => {
                    seen.decodes += 1;
                    seen.decode_context += u64::from(part.context);
                }
                false => seen.prompts.push((part.slot, part.tokens, part.context)),
            }
        }
        seen
    }
}

/// The contexts of the steady requests, as the plans tell who joins and leaves.
#[derive(Default)]
struct Contexts(BTreeMap<u32, u64>);

impl Contexts {
    fn grow(&mut self, by: u32) {
        let grown = std::mem::take(&mut self.0).into_iter();
        self.0.extend(grown.map(|(context, count)| (context + by, count)));
    }

    fn check(&mut self, plan: &Plan) {
        if plan.steady.decodes > 0 || !plan.steady.left.is_empty() {
            self.grow(1);
        }
        for context in &plan.steady.left {
            *self.0.get_mut(context).expect("who leaves was there") -= 1;
        }
        for &context in &plan.steady.joined {
            *self.0.entry(context).or_insert(0) += 1;
        }
        if plan.steady.decodes > 0 {
            let all = self.0.iter().map(|(&context, &count)| u64::from(context) * count);
            assert_eq!(
                (all.sum::<u64>(), self.0.values().sum()),
                (plan.steady.context, u64::from(plan.steady.decodes))
            );
        }
    }
}

/// Plays requests of (prompt, output, plans until the next comes); with `goes_ahead` repeated plans
/// are not made one by one.
pub(crate) fn drive(
    mut scheduler: impl Scheduler,
    arrivals: &[(u32, u32, u8)],
    goes_ahead: bool,
) -> Vec<Seen> {
    let mut coming: VecDeque<_> = arrivals.iter().copied().collect();
    let (mut all, mut plan, mut outcome) = (Vec::new(), Plan::default(), Outcome::default());
    let (mut wait, mut contexts) = (0, Contexts::default());
    loop {
        while wait == 0 {
            let Some((prompt, output, gap)) = coming.pop_front() else { break };
            add(&mut scheduler, prompt, output);
            wait = u64::from(gap);
        }
        wait = wait.saturating_sub(1);
        plan.clear();
        scheduler.plan(&mut plan);
        contexts.check(&plan);
        if plan.is_empty() && coming.is_empty() {
            break;
        }
        if plan.is_empty() {
            continue;
        }
        let mut seen = Seen::of(&plan);
        let repeats = if goes_ahead { scheduler.repeats().min(wait) } else { 0 };
        if repeats > 0 {
            scheduler.repeat_many(repeats, &mut |_, _| {});
            contexts.grow(repeats as u32);
            wait -= repeats;
        }
        for _ in 0..repeats {
            all.push(Seen { delivered: seen.decodes, ..seen.clone() });
            seen.decode_context += u64::from(seen.decodes);
        }
        outcome.clear();
        scheduler.complete(&plan, &mut outcome);
        seen.delivered = outcome.steady + outcome.tokens.len() as u32;
        seen.finished.clone_from(&outcome.finished);
        all.push(seen);
    }
    assert_eq!((scheduler.waiting(), scheduler.running()), (0, 0), "requests are left");
    all
}
