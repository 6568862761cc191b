//! The fast way against the plain one, decision by decision.

use std::collections::{BTreeMap, VecDeque};

mod cases;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokendrome_units::{SimTime, TokenRun};

use super::super::{Policy, VllmConfig};
use super::*;
use crate::{NewRequest, Outcome, Scheduled, Scheduler};

/// A request of a scenario.
#[derive(Debug, Clone)]
struct Job {
    prompt: u32,
    output: u32,
    max_tokens: u32,
    priority: i32,
    /// Plans before it arrives.
    after: u32,
    content: Vec<TokenRun>,
}

#[derive(Debug, Clone)]
struct Case {
    config: VllmConfig,
    jobs: Vec<Job>,
    /// Plans that may be in flight.
    depth: usize,
    /// Whether stretches are repeated, and so many plans at once.
    repeats: bool,
    at_once: u64,
    /// Whether the plain way keeps the blocks one by one too.
    lists_blocks: bool,
}

/// One way of going about it, with the requests' numbers by slot.
struct Way {
    scheduler: Vllm,
    by_slot: BTreeMap<Slot, usize>,
    in_flight: VecDeque<Plan>,
}

/// What a plan decided, by the requests' numbers.
#[derive(Debug, PartialEq, Eq)]
struct Decided {
    parts: Vec<(usize, u32, u32, bool, bool, bool)>,
    preempted: Vec<usize>,
    tokens: u64,
    decode_context: u64,
    levels: (u32, u32, (u64, u64), u64, bool),
}

/// What came of a plan.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    tokens: usize,
    stale: Vec<usize>,
    finished: Vec<usize>,
    dropped: Vec<usize>,
    kv: (u64, u64),
}

impl Way {
    fn new(scheduler: Vllm) -> Self {
        Self { scheduler, by_slot: BTreeMap::new(), in_flight: VecDeque::new() }
    }

    fn add(&mut self, number: usize, job: &Job) -> bool {
        let request = NewRequest {
            computed_tokens: 0,
            reserved_tokens: 0,
            prompt_tokens: job.prompt,
            output_tokens: job.output,
            max_tokens: job.max_tokens,
            priority: job.priority,
            arrival: SimTime::from_nanos(number as u64 / 3),
            order: number as u64,
            content: &job.content,
        };
        let slot = self.scheduler.add(&request);
        slot.is_ok_and(|slot| {
            self.by_slot.insert(slot, number);
            true
        })
    }

    fn numbers(&self, slots: &[Slot]) -> Vec<usize> {
        slots.iter().map(|slot| self.by_slot[slot]).collect()
    }

    fn levels(&self) -> (u32, u32, (u64, u64), u64, bool) {
        let scheduler = &self.scheduler;
        (
            scheduler.waiting(),
            scheduler.running(),
            scheduler.kv_blocks(),
            scheduler.kv_evictions(),
            scheduler.has_place(0),
        )
    }

    fn decided(&self, plan: &Plan) -> Decided {
        let mut parts = plan.scheduled.clone();
        parts.extend(self.scheduler.steady_parts());
        assert_eq!(parts.len() - plan.scheduled.len(), plan.steady.decodes as usize);
        let context = parts[plan.scheduled.len()..].iter().map(|part| u64::from(part.context));
        assert_eq!(context.sum::<u64>(), plan.steady.context);
        let decodes = parts.iter().filter(|part| part.decodes);
        let decode_context = decodes.map(|part| u64::from(part.context)).sum();
        let part = |part: &Scheduled| {
            let number = self.by_slot[&part.slot];
            (number, part.tokens, part.context, part.samples, part.decodes, part.admitted)
        };
        let mut parts: Vec<_> = parts.iter().map(part).collect();
        parts.sort_unstable();
        Decided {
            parts,
            preempted: self.numbers(&plan.preempted),
            tokens: plan.tokens,
            decode_context,
            levels: self.levels(),
        }
    }

    fn plan(&mut self) -> Decided {
        let mut plan = Plan::default();
        self.scheduler.plan(&mut plan);
        let decided = self.decided(&plan);
        self.in_flight.push_back(plan);
        decided
    }

    fn complete(&mut self) -> Came {
        let plan = self.in_flight.pop_front().unwrap();
        let mut outcome = Outcome::default();
        self.scheduler.complete(&plan, &mut outcome);
        let mut dropped = self.numbers(&outcome.dropped);
        dropped.sort_unstable();
        let mut stale = self.numbers(&outcome.stale);
        stale.sort_unstable();
        Came {
            tokens: outcome.tokens.len() + outcome.steady as usize,
            stale,
            finished: self.numbers(&outcome.finished),
            dropped,
            kv: (self.scheduler.kv_blocks().0, self.scheduler.kv_evictions()),
        }
    }

    fn is_busy(&self) -> bool {
        self.scheduler.waiting() + self.scheduler.running() > 0
    }
}

impl Vllm {
    /// The parts of the steady requests in the plan that was just made.
    fn steady_parts(&self) -> Vec<Scheduled> {
        let running = self.running.iter(&self.sequences);
        let steady = running.filter(|slot| self.sequences[slot.index()].stay.is_steady);
        let part = |slot: Slot| {
            let sequence = &self.sequences[slot.index()];
            let context = sequence.computed + (self.planned - sequence.stay.joined) as u32;
            Scheduled { slot, tokens: 1, context, samples: true, decodes: true, admitted: false }
        };
        steady.map(part).collect()
    }
}

/// What comparisons came across.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    plans: u64,
    /// Those of them with steady requests, and those that were repeated.
    steady: u64,
    repeated: u64,
    preemptions: u64,
    dropped: u64,
    /// Requests that ceased to be steady before they ended.
    stopped: u64,
    evicted: u64,
}

