//! The scheduler with the requests of a scenario, and the parts of a line that both loops write.

use std::io::{self, Write};

use tokendrome_sched::{Outcome, Plan, Scheduler as _, Slot, TensorRtLlm};
use tokendrome_units::TokenRun;

use crate::fnv::Fnv;
use crate::line::Line;
use crate::python;
use crate::recording::{FRUITLESS_MAX, RunError};
use crate::trtllm::Scenario;

/// A scheduler, the requests that it has and those that are still to come.
pub(super) struct Replay<'a> {
    pub(super) scenario: &'a Scenario,
    line: Line,
    totals: Totals,
    scheduler: TensorRtLlm,
    /// Blocks of each request that others may have too.
    contents: Vec<Vec<TokenRun>>,
    /// Ids of the requests as the trace writes them.
    ids: Vec<String>,
    /// The first request that has not arrived.
    next: usize,
    /// Requests by their slots.
    by_slot: Vec<usize>,
    /// Plans with pauses since the last token, once all requests have arrived.
    fruitless: u32,
    /// Whether a request has an output token.
    has_token: Vec<bool>,
}

/// Sums over a run, for its last line.
#[derive(Debug, Default)]
struct Totals {
    finished: u64,
    tokens: u64,
    outputs: u64,
    paused: u64,
    reused: u64,
}

