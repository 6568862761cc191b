//! The scheduler with the requests of a scenario, and the parts of a line that both loops write.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use tokendrome_sched::{Outcome, Plan, Scheduled, Scheduler as _, Slot, Vllm};

use tokendrome_units::TokenRun;

use super::{FRUITLESS_MAX, RunError};
use crate::fnv::Fnv;
use crate::line::Line;
use crate::python;
use crate::vllm::VERSION;
use crate::vllm::scenario::Scenario;

/// A scheduler, the requests that it has and those that are still to come.
pub(super) struct Replay<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) line: Line,
    pub(super) totals: Totals,
    scheduler: Vllm,
    /// Blocks of each request that others may have too.
    contents: Vec<Vec<TokenRun>>,
    /// Ids of the requests as the trace writes them.
    ids: Vec<String>,
    /// The first request that has not arrived.
    next: usize,
    /// Requests by their slots.
    by_slot: Vec<usize>,
    /// Plans with preemptions since the last token, once all requests have arrived.
    fruitless: u32,
    /// Whether a request has been scheduled.
    has_run: Vec<bool>,
    /// Whether a request has an output token.
    has_token: Vec<bool>,
}

/// Sums over a run, for its last line.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) finished: u64,
    pub(super) tokens: u64,
    pub(super) preemptions: u64,
    pub(super) hit_tokens: u64,
}

/// The state right after a plan was made.
pub(super) struct Planned {
    pub(super) free: u64,
    pub(super) waiting: u64,
    pub(super) running: u64,
    /// Of the blocks handed out.
    pub(super) checksum: u64,
    /// The blocks handed out, as JSON; empty if there are none, or if nobody wants to know.
    pub(super) blocks: String,
}

