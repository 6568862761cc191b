//! One replica: a scheduler, the plans in flight, the stages that execute them.

mod ahead;
mod batches;
mod begin;
mod boundary;
mod end;
mod model;

use std::collections::VecDeque;

use tokendrome_metrics::{Iteration, Levels, ReplicaCounters, RequestRecord, Status, Work};
use tokendrome_sched::{NewRequest, Outcome, Plan, Refusal, Slot};
use tokendrome_steptime::{Law, StepCost};
use tokendrome_units::{ReplicaId, SimDuration, SimTime, TimeError};
use tokendrome_workload::Request;

use crate::host::{HostLoop, later};
use batches::Batches;

pub use model::{EngineLoop, ReplicaModel};

/// What a replica keeps of a live request, by slot.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) index: u32,
    pub(crate) class: u16,
    pub(crate) user: Option<u32>,
    arrival: SimTime,
    first_scheduled: Option<SimTime>,
    first_token: Option<SimTime>,
    /// When its prompt had been computed, where that yields no token.
    prefill_end: Option<SimTime>,
    transfer_end: Option<SimTime>,
    decode_start: Option<SimTime>,
    /// When its last token came. While it is in steady decode, one came with every iteration.
    last_token: SimTime,
    prompt_tokens: u32,
    cached_tokens: u32,
    preemptions: u32,
}

/// What is known of a request whose prompt another replica has computed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handed {
    pub(crate) first_scheduled: Option<SimTime>,
    pub(crate) prefill_end: Option<SimTime>,
    pub(crate) transfer_end: Option<SimTime>,
    pub(crate) cached_tokens: u32,
    pub(crate) preemptions: u32,
}

/// A plan that is being executed.
#[derive(Clone, Default)]
struct InFlight {
    plan: Plan,
    prefills: u32,
    prefill_tokens: u64,
    decodes: u32,
    flight: Flight,
}

/// What is asked of a plan when it has been executed, apart from the plan itself.
#[derive(Debug, Clone, Copy, Default)]
struct Flight {
    start: SimTime,
    end: SimTime,
    /// Floating-point operations and bytes.
    work: Work,
    /// What the replica held once the plan was made.
    kv_blocks: u64,
    running: u32,
    waiting: u32,
    /// Requests preempted by it, and by the plans before it that compute nothing.
    preempted: u32,
}

impl Flight {
    #[inline]
    fn time(&self) -> SimDuration {
        self.end - self.start
    }

    /// It happens later.
    fn shift(&mut self, by: SimDuration) -> Result<(), TimeError> {
        (self.start, self.end) = (later(self.start, by)?, later(self.end, by)?);
        Ok(())
    }
}

/// Where the plans in flight are.
#[derive(Clone)]
enum Loop {
    Synchronous {
        in_flight: VecDeque<Box<InFlight>>,
        /// When each stage has done what it was given.
        stage_free: Vec<SimTime>,
    },
    Executors {
        /// In the order in which they end, and where two end at once in which they started.
        in_flight: VecDeque<Box<InFlight>>,
        count: usize,
    },
    Asynchronous {
        host: HostLoop<Box<InFlight>>,
        /// Whether an event will call the host: its turn must not begin before.
        awaited: bool,
        /// Whether an event will tell when the oldest batch has ended.
        ends: bool,
        /// Plans in a row that neither compute nor preempt.
        empty_plans: u32,
    },
}

impl Loop {
    fn asynchronous(host: HostLoop<Box<InFlight>>) -> Self {
        Self::Asynchronous { host, awaited: false, ends: false, empty_plans: 0 }
    }

    /// The plan that is delivered next.
    fn oldest(&self) -> &InFlight {
        let oldest = match self {
            Self::Synchronous { in_flight, .. } | Self::Executors { in_flight, .. } => {
                in_flight.front()
            }
            Self::Asynchronous { host, .. } => host.batches().next(),
        };
        oldest.expect("a plan is in flight")
    }

    fn in_flight(&self) -> Box<dyn Iterator<Item = &InFlight> + '_> {
        match self {
            Self::Synchronous { in_flight, .. } | Self::Executors { in_flight, .. } => {
                Box::new(in_flight.iter().map(Box::as_ref))
            }
            Self::Asynchronous { host, .. } => {
                Box::new(host.batches().map(Box::as_ref).filter(|batch| !batch.plan.is_empty()))
            }
        }
    }
}

