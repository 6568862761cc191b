//! Ticking engines: whole runs of the tick schedulers.

use tokendrome_sched::{Admission, Slots, SlotsConfig, WorkerPools, WorkerPoolsConfig};
use tokendrome_steptime::{Prefills, StepTime, Ticks, TicksSpec};
use tokendrome_units::TICK;

use super::steady::{Nosy, Witness, figures, seconds};
use super::*;
use plain::{Engine, Kind, Seen, Wanted};

mod plain;
mod random;

/// Requests when they are due; or, with users, each as soon as one of them is free.
struct Listed<'a> {
    wanted: &'a [Wanted],
    users: usize,
    think: SimDuration,
    next: usize,
}

impl Listed<'_> {
    fn take(&mut self, arrival: Option<SimTime>, user: Option<u32>) -> Option<Request> {
        let &Wanted { due, prompt, output } = self.wanted.get(self.next)?;
        self.next += 1;
        Some(Request {
            index: self.next as u32 - 1,
            arrival: arrival.unwrap_or(SimTime::from_nanos(due)),
            prompt_tokens: prompt,
            output_tokens: output,
            max_tokens: output + 3,
            priority: 0,
            class: ClassId(0),
            user,
            content: Vec::new(),
        })
    }
}

impl Source for Listed<'_> {
    fn next_request(&mut self) -> Result<Option<Request>, SourceError> {
        Ok(match self.users {
            0 => self.take(None, None),
            users if self.next < users => self.take(Some(SimTime::ZERO), Some(self.next as u32)),
            _ => None,
        })
    }

    fn ended(&mut self, user: u32, now: SimTime, _: bool) -> Result<Option<Request>, SourceError> {
        Ok(self.take(Some(now + self.think), Some(user)))
    }
}

#[derive(Debug, Clone)]
struct Case {
    engine: Engine,
    wanted: Vec<Wanted>,
    users: usize,
    think: SimDuration,
    replicas: usize,
    engine_loop: EngineLoop,
    router: fn() -> Box<dyn Router>,
    horizon_s: Option<f64>,
    /// Part of the time until the last request is due that is not measured.
    warm_up: f64,
}

fn round_robin() -> Box<dyn Router> {
    Box::new(RoundRobin::default())
}

fn shared_queue() -> Box<dyn Router> {
    Box::new(crate::SharedQueue)
}

impl Case {
    /// A ticking engine, one of it, that serves all of `wanted`.
    fn new(engine: Engine, wanted: Vec<Wanted>) -> Self {
        let engine_loop = EngineLoop::Ticking { tick: TICK };
        Self {
            engine,
            wanted,
            users: 0,
            think: SimDuration::ZERO,
            replicas: 1,
            engine_loop,
            router: round_robin,
            horizon_s: None,
            warm_up: 0.0,
        }
    }

    fn scheduler(&self, one_by_one: bool) -> Box<dyn Scheduler> {
        let total_prefill_chunks = self.engine.total_prefill_chunks;
        match self.engine.kind {
            Kind::Slots { admission, max_batch_size } => {
                let slots =
                    Slots::new(SlotsConfig { admission, max_batch_size, total_prefill_chunks });
                Box::new(if one_by_one { slots.one_by_one() } else { slots })
            }
            Kind::Pools { prefill_workers, decode_workers } => {
                Box::new(WorkerPools::new(WorkerPoolsConfig {
                    prefill_workers,
                    decode_workers,
                    total_prefill_chunks,
                }))
            }
        }
    }

    fn ticks(&self) -> Rc<dyn StepTime> {
        let prefills = match self.engine.kind {
            Kind::Slots { .. } => Prefills::Add,
            Kind::Pools { .. } => Prefills::Overlap,
        };
        let spec = TicksSpec {
            prefill_time: self.engine.prefill_time as f64 / 1e3,
            itl: self.engine.itl as f64 / 1e3,
        };
        Rc::new(Ticks::new(&spec, self.engine.total_prefill_chunks, prefills))
    }