impl Seen {
    fn and(self, other: Self) -> Self {
        Self {
            plans: self.plans + other.plans,
            steady: self.steady + other.steady,
            repeated: self.repeated + other.repeated,
            preemptions: self.preemptions + other.preemptions,
            dropped: self.dropped + other.dropped,
            stopped: self.stopped + other.stopped,
            evicted: self.evicted + other.evicted,
        }
    }
}

/// Repeats plans at once the fast way, and makes them one by one.
fn compare_repeated(fast: &mut Way, plain: &mut Way, count: u64) {
    let mut in_use = Vec::new();
    match count {
        1 => in_use.push(fast.scheduler.repeat()),
        _ => fast.scheduler.repeat_many(count, &mut |blocks, plans| {
            in_use.extend((0..plans).map(|_| blocks));
        }),
    }
    let mut expected = Vec::new();
    for i in 0..count {
        let mut plan = fast.in_flight.back().unwrap().clone();
        plan.steady.context += u64::from(plan.steady.decodes);
        (plan.steady.joined, plan.steady.left) = (Vec::new(), Vec::new());
        let oldest = fast.in_flight.pop_front().unwrap();
        let came = plain.complete();
        assert_eq!(came.tokens, oldest.steady.decodes as usize);
        assert!(came.finished.is_empty() && came.stale.is_empty() && came.dropped.is_empty());
        let decided = plain.plan();
        expected.push(decided.levels.2.0);
        if i + 1 == count {
            assert_eq!(fast.decided(&plan), decided);
        }
        fast.in_flight.push_back(plan);
    }
    assert_eq!(in_use, expected);
}

/// Runs both ways side by side.
fn compare(case: &Case) -> Seen {
    let mut fast = Way::new(Vllm::new(case.config.clone()));
    let mut plain = Way::new(match case.lists_blocks {
        true => Vllm::with_block_ids(case.config.clone()),
        false => Vllm::new(case.config.clone()).one_by_one(),
    });
    let mut next = 0;
    let (mut seen, mut fruitless) = (Seen::default(), 0);
    let mut left_before_arrival = case.jobs.first().map_or(0, |job| job.after);
    loop {
        while next < case.jobs.len() && (left_before_arrival == 0 || !fast.is_busy()) {
            let job = &case.jobs[next];
            assert_eq!(fast.add(next, job), plain.add(next, job));
            next += 1;
            left_before_arrival = case.jobs.get(next).map_or(0, |job| job.after);
        }
        if !fast.is_busy() && fast.in_flight.is_empty() {
            break;
        }
        left_before_arrival = left_before_arrival.saturating_sub(1);
        let (ours, theirs) = (fast.plan(), plain.plan());
        assert_eq!(ours, theirs, "plan {}", seen.plans);
        seen.plans += 1;
        seen.preemptions += ours.preempted.len() as u64;
        let made = fast.in_flight.back().unwrap();
        seen.steady += u64::from(made.steady.decodes > 0);
        seen.stopped += made.steady.stopped.len() as u64;
        fruitless = if ours.parts.is_empty() { fruitless + 1 } else { 0 };
        if case.repeats {
            let most = fast.scheduler.repeats().min(u64::from(left_before_arrival));
            let mut left = most;
            while left > 0 {
                let count = left.min(case.at_once);
                compare_repeated(&mut fast, &mut plain, count);
                left -= count;
                left_before_arrival -= count as u32;
                seen.plans += count;
                seen.steady += count;
                seen.repeated += count;
            }
        }
        let must_wait = ours.parts.is_empty() || !fast.is_busy();
        while fast.in_flight.len() >= case.depth || (must_wait && !fast.in_flight.is_empty()) {
            let (ours, theirs) = (fast.complete(), plain.complete());
            assert_eq!(ours, theirs, "after plan {}", seen.plans);
            seen.dropped += ours.dropped.len() as u64;
            for (slot, &number) in &fast.by_slot {
                let sequence = &fast.scheduler.sequences[slot.index()];
                let is_live = sequence.state != State::Finished;
                let other = plain.by_slot.iter().find(|&(_, &other)| other == number);
                if let (true, Some((other, _))) = (is_live, other) {
                    let delivered = fast.scheduler.delivered(*slot);
                    assert_eq!(delivered, plain.scheduler.delivered(*other));
                }
            }
        }
        if fruitless > 100 || seen.plans > 3_000 {
            // Some configurations never get on; that is the plain way's business.
            return seen;
        }
    }
    assert_eq!(fast.scheduler.kv_blocks().0, 0, "blocks were lost");
    assert_eq!(fast.scheduler.steady.len, 0);
    assert_eq!(fast.scheduler.steady.context, 0);
    assert!(fast.scheduler.steady.crossings.iter().all(|&count| count == 0));
    seen.evicted = fast.scheduler.kv_evictions();
    seen
}

#[test]
fn the_fast_way_decides_as_the_plain_one() {
    let seen = std::cell::Cell::new(Seen::default());
    // More are run by PROPTEST_CASES.
    let cases = ProptestConfig::default().cases.max(2_000);
    let mut runner = TestRunner::new(ProptestConfig { cases, ..ProptestConfig::default() });
    let result = runner.run(&cases::case(), |case| {
        seen.set(seen.get().and(compare(&case)));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    // Most of the work is done the fast way, and all that ends it happens.
    assert!(seen.steady * 2 > seen.plans && seen.repeated * 40 > seen.plans, "{seen:?}");
    assert!(seen.preemptions > 100 && seen.dropped > 100, "{seen:?}");
    assert!(seen.stopped > 100 && seen.evicted > 100, "{seen:?}");
}
