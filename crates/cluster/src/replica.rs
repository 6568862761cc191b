//! One replica: a scheduler, the plans in flight, the stages that execute them.

use std::collections::VecDeque;
use std::rc::Rc;

use tokendrome_kernel::{Stream, sample};
use tokendrome_metrics::{Iteration, Levels, ReplicaCounters, RequestRecord, Status};
use tokendrome_sched::{NewRequest, Outcome, Plan, Refusal, Scheduler, Slot};
use tokendrome_steptime::{BatchShape, Chunk, Law, StepCost, StepTime};
use tokendrome_units::{ReplicaId, SimDuration, SimTime, TimeError};
use tokendrome_workload::Request;

/// What a replica is made of.
pub struct ReplicaModel {
    /// Decides what each iteration computes.
    pub scheduler: Box<dyn Scheduler>,
    /// Says how long it takes.
    pub step_time: Rc<dyn StepTime>,
    /// Random numbers of stochastic step times.
    pub stream: Stream,
}

/// What a replica keeps of a live request, by slot.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) index: u32,
    pub(crate) class: u16,
    pub(crate) user: Option<u32>,
    arrival: SimTime,
    first_scheduled: Option<SimTime>,
    first_token: Option<SimTime>,
    last_token: SimTime,
    prompt_tokens: u32,
    delivered: u32,
    preemptions: u32,
}

/// A plan that is being executed.
struct InFlight {
    plan: Plan,
    start: SimTime,
    end: SimTime,
    flops: f64,
    bytes: f64,
    prefills: u32,
    prefill_tokens: u64,
    decodes: u32,
    /// Requests that lost their blocks for it.
    preempted: u64,
    /// What the replica held once the plan was made.
    held: Levels,
}

/// What an iteration that has ended did, for the recorder.
pub(crate) struct Ended {
    pub(crate) iteration: Iteration,
    pub(crate) work: (f64, f64),
}

pub(crate) struct Replica {
    id: ReplicaId,
    model: ReplicaModel,
    windows: Vec<u32>,
    live: Vec<Option<Live>>,
    in_flight: VecDeque<InFlight>,
    spare: Vec<Plan>,
    /// When each stage has done what it was given.
    stage_free: Vec<SimTime>,
    shape: BatchShape,
    cost: StepCost,
    outcome: Outcome,
    counters: ReplicaCounters,
    /// Tokens computed and requests preempted since a token was delivered last.
    fruitless: (u64, u64),
    /// Levels as the cluster's sums know them.
    pub(crate) reported: Levels,
}

impl Replica {
    pub(crate) fn new(id: ReplicaId, model: ReplicaModel) -> Self {
        let stages = model.step_time.stages();
        let windows = model.step_time.windows().to_vec();
        Self {
            id,
            shape: BatchShape::new(windows.len()),
            windows,
            live: Vec::new(),
            in_flight: VecDeque::new(),
            spare: Vec::new(),
            stage_free: vec![SimTime::ZERO; stages],
            cost: StepCost::new(stages),
            outcome: Outcome::default(),
            counters: ReplicaCounters::default(),
            fruitless: (0, 0),
            reported: Levels::default(),
            model,
        }
    }

    pub(crate) fn has_place(&self) -> bool {
        self.model.scheduler.has_place()
    }

    pub(crate) fn kv_blocks_total(&self) -> u64 {
        self.model.scheduler.kv_blocks().1
    }

    pub(crate) fn blockage(&self) -> String {
        self.model.scheduler.blockage()
    }

    /// Whether requests take each other's KV blocks for ever, so that no token will be delivered
    /// any more: some engines' rules allow it. Without preemption all that is computed before a
    /// token comes fits the KV blocks, so a hundred times as much cannot be mere bad luck.
    pub(crate) fn is_thrashing(&self) -> Option<String> {
        let (computed, preempted) = self.fruitless;
        let thrashing = preempted > 0 && computed / 100 > self.model.scheduler.kv_tokens();
        thrashing.then(|| {
            format!(
                "requests preempt each other before any gets a token: {preempted} preemptions and \
                 {computed} computed tokens since the last one was delivered; give the KV cache \
                 more blocks, or admit requests only when their whole prompt fits \
                 (scheduler_reserve_full_isl = true)"
            )
        })
    }

