//! Making plans and launching iterations.

use tokendrome_kernel::{Stream, sample};
use tokendrome_metrics::{PlanEffects, Work};
use tokendrome_sched::Plan;
use tokendrome_steptime::{Law, StepCost};
use tokendrome_units::{SimDuration, SimTime, TimeError};

use super::{Due, Flight, InFlight, Loop, Replica};
use crate::host::{HostLoop, later};

/// Plans in a row that change nothing, after which only an arrival can change anything: the host,
/// which would go on planning, is left alone.
const EMPTY_PLANS_MAX: u32 = 50;

/// What came of an attempt to start an iteration.
#[derive(Debug, Default)]
pub(crate) struct Begun {
    /// What the replica waits for now, if that is new.
    pub(crate) due: Option<Due>,
    /// Whether it may start another at once.
    pub(crate) again: bool,
    /// What the plan did.
    pub(crate) effects: PlanEffects,
}

/// The parts of the asynchronous loop.
struct Host<'a> {
    host: &'a mut HostLoop<Box<InFlight>>,
    awaited: &'a mut bool,
    ends: &'a mut bool,
    empty_plans: &'a mut u32,
}

impl Replica {
    /// Starts an iteration at `now`, if one can start and there is something to compute.
    pub(crate) fn start(&mut self, now: SimTime) -> Result<Begun, TimeError> {
        match &self.engine {
            Loop::Synchronous { in_flight, stage_free } if in_flight.len() < stage_free.len() => {
                let boundary = self.boundary(now)?;
                if boundary > now {
                    // A request that the router held back was sent in the middle of an idle step.
                    return Ok(Begun { due: Some(Due::Wakes(boundary)), ..Begun::default() });
                }
                assert_eq!(
                    self.coming, 0,
                    "a step begins before those have arrived who came before"
                );
                self.unseen = 0;
                self.start_stage(now)
            }
            Loop::Executors { in_flight, count } if in_flight.len() < *count => {
                self.unseen = 0;
                self.start_stage(now)
            }
            Loop::Asynchronous { awaited: false, .. } => self.turn(now),
            _ => Ok(Begun::default()),
        }
    }