impl<'a> Replay<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        Self {
            scenario,
            line: Line::default(),
            totals: Totals::default(),
            scheduler: TensorRtLlm::new(scenario.config.clone()),
            contents: scenario.contents(),
            ids: scenario.requests.iter().map(|request| request.id.to_string()).collect(),
            next: 0,
            by_slot: Vec::new(),
            fruitless: 0,
            has_token: vec![false; scenario.requests.len()],
        }
    }

    /// Writes the first line of the trace.
    pub(super) fn write_header(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Self { scenario, line, .. } = self;
        let mut name = String::new();
        python::dump_string(&scenario.name, &mut name);
        line.begin("trace").number(1);
        line.key("scenario").raw(&name);
        line.key("engine").raw("\"tensorrt_llm py scheduler\"");
        line.key("config").raw(&scenario.config_echo);
        line.key("cost").raw(&scenario.cost_echo);
        line.key("requests").number(scenario.requests.len() as u64);
        line.finish(out)
    }

    /// When the next request arrives.
    pub(super) fn next_arrival(&self) -> Option<u64> {
        self.scenario.requests.get(self.next).map(|request| request.arrival)
    }

    /// Whether a request waits or runs.
    pub(super) fn has_live(&self) -> bool {
        self.scheduler.waiting() + self.scheduler.running() > 0
    }

    /// Hands over every request that has arrived.
    pub(super) fn add_arrived(&mut self, now: u64) {
        while let Some(request) = self.scenario.requests.get(self.next)
            && request.arrival <= now
        {
            let slot = self.scheduler.add(&request.arriving(&self.contents[self.next]));
            let slot = slot.expect("refusals were found when the scenario was read").index();
            if self.by_slot.len() <= slot {
                self.by_slot.resize(slot + 1, usize::MAX);
            }
            self.by_slot[slot] = self.next;
            self.next += 1;
        }
    }

    fn has_kv(&self) -> bool {
        self.scenario.config.num_blocks > 0
    }

    /// Begins the line of an iteration.
    pub(super) fn begin(&mut self, step: u64, now: u64) {
        self.line.begin("i").number(step);
        self.line.key("t").number(now);
    }

    /// Makes a plan, which comes in clear, and writes what it says, up to the blocks.
    pub(super) fn plan(&mut self, plan: &mut Plan, step: u64) -> Result<(), RunError> {
        self.scheduler.plan(plan);
        if self.scheduler.is_overcommitted() {
            return Err(RunError::OverCommit { step });
        }
        self.totals.tokens += plan.tokens;
        self.totals.paused += plan.preempted.len() as u64;
        let is_last = self.next_arrival().is_none();
        self.fruitless += u32::from(is_last && !plan.preempted.is_empty());
        let activated = self.scheduler.activated().to_vec();
        self.write_slots("add", &activated);
        self.write_batch(plan);
        self.write_slots("pause", &plan.preempted);
        self.line.key("fit").number(self.scheduler.fitting() as u64);
        if self.has_kv() {
            let free = self.free();
            self.line.key("free").number(free);
            if !plan.is_empty() {
                let checksum = self.handed_out(plan);
                self.line.key("bc").checksum(checksum);
            }
        }
        Ok(())
    }

    fn id(&self, slot: Slot) -> &str {
        &self.ids[self.by_slot[slot.index()]]
    }

    /// Writes `ctx`, `gen` and `hit`.
    fn write_batch(&mut self, plan: &Plan) {
        let mut line = std::mem::take(&mut self.line);
        let (mut contexts, mut generations) = (None, None);
        for part in &plan.scheduled {
            let id = self.id(part.slot);
            if part.decodes {
                if let Some(list) = &contexts {
                    line.end(list);
                }
                contexts = None;
                let list = generations.get_or_insert_with(|| line.key("gen").begin_list());
                line.next(list).raw(id);
            } else {
                let list = contexts.get_or_insert_with(|| line.key("ctx").begin_list());
                line.next(list).raw("[").raw(id).raw(",").number(part.context.into());
                line.raw(",").number(part.tokens.into()).raw("]");
            }
        }
        contexts.iter().chain(&generations).for_each(|list| line.end(list));
        let mut hits = None;
        for &slot in self.scheduler.begun() {
            let part = plan.scheduled.iter().find(|part| part.slot == slot);
            let found = part.map_or(0, |part| part.context);
            if found > 0 {
                let list = hits.get_or_insert_with(|| line.key("hit").begin_list());
                line.next(list).raw("[").raw(self.id(slot)).raw(",").number(found.into()).raw("]");
                self.totals.reused += u64::from(found);
            }
        }
        hits.iter().for_each(|list| line.end(list));
        self.line = line;
    }

    /// Checksum of the blocks that a plan hands out: all blocks of those that begin, then the new
    /// one of each that generates and needs one.
    fn handed_out(&self, plan: &Plan) -> u64 {
        let add = |sum, blocks: &[u32]| blocks.iter().fold(sum, |sum, &id| Fnv::add(sum, id));
        let begun = self.scheduler.begun().iter();
        let sum = begun.fold(Fnv::START, |sum, &slot| add(sum, self.scheduler.block_ids(slot)));
        let size = self.scenario.config.tokens_per_block;
        let new = plan.scheduled.iter().filter(|part| part.decodes && part.context % size == 0);
        new.fold(sum, |sum, part| {
            let blocks = self.scheduler.block_ids(part.slot);
            add(sum, &blocks[blocks.len() - 1..])
        })
    }

    /// Writes when a batch runs.
    pub(super) fn write_run(&mut self, start: u64, end: u64) {
        self.line.key("run").raw("[").number(start).raw(",").number(end).raw("]");
    }

    /// Completes the oldest plan in flight. `outcome` comes in clear.
    pub(super) fn complete(&mut self, plan: &Plan, outcome: &mut Outcome) {
        self.scheduler.complete(plan, outcome);
        self.totals.finished += outcome.finished.len() as u64;
        self.totals.outputs += outcome.tokens.len() as u64;
        if !outcome.tokens.is_empty() {
            self.fruitless = 0;
        }
    }

    /// Writes what came of the batch of an iteration.
    pub(super) fn write_outcome(&mut self, step: u64, now: u64, outcome: &Outcome) {
        self.line.key("u").number(step);
        self.line.key("tu").number(now);
        self.line.key("n").number(outcome.tokens.len() as u64);
        let has_token = &mut self.has_token;
        let is_first = |slot: &&Slot| {
            let request = self.by_slot[slot.index()];
            !std::mem::replace(&mut has_token[request], true)
        };
        let first: Vec<Slot> = outcome.tokens.iter().filter(is_first).copied().collect();
        self.write_slots("ft", &first);
        self.write_slots("fin", &outcome.finished);
    }

    /// Ends the line of an iteration.
    pub(super) fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.has_kv() {
            let free = self.free();
            self.line.key("free2").number(free);
        }
        self.line.key("act").number(self.scheduler.active() as u64);
        self.line.key("wait").number(self.scheduler.queued() as u64);
        self.line.finish(out)
    }

    /// Whether there is no hope of a token any more.
    pub(super) fn check_progress(&self, step: u64) -> Result<(), RunError> {
        match self.fruitless {
            0..=FRUITLESS_MAX => Ok(()),
            _ => Err(RunError::Livelock { step }),
        }
    }

    fn free(&self) -> u64 {
        let (used, total) = self.scheduler.kv_blocks();
        total - used
    }

    /// Writes the ids of the requests in some slots, if any.
    fn write_slots(&mut self, key: &str, slots: &[Slot]) {
        if slots.is_empty() {
            return;
        }
        let mut line = std::mem::take(&mut self.line);
        let mut list = line.key(key).begin_list();
        slots.iter().for_each(|&slot| {
            line.next(&mut list).raw(self.id(slot));
        });
        line.end(&list);
        self.line = line;
    }

    /// Writes the last line.
    pub(super) fn write_totals(
        &mut self,
        steps: u64,
        now: u64,
        is_stuck: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Self { line, totals, .. } = self;
        line.begin("end").flag(true);
        line.key("iters").number(steps);
        line.key("t_end").number(now);
        line.key("finished").number(totals.finished);
        line.key("tokens").number(totals.tokens);
        line.key("out").number(totals.outputs);
        line.key("paused").number(totals.paused);
        line.key("reused").number(totals.reused);
        line.key("stuck").flag(is_stuck);
        line.finish(out)
    }
}