    /// Waiting and running requests and KV blocks; `in_system` is the cluster's business.
    pub(crate) fn levels(&self) -> Levels {
        Levels {
            in_system: 0,
            waiting: u64::from(self.model.scheduler.waiting()),
            running: u64::from(self.model.scheduler.running()),
            kv_blocks: self.model.scheduler.kv_blocks().0,
            in_flight: self.in_flight.len() as u64,
        }
    }

    pub(crate) fn add(&mut self, request: &Request) -> Result<(), Refusal> {
        let slot = self.model.scheduler.add(&NewRequest {
            prompt_tokens: request.prompt_tokens,
            output_tokens: request.output_tokens,
            max_tokens: request.max_tokens,
            priority: request.priority,
            arrival: request.arrival,
            order: u64::from(request.index),
            content: &request.content,
        })?;
        self.counters.requests += 1;
        if self.live.len() <= slot.index() {
            self.live.resize(slot.index() + 1, None);
        }
        self.live[slot.index()] = Some(Live {
            index: request.index,
            class: request.class.0,
            user: request.user,
            arrival: request.arrival,
            first_scheduled: None,
            first_token: None,
            last_token: SimTime::ZERO,
            prompt_tokens: request.prompt_tokens,
            delivered: 0,
            preemptions: 0,
        });
        Ok(())
    }

    fn live_at(live: &mut [Option<Live>], slot: Slot) -> &mut Live {
        live[slot.index()].as_mut().expect("a scheduled request is live")
    }

    /// Starts an iteration at `now`, if one can start and there is something to compute: when it
    /// will end, and how many requests lost their blocks for it.
    pub(crate) fn start(&mut self, now: SimTime) -> Result<(Option<SimTime>, u64), TimeError> {
        let mut preempted = 0;
        if self.in_flight.len() >= self.stage_free.len() {
            return Ok((None, preempted));
        }
        let mut plan = self.spare.pop().unwrap_or_default();
        loop {
            plan.clear();
            self.model.scheduler.plan(&mut plan);
            for &slot in &plan.preempted {
                Self::live_at(&mut self.live, slot).preemptions += 1;
            }
            preempted += plan.preempted.len() as u64;
            // A step that only made room is followed by another at once. Every such step leaves
            // fewer requests running, so this ends.
            if !plan.is_empty() || plan.preempted.is_empty() {
                break;
            }
        }
        self.counters.preemptions += preempted;
        self.fruitless.1 += preempted;
        if plan.is_empty() {
            self.spare.push(plan);
            return Ok((None, preempted));
        }
        self.take_shape(&plan, now);
        let end = self.execute(now)?;
        let held = self.levels();
        self.counters.kv_blocks_peak = self.counters.kv_blocks_peak.max(held.kv_blocks);
        self.in_flight.push_back(InFlight {
            start: now,
            end,
            flops: self.cost.flops,
            bytes: self.cost.bytes,
            prefills: self.shape.prefills.len() as u32,
            prefill_tokens: self.shape.prefill_tokens(),
            decodes: self.shape.decodes,
            preempted,
            held,
            plan,
        });
        Ok((Some(end), preempted))
    }

    /// Sums the plan up as a batch, and notes who is scheduled for the first time.
    fn take_shape(&mut self, plan: &Plan, now: SimTime) {
        self.shape.clear();
        for part in &plan.scheduled {
            if part.decodes {
                self.shape.add_decode(part.context + 1, &self.windows);
            } else {
                self.shape.prefills.push(Chunk { tokens: part.tokens, context: part.context });
            }
            self.shape.sampled += u32::from(part.samples);
            if part.admitted {
                Self::live_at(&mut self.live, part.slot).first_scheduled.get_or_insert(now);
            }
        }
    }