impl<'a> Replay<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        let count = scenario.requests.len();
        let config = &scenario.config;
        let quoted = |id: &str| {
            let mut quoted = String::new();
            python::dump_string(id, &mut quoted);
            quoted
        };
        Self {
            scenario,
            line: Line::default(),
            totals: Totals::default(),
            scheduler: Vllm::with_block_ids(config.clone()),
            contents: scenario.contents(),
            ids: scenario.requests.iter().map(|request| quoted(&request.id)).collect(),
            next: 0,
            by_slot: Vec::new(),
            fruitless: 0,
            has_run: vec![false; count],
            has_token: vec![false; count],
        }
    }

    /// Writes the first line of the trace.
    pub(super) fn write_header(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Self { scenario, line, .. } = self;
        let mut name = String::new();
        python::dump_string(&scenario.name, &mut name);
        line.begin("trace").number(1);
        line.key("scenario").raw(&name);
        line.key("vllm").raw("\"").raw(VERSION).raw("\"");
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

    /// Hands over every request that has arrived, and tells which.
    pub(super) fn add_arrived(&mut self, now: u64) -> Range<usize> {
        let first = self.next;
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
        first..self.next
    }

    /// Makes a plan, which comes in clear.
    pub(super) fn plan(&mut self, plan: &mut Plan) -> Planned {
        self.scheduler.plan(plan);
        self.totals.tokens += plan.tokens;
        self.totals.preemptions += plan.preempted.len() as u64;
        let is_last = self.next_arrival().is_none();
        self.fruitless += u32::from(is_last && !plan.preempted.is_empty());
        let (checksum, blocks) = self.handed_out(plan);
        Planned {
            free: self.free(),
            waiting: self.scheduler.waiting().into(),
            running: self.scheduler.running().into(),
            checksum,
            blocks,
        }
    }

    /// Completes the oldest plan in flight. `outcome` comes in clear.
    pub(super) fn complete(&mut self, plan: &Plan, outcome: &mut Outcome) {
        self.scheduler.complete(plan, outcome);
        self.totals.finished += outcome.finished.len() as u64;
        if !outcome.tokens.is_empty() {
            self.fruitless = 0;
        }
    }

    /// Whether there is no hope of a token any more.
    pub(super) fn check_progress(&self, step: u64) -> Result<(), RunError> {
        match self.fruitless {
            0..=FRUITLESS_MAX => Ok(()),
            _ => Err(RunError::Livelock { step }),
        }
    }

    pub(super) fn free(&self) -> u64 {
        let (used, total) = self.scheduler.kv_blocks();
        total - used
    }

    pub(super) fn waiting(&self) -> u64 {
        self.scheduler.waiting().into()
    }

    pub(super) fn running(&self) -> u64 {
        self.scheduler.running().into()
    }

    /// Checksum and, if wanted, list of the blocks that a plan hands out: all blocks of those that
    /// it admits, the new ones of those that ran before.
    fn handed_out(&self, plan: &Plan) -> (u64, String) {
        let (mut checksum, mut list) = (Fnv::START, String::new());
        let block_size = self.scenario.config.block_size as usize;
        for part in &plan.scheduled {
            let table = self.scheduler.block_ids(part.slot);
            let context = part.context as usize;
            if !part.admitted && table.len() * block_size < context + block_size {
                // What it held before reaches into its last block, as in most decodes.
                continue;
            }
            let new = if part.admitted { table } else { &table[context.div_ceil(block_size)..] };
            checksum = new.iter().fold(checksum, |sum, &block| Fnv::add(sum, block));
            if self.scenario.lists_blocks && !new.is_empty() {
                let id = &self.ids[self.by_slot[part.slot.index()]];
                let open = if list.is_empty() { '{' } else { ',' };
                // Writing to a string cannot fail; a list prints as JSON but for its spaces.
                let _ = write!(list, "{open}{id}:{}", format!("{new:?}").replace(' ', ""));
            }
        }
        if !list.is_empty() {
            list.push('}');
        }
        (checksum, list)
    }

    /// Writes `s`: what the plan schedules, and how each of it came to run.
    pub(super) fn write_scheduled(&mut self, plan: &Plan) {
        let line = self.line.key("s");
        let mut list = line.begin_list();
        for part in &plan.scheduled {
            let request = self.by_slot[part.slot.index()];
            let had_run = std::mem::replace(&mut self.has_run[request], true);
            let kind = match (part.admitted, had_run) {
                (false, _) => ",\"R\"]",
                (true, false) => ",\"N\"]",
                (true, true) => ",\"P\"]",
            };
            let line = line.next(&mut list).raw("[").raw(&self.ids[request]).raw(",");
            line.number(part.tokens.into()).raw(",").number(part.context.into()).raw(kind);
        }
        line.end(&list);
    }

    /// Writes `hit`: what admitted requests found in the prefix cache.
    pub(super) fn write_hits(&mut self, plan: &Plan) {
        let is_hit = |part: &&Scheduled| part.admitted && part.context > 0;
        if !plan.scheduled.iter().any(|part| is_hit(&part)) {
            return;
        }
        let line = self.line.key("hit");
        let mut hits = line.begin_object();
        for part in plan.scheduled.iter().filter(is_hit) {
            let id = &self.ids[self.by_slot[part.slot.index()]];
            line.next(&mut hits).raw(id).raw(":").number(part.context.into());
            self.totals.hit_tokens += u64::from(part.context);
        }
        line.end(&hits);
    }

    /// Writes the ids of requests that have arrived, if any.
    pub(super) fn write_added(&mut self, added: Range<usize>) {
        self.write_ids("add", added);
    }

    /// Writes the ids of the requests in some slots, if any.
    pub(super) fn write_slots(&mut self, key: &str, slots: &[Slot]) {
        let requests: Vec<usize> = slots.iter().map(|slot| self.by_slot[slot.index()]).collect();
        self.write_ids(key, requests.into_iter());
    }

    /// Writes the ids of those who got their first token just now, if any.
    pub(super) fn write_first_tokens(&mut self, slots: &[Slot]) {
        let has_token = &mut self.has_token;
        let requests = slots.iter().map(|slot| self.by_slot[slot.index()]);
        let first = requests.filter(|&i| !std::mem::replace(&mut has_token[i], true));
        let first: Vec<usize> = first.collect();
        self.write_ids("ft", first.into_iter());
    }

    fn write_ids(&mut self, key: &str, requests: impl ExactSizeIterator<Item = usize>) {
        if requests.len() == 0 {
            return;
        }
        let line = self.line.key(key);
        let mut list = line.begin_list();
        for request in requests {
            line.next(&mut list).raw(&self.ids[request]);
        }
        line.end(&list);
    }

    /// Writes what both loops say of a plan last: `bc` and `b`.
    pub(super) fn write_blocks(&mut self, planned: &Planned) {
        self.line.key("bc").checksum(planned.checksum);
        if !planned.blocks.is_empty() {
            self.line.key("b").raw(&planned.blocks);
        }
    }

    /// Writes the sums at the end of the last line.
    pub(super) fn write_totals(&mut self, is_stuck: bool) {
        let Self { line, totals, .. } = self;
        line.key("finished").number(totals.finished);
        line.key("tokens").number(totals.tokens);
        line.key("preemptions").number(totals.preemptions);
        line.key("hit_tokens").number(totals.hit_tokens);
        line.key("stuck").flag(is_stuck);
    }
}