    /// The state of the asynchronous loop.
    fn host(&mut self) -> Host<'_> {
        match &mut self.engine {
            Loop::Asynchronous { host, awaited, ends, empty_plans } => {
                Host { host, awaited, ends, empty_plans }
            }
            Loop::Synchronous { .. } | Loop::Executors { .. } => {
                unreachable!("the loop is asynchronous")
            }
        }
    }

    /// Synchronous: plans for the first stage, or for an idle executor.
    fn start_stage(&mut self, now: SimTime) -> Result<Begun, TimeError> {
        let mut batch = self.spare.pop().unwrap_or_default();
        let mut effects = PlanEffects::default();
        loop {
            self.plan(&mut batch.plan, now, &mut effects);
            // A step that only made room is followed by another at once. Every such step leaves
            // fewer requests running, so this ends.
            if !batch.plan.is_empty() || batch.plan.preempted.is_empty() {
                break;
            }
        }
        if batch.plan.is_empty() {
            self.spare.push(batch);
            let wakes = self.model.scheduler.wakes_at().filter(|&at| at > now);
            let is_new = wakes.is_some() && wakes != self.alarm;
            self.alarm = wakes;
            let due = wakes.filter(|_| is_new).map(Due::Wakes);
            return Ok(Begun { due, effects, ..Begun::default() });
        }
        self.alarm = None;
        self.batches.cost(self.model.step_time.as_ref(), &mut self.cost);
        let end = self.pass_stages(now)?;
        self.fill(&mut batch, now, end);
        let again = match &mut self.engine {
            Loop::Synchronous { in_flight, stage_free } => {
                in_flight.push_back(batch);
                in_flight.len() < stage_free.len()
            }
            Loop::Executors { in_flight, count } => {
                let place = in_flight.partition_point(|earlier| earlier.flight.end <= end);
                in_flight.insert(place, batch);
                in_flight.len() < *count
            }
            Loop::Asynchronous { .. } => unreachable!("the loop is synchronous"),
        };
        self.note_peak();
        Ok(Begun { due: Some(Due::Ends(end)), again, effects })
    }

    /// Asynchronous: one turn of the host's loop.
    fn turn(&mut self, now: SimTime) -> Result<Begun, TimeError> {
        let requests = self.model.scheduler.waiting() + self.model.scheduler.running() > 0;
        let arrived = std::mem::take(&mut self.unseen) > 0;
        let Host { host, ends, empty_plans, .. } = self.host();
        if arrived {
            *empty_plans = 0;
        }
        if host.is_idle(requests) || *empty_plans > EMPTY_PLANS_MAX {
            // A batch may be left of requests that have all ended. Whoever comes before it ends is
            // planned for at once.
            let due = host.oldest_ready().filter(|_| !std::mem::replace(ends, true));
            return Ok(Begun {
                due: due.map(|ready| Due::Ends(ready.max(now))),
                ..Begun::default()
            });
        }
        assert!(host.clock() <= now, "a host plans before it has come to it");
        host.wake(now);
        let plans = host.has_work(requests);
        let effects = if plans { self.launch(now)? } else { PlanEffects::default() };
        self.wait_or_go_on(now, effects)
    }

    /// Plans a batch, empty or not, and puts it into the host's queue.
    fn launch(&mut self, now: SimTime) -> Result<PlanEffects, TimeError> {
        let mut batch = self.spare.pop().unwrap_or_default();
        let mut effects = PlanEffects::default();
        self.plan(&mut batch.plan, now, &mut effects);
        let (mut host_time, mut time) = (SimDuration::ZERO, None);
        let plan = &batch.plan;
        let changes = !plan.is_empty() || !plan.preempted.is_empty();
        if !plan.is_empty() {
            self.batches.cost(self.model.step_time.as_ref(), &mut self.cost);
            host_time = SimDuration::from_secs_f64(self.cost.host_s)?;
            time = Some(self.draw_first(0.0)?);
        }
        let Host { host, empty_plans, .. } = self.host();
        *empty_plans = if changes { 0 } else { *empty_plans + 1 };
        if time.is_none() && !host.queues_empty_plans() {
            self.spare.push(batch);
            return Ok(effects);
        }
        // An iteration begins when it is planned, or when the one before it ends.
        let start = now.max(host.accelerator_free());
        self.fill(&mut batch, start, now);
        self.host().host.launch(host_time, time, |run| {
            batch.flight.end = run.map_or(now, |(_, end)| end);
            batch
        })?;
        self.note_peak();
        Ok(effects)
    }

    /// The end of a turn's first half: the host waits for its oldest batch, or turns again.
    fn wait_or_go_on(&mut self, now: SimTime, effects: PlanEffects) -> Result<Begun, TimeError> {
        let requests = self.has_requests();
        let Host { host, awaited, ends, .. } = self.host();
        *awaited = true;
        if host.must_wait(requests) {
            let is_told = std::mem::replace(ends, true);
            let due = (!is_told).then(|| Due::Ends(host.due()));
            return Ok(Begun { due, again: false, effects });
        }
        host.rest(requests)?;
        if host.clock() > now {
            return Ok(Begun { due: Some(Due::Wakes(host.clock())), again: false, effects });
        }
        *awaited = false;
        // A plan that changes nothing, with none before it, would only be made again.
        let waits = !host.queues_empty_plans() && host.oldest_ready().is_none();
        let changed = effects.preemptions > 0;
        Ok(Begun { due: None, again: changed || !waits, effects })
    }

    /// Whether the scheduler has requests, apart from those that the host has not taken in.
    pub(super) fn has_requests(&self) -> bool {
        self.model.scheduler.waiting() + self.model.scheduler.running() > self.unseen
    }

    /// Makes a plan and sums it up as a batch.
    fn plan(&mut self, plan: &mut Plan, now: SimTime, effects: &mut PlanEffects) {
        plan.clear();
        self.model.scheduler.tell_time(now);
        self.model.scheduler.plan(plan);
        for &slot in &plan.preempted {
            Self::live_at(&mut self.live, slot).preemptions += 1;
        }
        let mut new = PlanEffects {
            preemptions: plan.preempted.len() as u64,
            evictions: self.model.scheduler.kv_evictions() - self.evictions,
            ..PlanEffects::default()
        };
        self.evictions += new.evictions;
        self.fruitless.1 += new.preemptions;
        self.take_shape(plan, now, &mut new);
        self.counters.effects.add(&new);
        self.preempted += plan.preempted.len() as u32;
        effects.add(&new);
    }

    /// Sums the plan up as a batch, and notes who is scheduled for the first time.
    fn take_shape(&mut self, plan: &Plan, now: SimTime, effects: &mut PlanEffects) {
        self.batches.clear();
        for part in &plan.scheduled {
            self.batches.add(part);
            if part.admitted {
                let live = Self::live_at(&mut self.live, part.slot);
                if live.first_scheduled.is_none() {
                    live.first_scheduled = Some(now);
                    live.cached_tokens = part.context;
                    effects.prompt_tokens += u64::from(live.prompt_tokens);
                    effects.cached_tokens += u64::from(part.context);
                }
            }
        }
        for &slot in &plan.moved {
            Self::live_at(&mut self.live, slot).decode_start = Some(now);
        }
        for &slot in &plan.steady.stopped {
            Self::live_at(&mut self.live, slot).last_token = self.last_delivery;
        }
        self.batches.add_steady(&plan.steady, &plan.engines);
    }

    /// Notes of a batch what will be asked when it ends.
    fn fill(&mut self, batch: &mut InFlight, start: SimTime, end: SimTime) {
        batch.prefills = self.batches.prefills();
        batch.prefill_tokens = self.batches.prefill_tokens();
        batch.decodes = self.batches.decodes();
        let preempted = match batch.plan.is_empty() {
            true => 0,
            false => std::mem::take(&mut self.preempted),
        };
        batch.flight = Flight {
            start,
            end,
            work: work_of(&self.cost),
            kv_blocks: self.model.scheduler.kv_blocks().0,
            running: self.model.scheduler.running(),
            waiting: self.model.scheduler.waiting(),
            preempted,
        };
    }

    /// Passes the batch through the stages: when the last is done.
    fn pass_stages(&mut self, now: SimTime) -> Result<SimTime, TimeError> {
        let mut ready = now;
        for stage in 0..self.cost.stage_s.len() {
            let time = match stage {
                0 => self.draw_first(self.cost.host_s)?,
                _ => draw(self.law, &mut self.model.stream, self.cost.stage_s[stage])?,
            };
            match &mut self.engine {
                Loop::Synchronous { stage_free, .. } => {
                    ready = later(ready.max(stage_free[stage]), time)?;
                    stage_free[stage] = ready;
                }
                Loop::Executors { .. } => ready = later(ready, time)?,
                Loop::Asynchronous { .. } => unreachable!("the loop is synchronous"),
            }
        }
        Ok(ready)
    }

    /// The time of the first stage, with what runs beside it, after so much of the host's.
    #[inline]
    pub(super) fn draw_first(&mut self, host_s: f64) -> Result<SimDuration, TimeError> {
        let stream = &mut self.model.stream;
        let time = draw(self.law, stream, self.cost.stage_s[0] + host_s)?;
        if self.cost.beside_s == 0.0 {
            return Ok(time);
        }
        Ok(time.max(draw(self.law, stream, self.cost.beside_s)?))
    }

    fn note_peak(&mut self) {
        let held = self.model.scheduler.kv_blocks_of_fullest();
        self.counters.kv_blocks_peak = self.counters.kv_blocks_peak.max(held);
    }
}

/// A time of mean `mean_s` under a law.
#[inline]
fn draw(law: Law, stream: &mut Stream, mean_s: f64) -> Result<SimDuration, TimeError> {
    SimDuration::from_secs_f64(match law {
        Law::Deterministic => mean_s,
        Law::Exponential => sample::exponential(stream, mean_s),
    })
}

/// What an iteration of this cost does.
#[inline]
pub(super) fn work_of(cost: &StepCost) -> Work {
    Work { flops: cost.flops, bytes: cost.bytes, is_extrapolated: cost.is_extrapolated }
}