    fn run(&self, time: &Rc<dyn StepTime>, one_by_one: bool, witness: &mut Witness) -> Outcome {
        let replica = |i| ReplicaModel {
            scheduler: self.scheduler(one_by_one),
            step_time: Rc::clone(time),
            engine_loop: self.engine_loop,
            stream: Streams::new(7, 0).stream(&format!("step-time-{i}")),
        };
        let last_due = self.wanted.last().map_or(0, |wanted| wanted.due);
        let recorder = Recorder::new(RecorderSpec {
            transfer: false,
            millisecond: TICK,
            warm_up: SimDuration::from_nanos((self.warm_up * last_due as f64) as u64),
            cool_down: SimDuration::ZERO,
            tbt: false,
            exact_max: 1_000_000,
            slo: tokendrome_metrics::SloSpec::default(),
            classes: Vec::new(),
        });
        let (wanted, users, think) = (&self.wanted, self.users, self.think);
        let mut source = Listed { wanted, users, think, next: 0 };
        let mut observers: [&mut dyn Observer; 1] = [witness];
        let replicas = (0..self.replicas).map(replica).collect();
        let cluster =
            Cluster::new(replicas, (self.router)(), &mut source, recorder, &mut observers);
        let horizon = self.horizon_s.map(|horizon| SimTime::after_start(seconds(horizon)));
        cluster.run(horizon).unwrap()
    }

    /// Runs it with requests counted where that is possible, seen and unseen, and one by one: the
    /// results are the same. Returns what the requests saw.
    fn compare(&self, time: &Rc<dyn StepTime>) -> Vec<Seen> {
        let mut plain = Witness { sees_iterations: true, ..Witness::default() };
        let expected = self.run(time, true, &mut plain);
        for sees_iterations in [true, false] {
            let mut witness = Witness { sees_iterations, ..Witness::default() };
            let found = self.run(time, false, &mut witness);
            assert_eq!(witness.records, plain.records, "seen: {sees_iterations}");
            if sees_iterations {
                assert_eq!(witness.iterations, plain.iterations);
            }
            assert_eq!(figures(&found.totals), figures(&expected.totals));
            assert_eq!(format!("{:?}", found.replicas), format!("{:?}", expected.replicas));
            assert_eq!(found.digest, expected.digest, "seen: {sees_iterations}");
        }
        plain.records.sort_by_key(|record| record.index);
        let ns = |time: Option<SimTime>| time.map_or(0, SimTime::as_nanos);
        let seen = plain.records.iter().map(|record| Seen {
            added_at: record.arrival.as_nanos(),
            first_token_at: ns(record.first_token),
            decode_start: record.decode_start.map(SimTime::as_nanos),
            completed_at: ns(record.end),
        });
        seen.collect()
    }
}

const ONE_SLOT: Engine = Engine {
    kind: Kind::Slots { admission: Admission::InFlight, max_batch_size: 1 },
    total_prefill_chunks: 1,
    prefill_time: 2_000,
    itl: 1_000,
};

/// Ticks, where they are whole.
fn ticks(ns: u64) -> Option<u64> {
    ns.is_multiple_of(TICK.as_nanos()).then_some(ns / TICK.as_nanos())
}

/// With 0.46 requests in a tick, the k-th is due after k / 0.46 ticks, and the engine, whose steps
/// take a tick each, meets it at the first tick from then on.
#[test]
fn requests_arrive_at_the_first_boundary_from_when_they_are_due() {
    let fast = Engine {
        kind: Kind::Slots { admission: Admission::InFlight, max_batch_size: 100 },
        prefill_time: 0,
        ..ONE_SLOT
    };
    let due = |k: u64| (k as f64 * TICK.as_nanos() as f64 / 0.46).round() as u64;
    for output in [1, 40] {
        let wanted = |k| Wanted { due: due(k), prompt: 1, output };
        let case = Case::new(fast, (1..=92).map(wanted).collect());
        for (k, seen) in (1..).zip(case.compare(&case.ticks())) {
            let expected = (k * 100u64).div_ceil(46);
            assert_eq!(ticks(seen.added_at), Some(expected), "request {k}");
            assert_eq!(ticks(seen.first_token_at), Some(expected + 1), "request {k}");
        }
    }
}