    /// Passes the batch through the stages: when the last is done.
    fn execute(&mut self, now: SimTime) -> Result<SimTime, TimeError> {
        self.model.step_time.cost(&self.shape, &mut self.cost);
        let mut ready = now;
        for (free, &mean_s) in self.stage_free.iter_mut().zip(&self.cost.stage_s) {
            let seconds = match self.model.step_time.law() {
                Law::Deterministic => mean_s,
                Law::Exponential => sample::exponential(&mut self.model.stream, mean_s),
            };
            let time = SimDuration::from_secs_f64(seconds)?;
            ready = ready.max(*free).checked_add(time).ok_or(TimeError::Overflow(seconds))?;
            *free = ready;
        }
        Ok(ready)
    }

    /// The oldest iteration in flight ends at `now`. Every token is shown to `token` (none for a
    /// first one, else the gap to the one before), every request that ends to `finished`.
    pub(crate) fn end(
        &mut self,
        now: SimTime,
        mut token: impl FnMut(Option<SimDuration>),
        mut finished: impl FnMut(RequestRecord, Option<u32>),
    ) -> Ended {
        let in_flight = self.in_flight.pop_front().expect("an iteration in flight");
        assert_eq!(in_flight.end, now, "iterations end in the order in which they started");
        let iteration = self.describe(&in_flight);
        let InFlight { mut plan, flops, bytes, start, .. } = in_flight;
        let mut outcome = std::mem::take(&mut self.outcome);
        self.model.scheduler.complete(&plan, &mut outcome);
        self.fruitless.0 += plan.tokens;
        if !outcome.tokens.is_empty() {
            self.fruitless = (0, 0);
        }
        for &slot in &outcome.tokens {
            let live = Self::live_at(&mut self.live, slot);
            live.delivered += 1;
            if live.first_token.is_none() {
                live.first_token = Some(now);
                token(None);
            } else {
                token(Some(now - live.last_token));
            }
            live.last_token = now;
        }
        for &slot in &outcome.finished {
            let live = self.live[slot.index()].take().expect("a finished request was live");
            finished(self.record(&live, Some(now), Status::Completed), live.user);
        }
        outcome.clear();
        self.outcome = outcome;
        plan.clear();
        self.spare.push(plan);
        self.counters.iterations += 1;
        self.counters.computed_tokens += iteration.prefill_tokens + u64::from(iteration.decodes);
        self.counters.iteration_ns += u128::from((now - start).as_nanos());
        Ended { iteration, work: (flops, bytes) }
    }

    fn describe(&self, in_flight: &InFlight) -> Iteration {
        Iteration {
            replica: self.id,
            number: self.counters.iterations,
            start: in_flight.start,
            end: in_flight.end,
            prefills: in_flight.prefills,
            prefill_tokens: in_flight.prefill_tokens,
            decodes: in_flight.decodes,
            preempted: in_flight.preempted as u32,
            running: in_flight.held.running as u32,
            waiting: in_flight.held.waiting as u32,
            kv_blocks: in_flight.held.kv_blocks,
            kv_blocks_total: self.kv_blocks_total(),
            token_budget: Some(self.model.scheduler.token_budget()),
        }
    }

    fn record(&self, live: &Live, end: Option<SimTime>, status: Status) -> RequestRecord {
        RequestRecord {
            index: live.index,
            class: live.class,
            arrival: live.arrival,
            first_scheduled: live.first_scheduled,
            first_token: live.first_token,
            end,
            prompt_tokens: live.prompt_tokens,
            output_tokens: live.delivered,
            cached_tokens: 0,
            preemptions: live.preemptions,
            replica: Some(self.id),
            status,
        }
    }

    /// The counters at the end of a run, with what is in flight booked up to `now`.
    pub(crate) fn counters_at(&self, now: SimTime) -> ReplicaCounters {
        let begun = |in_flight: &InFlight| u128::from((now - in_flight.start).as_nanos());
        let mut counters = self.counters;
        counters.iteration_ns += self.in_flight.iter().map(begun).sum::<u128>();
        counters
    }

    /// Records of the requests that are still here, as unfinished.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = RequestRecord> + '_ {
        self.live.iter().flatten().map(|live| self.record(live, None, Status::Unfinished))
    }
}