/// What a replica asks for next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// To be told when its oldest iteration has ended and the host is at it.
    Ends(SimTime),
    /// To be woken.
    Wakes(SimTime),
}

/// What an iteration that has ended did, for the recorder.
pub(crate) struct Ended {
    /// The iteration; none if it computed nothing.
    pub(crate) iteration: Option<Iteration>,
    pub(crate) work: Work,
    /// When the replica can go on, if not at once.
    pub(crate) due: Option<Due>,
}

#[derive(Clone)]
pub(crate) struct Replica {
    id: ReplicaId,
    model: ReplicaModel,
    live: Vec<Option<Live>>,
    engine: Loop,
    /// Requests that came since the last attempt to plan.
    unseen: u32,
    /// When the scheduler asked to be woken.
    alarm: Option<SimTime>,
    /// Requests that will arrive between two steps of a ticking engine.
    coming: u32,
    /// Batches that have ended: their allocations are used again.
    #[expect(clippy::vec_box, reason = "they move from here to the queues of the loops and back")]
    spare: Vec<Box<InFlight>>,
    law: Law,
    /// Whether an iteration's time depends on nothing but the number of tokens.
    is_fixed: bool,
    batches: Batches,
    /// When tokens were delivered last.
    last_delivery: SimTime,
    cost: StepCost,
    outcome: Outcome,
    counters: ReplicaCounters,
    /// Tokens computed and requests preempted since a token was delivered last.
    fruitless: (u64, u64),
    /// Requests preempted by plans since the last that computes something.
    preempted: u32,
    /// Evictions of the scheduler that are already in the counters.
    evictions: u64,
    /// Levels as the cluster's sums know them.
    pub(crate) reported: Levels,
}

impl Replica {
    pub(crate) fn new(id: ReplicaId, model: ReplicaModel) -> Self {
        let stages = model.step_time.stages();
        let sees_contexts = model.step_time.sees_contexts();
        let windows = model.step_time.windows();
        assert!(sees_contexts || windows.is_empty(), "windows of contexts that nobody sees");
        let engine = match model.engine_loop {
            EngineLoop::Synchronous => Loop::Synchronous {
                in_flight: VecDeque::new(),
                stage_free: vec![SimTime::ZERO; stages],
            },
            EngineLoop::Ticking { tick } => {
                assert_eq!(stages, 1, "a ticking engine has one stage");
                assert!(tick > SimDuration::ZERO, "a tick takes time");
                Loop::Synchronous { in_flight: VecDeque::new(), stage_free: vec![SimTime::ZERO] }
            }
            EngineLoop::Executors { count } => {
                assert_eq!(stages, 1, "an executor has one stage");
                Loop::Executors { in_flight: VecDeque::new(), count: count as usize }
            }
            EngineLoop::Asynchronous { sleep } => {
                assert_eq!(stages, 1, "asynchronous scheduling is modelled for one stage");
                Loop::asynchronous(HostLoop::new(sleep))
            }
            EngineLoop::Overlap { device } => {
                assert_eq!(stages, 1, "the overlap loop is modelled for one stage");
                Loop::asynchronous(HostLoop::overlap(device))
            }
        };
        Self {
            id,
            batches: Batches::new(model.scheduler.engines(), model.step_time.as_ref()),
            last_delivery: SimTime::ZERO,
            live: Vec::new(),
            engine,
            unseen: 0,
            alarm: None,
            coming: 0,
            spare: Vec::new(),
            law: model.step_time.law(),
            is_fixed: model.step_time.law() == Law::Deterministic && !sees_contexts,
            cost: StepCost::new(stages),
            outcome: Outcome::default(),
            counters: ReplicaCounters::default(),
            fruitless: (0, 0),
            preempted: 0,
            evictions: 0,
            reported: Levels::default(),
            model,
        }
    }