#[test]
fn idle_steps_follow_the_last_iteration() {
    // Times in sixths of a tick. The prompt takes a third more than two ticks.
    let engine = Engine { total_prefill_chunks: 3, prefill_time: 7_000, ..ONE_SLOT };
    let due = |sixths| Wanted { due: sixths * TICK.as_nanos() / 6, prompt: 1, output: 1 };
    let case = Case::new(engine, [0, 14, 32, 80, 86].map(due).to_vec());
    let seen = case.compare(&case.ticks());
    let sixths = |ns: u64| ns * 6 / TICK.as_nanos();
    let found: Vec<_> =
        seen.iter().map(|seen| (sixths(seen.added_at), sixths(seen.completed_at))).collect();
    // Due at the end of a step: in time. Due in an idle step, which end at 28, 34 and so on, and
    // then in an iteration.
    assert_eq!(found, [(0, 14), (14, 28), (34, 48), (84, 98), (98, 112)]);
}

/// A time limit at which a request is due that the engine has not met yet.
#[test]
fn who_is_not_met_before_the_horizon_never_came() {
    let due = |ticks| Wanted { due: ticks * TICK.as_nanos() / 2, prompt: 1, output: 5 };
    let mut case = Case::new(ONE_SLOT, [0, 3].map(due).to_vec());
    case.horizon_s = Some(1.75 * TICK.as_secs_f64());
    assert_eq!(case.compare(&case.ticks()).len(), 1);
}

/// Is asked so many times before it lets anybody through.
struct Reluctant(u32);

impl Router for Reluctant {
    fn route(&mut self, _: &Request, _: &dyn Places) -> Option<ReplicaId> {
        let lets_through = self.0 == 0;
        self.0 = self.0.saturating_sub(1);
        lets_through.then_some(ReplicaId(0))
    }

    fn fork(&self) -> Box<dyn Router> {
        unreachable!("no run of it is cut")
    }
}

#[test]
fn a_request_that_was_held_back_waits_for_a_boundary_too() {
    let due = |quarters| Wanted { due: quarters * TICK.as_nanos() / 4, prompt: 1, output: 1 };
    let mut case = Case::new(ONE_SLOT, [0, 2, 5].map(due).to_vec());
    // It is asked for the first request as it comes, and then once whenever anything happens: each
    // of the others shows up a moment early, and comes.
    case.router = || Box::new(Reluctant(5));
    let seen = case.compare(&case.ticks());
    let quarters = |ns: u64| ns * 4 / TICK.as_nanos();
    // They are as old as they are: nobody but the router has been at work since.
    let arrivals: Vec<_> = seen.iter().map(|seen| quarters(seen.added_at)).collect();
    assert_eq!(arrivals, [0, 2, 5]);
    // All of them are sent after five quarters of a tick; the engine looks at its queue at two.
    let ends: Vec<_> = seen.iter().map(|seen| ticks(seen.completed_at)).collect();
    assert_eq!(ends, [Some(4), Some(6), Some(8)]);
}

#[test]
fn a_place_is_taken_by_a_request_that_is_on_its_way() {
    let due = |quarters| Wanted { due: quarters * TICK.as_nanos() / 4, prompt: 1, output: 1 };
    let mut case = Case::new(ONE_SLOT, [1, 2, 3].map(due).to_vec());
    (case.replicas, case.router) = (2, shared_queue);
    let quarters = |ns: u64| ns * 4 / TICK.as_nanos();
    let seen = case.compare(&case.ticks());
    let found: Vec<_> =
        seen.iter().map(|seen| (quarters(seen.added_at), quarters(seen.completed_at))).collect();
    // One for each replica, at its boundary; the third waits before them.
    assert_eq!(found, [(4, 12), (4, 12), (3, 20)]);
}
