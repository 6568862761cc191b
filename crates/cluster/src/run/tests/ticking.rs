//! Ticking engines: whole runs of the tick schedulers, beside a plain loop and with themselves.

use proptest::prelude::*;
use tokendrome_sched::{Admission, Slots, SlotsConfig, WorkerPools, WorkerPoolsConfig};
use tokendrome_steptime::{Prefills, StepTime, Ticks, TicksSpec};
use tokendrome_units::TICK;

use super::steady::{Nosy, Witness, figures, seconds};
use super::*;
use plain::{Engine, Kind, Seen, Wanted};

mod plain;

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
    shares_queue: bool,
    horizon_s: Option<f64>,
    warm_up_s: f64,
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
            shares_queue: false,
            horizon_s: None,
            warm_up_s: 0.0,
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
        let recorder = Recorder::new(RecorderSpec {
            warm_up: seconds(self.warm_up_s),
            cool_down: SimDuration::ZERO,
            exact_max: 1_000_000,
            slo: tokendrome_metrics::SloSpec::default(),
            classes: Vec::new(),
        });
        let router: Box<dyn Router> = match self.shares_queue {
            true => Box::new(crate::SharedQueue),
            false => Box::new(RoundRobin::default()),
        };
        let (wanted, users, think) = (&self.wanted, self.users, self.think);
        let mut source = Listed { wanted, users, think, next: 0 };
        let mut observers: [&mut dyn Observer; 1] = [witness];
        let replicas = (0..self.replicas).map(replica).collect();
        let cluster = Cluster::new(replicas, router, &mut source, recorder, &mut observers);
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

fn engine() -> impl Strategy<Value = Engine> {
    let admission = prop_oneof![
        Just(Admission::Static),
        Just(Admission::InFlight),
        Just(Admission::InFlightOnePrefill)
    ];
    let slots = (admission, 1..6u32)
        .prop_map(|(admission, max_batch_size)| Kind::Slots { admission, max_batch_size });
    let pools = (1..5u32, 1..5u32).prop_map(|(prefill_workers, decode_workers)| Kind::Pools {
        prefill_workers,
        decode_workers,
    });
    let chunks = prop_oneof![Just(1u32), 1..=15u32];
    let ticks = || prop_oneof![Just(0u64), Just(1_000), Just(2_000), 0..4_000u64];
    (prop_oneof![slots, pools], chunks, ticks(), ticks()).prop_map(
        |(kind, total_prefill_chunks, prefill_time, itl)| Engine {
            kind,
            total_prefill_chunks,
            prefill_time,
            itl,
        },
    )
}

fn wanted() -> impl Strategy<Value = Vec<Wanted>> {
    let tick = TICK.as_nanos();
    let gap = prop_oneof![
        Just(0),
        0..3 * tick,
        (0..4u64).prop_map(move |ticks| ticks * tick),
        (0..60u64).prop_map(move |twelfths| twelfths * tick / 12),
        0..60 * tick,
    ];
    let output = prop_oneof![Just(1u32), 1..6u32, 1..60u32];
    let one = (gap, prop_oneof![1..20u32, Just(100)], output);
    proptest::collection::vec(one, 1..40).prop_map(|all| {
        let mut due = 0;
        let wanted = all.into_iter().map(|(gap, prompt, output)| {
            due += gap;
            Wanted { due, prompt, output }
        });
        wanted.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(300)))]

    /// Each replica sees every so-manieth request, as if it were alone.
    #[test]
    fn requests_that_come_by_themselves_fare_as_in_the_plain_loop(
        engine in engine(),
        wanted in wanted(),
        replicas in 1..4usize,
        warm_up_s in prop_oneof![Just(0.0), 0.0..20.0],
    ) {
        let case = Case { replicas, warm_up_s, ..Case::new(engine, wanted) };
        let mut expected = vec![Seen::default(); case.wanted.len()];
        for replica in 0..replicas {
            let own: Vec<Wanted> =
                case.wanted.iter().skip(replica).step_by(replicas).copied().collect();
            let places = expected.iter_mut().skip(replica).step_by(replicas);
            places.zip(engine.run(&own, 0)).for_each(|(place, seen)| *place = seen);
        }
        prop_assert_eq!(case.compare(&case.ticks()), expected);
    }

    /// The original keeps so many requests in the engine; our users each send one at a time.
    #[test]
    fn requests_that_are_called_for_fare_as_in_the_plain_loop(
        engine in engine().prop_filter("no pools", |e| matches!(e.kind, Kind::Slots { .. })),
        wanted in wanted(),
        users in 1..10usize,
    ) {
        let case = Case { users, ..Case::new(engine, wanted) };
        prop_assert_eq!(case.compare(&case.ticks()), engine.run(&case.wanted, users));
    }

    /// Whatever loop, router and step time: counting requests changes no run.
    #[test]
    fn counted_requests_change_no_run(
        engine in engine(),
        wanted in wanted(),
        users in prop_oneof![Just(0usize), 1..10usize],
        think in prop_oneof![Just(0u64), 0..3 * TICK.as_nanos()],
        replicas in 1..4usize,
        ticks in any::<bool>(),
        is_async in any::<bool>(),
        is_blind in any::<bool>(),
        shares_queue in any::<bool>(),
        horizon_s in proptest::option::weighted(0.3, 0.0..40.0),
    ) {
        let engine_loop = match (ticks, is_async) {
            (true, _) => EngineLoop::Ticking { tick: TICK },
            (_, true) => EngineLoop::Asynchronous { sleep: EMPTY_STEP_SLEEP },
            (_, false) => EngineLoop::Synchronous,
        };
        let think = SimDuration::from_nanos(think);
        let case = Case {
            users, think, replicas, engine_loop, shares_queue, horizon_s,
            ..Case::new(engine, wanted)
        };
        let law = Law::Deterministic;
        let nosy: Rc<dyn StepTime> = Rc::new(Nosy { stages: 1, law, host_s: 0.0, is_blind });
        case.compare(&nosy);
        case.compare(&case.ticks());
    }
}