    pub(crate) fn has_place(&self, coming: u32) -> bool {
        self.model.scheduler.has_place(self.coming + coming)
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

    /// Whether the end of an iteration is followed by the next plan at once, before another ends.
    pub(crate) fn plans_at_once(&self) -> bool {
        matches!(self.engine, Loop::Executors { .. })
    }

    /// Whether nothing came since the last attempt to plan.
    pub(crate) fn is_untouched(&self) -> bool {
        self.unseen == 0
    }

    /// When tokens were delivered last.
    pub(crate) fn last_delivery(&self) -> SimTime {
        self.last_delivery
    }

    /// Waiting and running requests and KV blocks; `in_system` is the cluster's business.
    pub(crate) fn levels(&self) -> Levels {
        Levels {
            in_system: 0,
            waiting: u64::from(self.model.scheduler.waiting()),
            running: u64::from(self.model.scheduler.running()),
            kv_blocks: self.model.scheduler.kv_blocks().0,
            in_flight: self.executing(),
        }
    }

    /// Iterations that are being executed, one for each stage or executor at most.
    fn executing(&self) -> u64 {
        match &self.engine {
            Loop::Synchronous { in_flight, .. } | Loop::Executors { in_flight, .. } => {
                in_flight.len() as u64
            }
            Loop::Asynchronous { host, .. } => {
                u64::from(host.batches().any(|batch| !batch.plan.is_empty()))
            }
        }
    }

    /// Takes a request, with room for so many output tokens. Another replica may have computed its
    /// prompt.
    pub(crate) fn add(
        &mut self,
        request: &Request,
        reserved_tokens: u32,
        handed: Option<&Handed>,
    ) -> Result<(), Refusal> {
        let slot = self.model.scheduler.add(&NewRequest {
            prompt_tokens: request.prompt_tokens,
            output_tokens: request.output_tokens,
            max_tokens: request.max_tokens,
            priority: request.priority,
            arrival: request.arrival,
            order: u64::from(request.index),
            content: &request.content,
            reserved_tokens,
            computed_tokens: handed.map_or(0, |_| request.prompt_tokens),
        })?;
        self.counters.requests += 1;
        self.unseen += 1;
        if self.live.len() <= slot.index() {
            self.live.resize(slot.index() + 1, None);
        }
        self.live[slot.index()] = Some(Live {
            index: request.index,
            class: request.class.0,
            user: request.user,
            arrival: request.arrival,
            first_scheduled: handed.and_then(|handed| handed.first_scheduled),
            first_token: None,
            prefill_end: handed.and_then(|handed| handed.prefill_end),
            transfer_end: handed.and_then(|handed| handed.transfer_end),
            decode_start: None,
            last_token: SimTime::ZERO,
            prompt_tokens: request.prompt_tokens,
            cached_tokens: handed.map_or(0, |handed| handed.cached_tokens),
            preemptions: handed.map_or(0, |handed| handed.preemptions),
        });
        Ok(())
    }

    fn live_at(live: &mut [Option<Live>], slot: Slot) -> &mut Live {
        live[slot.index()].as_mut().expect("a scheduled request is live")
    }

    fn record(&self, slot: Slot, live: &Live, end: Option<SimTime>) -> RequestRecord {
        RequestRecord {
            index: live.index,
            class: live.class,
            arrival: live.arrival,
            first_scheduled: live.first_scheduled,
            first_token: live.first_token,
            prefill_end: live.prefill_end.or(live.first_token),
            transfer_end: live.transfer_end,
            decode_start: live.decode_start,
            end,
            prompt_tokens: live.prompt_tokens,
            output_tokens: self.model.scheduler.delivered(slot),
            cached_tokens: live.cached_tokens,
            preemptions: live.preemptions,
            replica: Some(self.id),
            status: if end.is_some() { Status::Completed } else { Status::Unfinished },
        }
    }

    /// The counters at the end of a run, with what is in flight booked up to `now`.
    pub(crate) fn counters_at(&self, now: SimTime) -> ReplicaCounters {
        let begun = |InFlight { flight, .. }: &InFlight| match flight.start < now {
            true => u128::from((flight.end.min(now) - flight.start).as_nanos()),
            false => 0,
        };
        let mut counters = self.counters;
        counters.iteration_ns += self.engine.in_flight().map(begun).sum::<u128>();
        counters
    }

    /// Records of the requests that are still here, as unfinished.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = RequestRecord> + '_ {
        let slots = (0..).map(Slot).zip(&self.live);
        slots.filter_map(|(slot, live)| Some(self.record(slot, live.as_ref()?, None)))
    }
}
