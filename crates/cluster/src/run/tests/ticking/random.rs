//! Random runs of the tick schedulers, beside a plain loop and with themselves.

use proptest::prelude::*;

use super::*;

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
    // Gaps on a grid, so that requests are due exactly between two steps; and any gaps.
    let on_grid = (prop_oneof![0..4u64, 0..40u64, 0..600u64], prop_oneof![Just(1u64), Just(4)])
        .prop_map(move |(quarters, coarse)| quarters / coarse * coarse * tick / 4);
    let any = prop_oneof![Just(0), 0..3 * tick, 0..60 * tick];
    let output = prop_oneof![Just(1u32), 1..6u32, 1..60u32];
    let rest = move || (prop_oneof![1..20u32, Just(100)], output.clone());
    let all = prop_oneof![
        proptest::collection::vec((on_grid, rest()), 1..40),
        proptest::collection::vec((any, rest()), 1..40),
    ];
    all.prop_map(|all| {
        let mut due = 0;
        let wanted = all.into_iter().map(|(gap, (prompt, output))| {
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
        warm_up in prop_oneof![Just(0.0), 0.0..1.0],
    ) {
        let case = Case { replicas, warm_up, ..Case::new(engine, wanted) };
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
        router in prop_oneof![
            Just(round_robin as fn() -> Box<dyn Router>),
            Just(shared_queue as fn() -> Box<dyn Router>),
        ],
        horizon_s in proptest::option::weighted(0.3, 0.0..40.0),
        warm_up in prop_oneof![Just(0.0), 0.0..1.0],
    ) {
        let engine_loop = match (ticks, is_async) {
            (true, _) => EngineLoop::Ticking { tick: TICK },
            (_, true) => EngineLoop::Asynchronous { sleep: EMPTY_STEP_SLEEP },
            (_, false) => EngineLoop::Synchronous,
        };
        let think = SimDuration::from_nanos(think);
        let case = Case {
            users, think, replicas, engine_loop, router, horizon_s, warm_up,
            ..Case::new(engine, wanted)
        };
        let law = Law::Deterministic;
        let nosy: Rc<dyn StepTime> = Rc::new(Nosy { stages: 1, law, host_s: 0.0, is_blind });
        case.compare(&nosy);
        case.compare(&case.ticks());
    }
}
