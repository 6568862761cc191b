//! Engines of one data-parallel group: each has requests and KV blocks of its own, and all of them
//! make their plans at the same moments, since they go through the layers together.
//!
//! A request goes to the engine with the lowest score, 4 for each that waits there and 1 for each
//! that runs, the first of equals, and stays there. An engine without requests computes nothing in
//! an iteration; it has to wait for its end all the same before it can admit one.
//!
//! Source: `DPLBAsyncMPClient` of vLLM 0.33.0 (the score), and its engines' dummy batches. Not
//! modelled: vLLM's scores are up to 100 ms old, apart from what was sent since.

use std::collections::VecDeque;

use tokendrome_units::SimTime;

use crate::{NewRequest, Outcome, Plan, Refusal, Scheduler, Slot};

/// How much more a waiting request counts than a running one.
const WAITING_WEIGHT: u32 = 4;

/// The schedulers of engines that step together, as one.
///
/// Slot `s` of engine `e` of `n` is slot `s * n + e` here. A plan costs O(engines) beyond what the
/// engines' own plans cost.
pub struct DataParallel {
    engines: Vec<Box<dyn Scheduler>>,
    /// Their plans that are in flight, oldest first.
    in_flight: VecDeque<Vec<Plan>>,
    spare: Vec<Vec<Plan>>,
    outcome: Outcome,
}

impl DataParallel {
    /// Engines without requests.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn new(engines: Vec<Box<dyn Scheduler>>) -> Self {
        assert!(!engines.is_empty(), "a group has at least one engine");
        Self { engines, in_flight: VecDeque::new(), spare: Vec::new(), outcome: Outcome::default() }
    }

    fn slot_here(&self, engine: usize, slot: Slot) -> Slot {
        slot_of(self.engines.len(), engine, slot)
    }

    fn engine_of(&self, slot: Slot) -> (usize, Slot) {
        let engines = self.engines.len();
        (slot.index() % engines, Slot((slot.index() / engines) as u32))
    }

    fn sum<T: std::iter::Sum>(&self, of: impl Fn(&dyn Scheduler) -> T) -> T {
        self.engines.iter().map(|engine| of(engine.as_ref())).sum()
    }
}

fn slot_of(engines: usize, engine: usize, slot: Slot) -> Slot {
    Slot(u32::try_from(slot.index() * engines + engine).expect("more than 2^32 live requests"))
}

/// Adds the plan of one engine of several to that of all.
fn add(own: &Plan, engines: usize, engine: usize, plan: &mut Plan) {
    let here = |&slot: &Slot| slot_of(engines, engine, slot);
    plan.scheduled.extend(own.scheduled.iter().map(|part| {
        let mut part = *part;
        part.slot = here(&part.slot);
        part
    }));
    plan.preempted.extend(own.preempted.iter().map(here));
    plan.moved.extend(own.moved.iter().map(here));
    plan.steady.decodes += own.steady.decodes;
    plan.steady.context += own.steady.context;
    plan.steady.joined.extend(&own.steady.joined);
    plan.steady.left.extend(&own.steady.left);
    plan.steady.stopped.extend(own.steady.stopped.iter().map(here));
    plan.tokens += own.tokens;
}

impl Scheduler for DataParallel {
    fn add(&mut self, request: &NewRequest<'_>) -> Result<Slot, Refusal> {
        let score = |engine: &dyn Scheduler| WAITING_WEIGHT * engine.waiting() + engine.running();
        let lowest = (0..self.engines.len()).min_by_key(|&e| score(self.engines[e].as_ref()));
        let engine = lowest.expect("there is an engine");
        let slot = self.engines[engine].add(request)?;
        Ok(self.slot_here(engine, slot))
    }

    fn tell_time(&mut self, now: SimTime) {
        self.engines.iter_mut().for_each(|engine| engine.tell_time(now));
    }

    fn wakes_at(&self) -> Option<SimTime> {
        self.engines.iter().filter_map(|engine| engine.wakes_at()).min()
    }

    fn plan(&mut self, plan: &mut Plan) {
        let engines = self.engines.len();
        let mut own = self.spare.pop().unwrap_or_else(|| vec![Plan::default(); engines]);
        plan.engines.resize_with(engines, Default::default);
        for (e, (engine, own)) in self.engines.iter_mut().zip(&mut own).enumerate() {
            own.clear();
            engine.plan(own);
            add(own, engines, e, plan);
            plan.engines[e].clone_from(&own.steady);
        }
        if plan.is_empty() {
            // Nobody will complete it.
            self.spare.push(own);
        } else {
            self.in_flight.push_back(own);
        }
    }

    fn complete(&mut self, plan: &Plan, outcome: &mut Outcome) {
        if plan.is_empty() {
            return;
        }
        let own = self.in_flight.pop_front().expect("a plan is in flight");
        let engines = self.engines.len();
        let mut of_one = std::mem::take(&mut self.outcome);
        for (e, (engine, plan)) in self.engines.iter_mut().zip(&own).enumerate() {
            of_one.clear();
            engine.complete(plan, &mut of_one);
            let here = |&slot: &Slot| slot_of(engines, e, slot);
            outcome.prefilled.extend(of_one.prefilled.iter().map(here));
            outcome.tokens.extend(of_one.tokens.iter().map(here));
            outcome.steady += of_one.steady;
            outcome.stale.extend(of_one.stale.iter().map(here));
            outcome.finished.extend(of_one.finished.iter().map(here));
            outcome.dropped.extend(of_one.dropped.iter().map(here));
        }
        self.outcome = of_one;
        self.spare.push(own);
    }

    fn engines(&self) -> usize {
        self.engines.len()
    }

    fn delivered(&self, slot: Slot) -> u32 {
        let (engine, slot) = self.engine_of(slot);
        self.engines[engine].delivered(slot)
    }

    fn waiting(&self) -> u32 {
        self.sum(|engine| engine.waiting())
    }

    fn running(&self) -> u32 {
        self.sum(|engine| engine.running())
    }

    fn has_place(&self, coming: u32) -> bool {
        // Those on their way are spread evenly.
        let each = coming / self.engines.len() as u32;
        self.engines.iter().any(|engine| engine.has_place(each))
    }

    fn kv_blocks(&self) -> (u64, u64) {
        let blocks = self.engines.iter().map(|engine| engine.kv_blocks());
        blocks.fold((0, 0), |(used, total), (of_used, of_total)| (used + of_used, total + of_total))
    }

    fn kv_blocks_of_fullest(&self) -> u64 {
        let fullest = self.engines.iter().map(|engine| engine.kv_blocks().0).max().unwrap_or(0);
        fullest * self.engines.len() as u64
    }

    fn kv_evictions(&self) -> u64 {
        self.sum(|engine| engine.kv_evictions())
    }

    fn kv_tokens(&self) -> u64 {
        self.sum(|engine| engine.kv_tokens())
    }

    fn token_budget(&self) -> Option<u64> {
        self.engines.iter().map(|engine| engine.token_budget()).sum()
    }

    fn fork(&self) -> Box<dyn Scheduler> {
        Box::new(Self {
            engines: self.engines.iter().map(|engine| engine.fork()).collect(),
            in_flight: self.in_flight.clone(),
            spare: Vec::new(),
            outcome: Outcome::default(),
        })
    }

    fn blockage(&self) -> String {
        let first = self.engines.iter().find(|engine| engine.waiting() > 0);
        first.unwrap_or(&self.engines[0]).blockage()
    }
}

#[cfg(test)]
mod tests;
