//! Whole runs: with steady requests and without, seen and unseen, they come to the same.

mod cases;
mod cuts;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokendrome_metrics::{Iteration, LevelTimes, Totals};
use tokendrome_sched::{
    PhaseBatching, PhaseBatchingConfig, Phases, PhasesConfig, Policy, Scheduler, Vllm, VllmConfig,
};
use tokendrome_steptime::{BatchShape, StepCost, StepTime};

use super::*;

/// A step time that depends on everything a batch can tell; or on the number of tokens alone.
pub(super) struct Nosy {
    pub(super) stages: usize,
    pub(super) law: Law,
    pub(super) host_s: f64,
    pub(super) is_blind: bool,
}

const WINDOWS: [u32; 2] = [25, 90];

impl StepTime for Nosy {
    fn windows(&self) -> &[u32] {
        if self.is_blind { &[] } else { &WINDOWS }
    }

    fn sees_contexts(&self) -> bool {
        !self.is_blind
    }

    fn sees_longest_context(&self) -> bool {
        !self.is_blind
    }

    fn stages(&self) -> usize {
        self.stages
    }

    fn cost(&self, batch: &BatchShape, cost: &mut StepCost) {
        // What a host does may depend on anything too.
        let varies = if self.is_blind { 1.0 } else { 1.0 + batch.decode_context as f64 * 1e-3 };
        cost.host_s = self.host_s * varies;
        if self.is_blind {
            cost.stage_s.fill(batch.tokens() as f64 * 1e-5);
            (cost.flops, cost.bytes) = (0.0, 0.0);
            return;
        }
        let prefills = batch.prefills.iter();
        let pairs: u64 = prefills.map(|c| u64::from(c.tokens) * u64::from(c.context + 7)).sum();
        let clipped: u64 = batch.decode_clipped.iter().sum();
        let work = 1_000 * batch.tokens()
            + 3 * batch.decode_context
            + 13 * u64::from(batch.decode_context_max)
            + 5 * clipped
            + 7 * pairs
            + 11 * u64::from(batch.sampled);
        cost.stage_s.fill(work as f64 * 1e-8);
        (cost.flops, cost.bytes) = (work as f64, clipped as f64);
    }

    fn law(&self) -> Law {
        self.law
    }
}

/// A scheduler with its loop.
#[derive(Debug, Clone)]
enum Engine {
    Vllm(VllmConfig),
    Phases(PhasesConfig),
    Batches(PhaseBatchingConfig),
}

impl Engine {
    fn scheduler(&self, one_by_one: bool) -> Box<dyn Scheduler> {
        match (self, one_by_one) {
            (Self::Vllm(config), true) => Box::new(Vllm::new(config.clone()).one_by_one()),
            (Self::Vllm(config), false) => Box::new(Vllm::new(config.clone())),
            (Self::Phases(config), true) => Box::new(Phases::new(config.clone()).one_by_one()),
            (Self::Phases(config), false) => Box::new(Phases::new(config.clone())),
            (Self::Batches(config), true) => {
                Box::new(PhaseBatching::new(config.clone()).one_by_one())
            }
            (Self::Batches(config), false) => Box::new(PhaseBatching::new(config.clone())),
        }
    }

    fn engine_loop(&self) -> EngineLoop {
        match self {
            Self::Vllm(config) if config.async_scheduling => {
                EngineLoop::Asynchronous { sleep: EMPTY_STEP_SLEEP }
            }
            Self::Phases(config) if config.executors > 1 => {
                EngineLoop::Executors { count: config.executors }
            }
            Self::Vllm(_) | Self::Phases(_) | Self::Batches(_) => EngineLoop::Synchronous,
        }
    }
}

#[derive(Debug, Clone)]
struct Case {
    engine: Engine,
    requests: Vec<Request>,
    replicas: usize,
    stages: usize,
    law: Law,
    host_s: f64,
    is_blind: bool,
    warm_up_s: f64,
    cool_down_s: f64,
    horizon_s: Option<f64>,
    users: u32,
    shares_queue: bool,
}

/// Requests in order of arrival; or, with users, one that calls for the next when it has ended.
struct Listed {
    requests: std::vec::IntoIter<Request>,
    users: u32,
    index: u32,
}

impl Source for Listed {
    fn next_request(&mut self) -> Result<Option<Request>, SourceError> {
        if self.users > 0 && self.index == self.users {
            return Ok(None);
        }
        let next = self.requests.next();
        let user = (self.users > 0).then_some(self.index);
        self.index += u32::from(next.is_some());
        Ok(next.map(|request| Request { user, ..request }))
    }

    fn ended(&mut self, user: u32, now: SimTime, _: bool) -> Result<Option<Request>, SourceError> {
        let next = self.requests.next();
        // Some think, some answer at once.
        let think = SimDuration::from_nanos(u64::from(user % 3) * 20_000);
        let arrival = now.checked_add(think).unwrap();
        Ok(next.map(|request| Request { user: Some(user), arrival, ..request }))
    }
}

/// Sees all, or only that requests end.
#[derive(Default)]
pub(super) struct Witness {
    pub(super) sees_iterations: bool,
    pub(super) iterations: Vec<Iteration>,
    pub(super) records: Vec<RequestRecord>,
}

impl Observer for Witness {
    fn sees_iterations(&self) -> bool {
        self.sees_iterations
    }

    fn iteration(&mut self, iteration: &Iteration) {
        self.iterations.push(*iteration);
    }

    fn request(&mut self, record: &RequestRecord) {
        self.records.push(record.clone());
    }
}

pub(super) fn seconds(seconds: f64) -> SimDuration {
    SimDuration::from_secs_f64(seconds).unwrap()
}

fn run(case: &Case, one_by_one: bool, witness: &mut Witness) -> Result<Outcome, String> {
    let requests = case.requests.clone().into_iter();
    let mut source = Listed { requests, users: case.users, index: 0 };
    let mut observers: [&mut dyn Observer; 1] = [witness];
    let horizon = case.horizon_s.map(|horizon| SimTime::after_start(seconds(horizon)));
    let cluster = cluster(case, one_by_one, &mut source, &mut observers);
    cluster.run(horizon).map_err(|error| error.to_string())
}

fn cluster<'a, 'o>(
    case: &Case,
    one_by_one: bool,
    source: &'a mut dyn Source,
    observers: &'a mut [&'o mut dyn Observer],
) -> Cluster<'a, 'o> {
    let &Case { stages, law, host_s, is_blind, .. } = case;
    let step_time = Rc::new(Nosy { stages, law, host_s, is_blind });
    let replica = |i| ReplicaModel {
        scheduler: case.engine.scheduler(one_by_one),
        step_time: Rc::<Nosy>::clone(&step_time),
        engine_loop: case.engine.engine_loop(),
        stream: Streams::new(7, 0).stream(&format!("step-time-{i}")),
    };
    let replicas = (0..case.replicas).map(replica).collect();
    let recorder = Recorder::new(RecorderSpec {
        transfer: false,
        millisecond: SimDuration::from_millis(1),
        warm_up: seconds(case.warm_up_s),
        cool_down: seconds(case.cool_down_s),
        tbt: false,
        exact_max: 1_000_000,
        slo: tokendrome_metrics::SloSpec::default(),
        classes: Vec::new(),
    });
    let router: Box<dyn Router> = match case.shares_queue {
        true => Box::new(crate::SharedQueue),
        false => Box::new(RoundRobin::default()),
    };
    Cluster::new(replicas, router, source, recorder, observers)
}

/// All figures of a run.
pub(super) fn figures(totals: &Totals) -> String {
    let Totals { series, curves, .. } = totals;
    let points = series.points();
    let Totals { whole, measured, latency, itl_ms, slo, classes, peak, .. } = totals;
    let counts = (totals.completed, totals.rejected, totals.unfinished, totals.measured_requests);
    let tokens = (&totals.prompt_tokens, &totals.output_tokens, totals.waiting_at_last);
    let kv: Vec<_> = totals.kv_times.iter().flat_map(LevelTimes::iter).collect();
    format!(
        "{whole:#?} {measured:#?} {latency:#?} {itl_ms:?} {slo:?} {classes:?} {peak:?} {counts:?} \
         {tokens:?} {kv:?} {points:?} {curves:?}"
    )
}

/// Returns the iterations of the run.
fn compare(case: &Case) -> usize {
    let mut plain = Witness { sees_iterations: true, ..Witness::default() };
    let mut seen = Witness { sees_iterations: true, ..Witness::default() };
    let mut unseen = Witness::default();
    let expected = run(case, true, &mut plain);
    for (witness, is_seen) in [(&mut seen, true), (&mut unseen, false)] {
        let found = run(case, false, witness);
        assert_eq!(witness.records, plain.records, "seen: {is_seen}");
        if is_seen {
            assert_eq!(witness.iterations, plain.iterations);
        }
        match (&found, &expected) {
            (Ok(found), Ok(expected)) => {
                assert_eq!(figures(&found.totals), figures(&expected.totals));
                assert_eq!(format!("{:?}", found.replicas), format!("{:?}", expected.replicas));
                assert_eq!(found.digest, expected.digest, "seen: {is_seen}");
            }
            (Err(found), Err(expected)) => assert_eq!(found, expected),
            _ => panic!("one ends well, the other not: {found:?} {expected:?}"),
        }
    }
    plain.iterations.len()
}

#[test]
fn steady_requests_change_no_run() {
    let iterations = std::cell::Cell::new(0);
    let cases = ProptestConfig::default().cases.max(300);
    let mut runner = TestRunner::new(ProptestConfig { cases, ..ProptestConfig::default() });
    let result = runner.run(&cases::case(), |case| {
        iterations.set(iterations.get() + compare(&case));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(iterations.get() > 10_000, "{} iterations", iterations.get());
}

/// The end of its only request is not foreseen: when its token comes, another one is computed.
#[test]
fn a_horizon_may_cut_an_iteration_whose_request_has_ended() {
    let request = Request {
        index: 0,
        arrival: SimTime::ZERO,
        prompt_tokens: 100,
        output_tokens: 1,
        max_tokens: 5,
        priority: 0,
        class: ClassId(0),
        user: None,
        content: Vec::new(),
    };
    let case = Case {
        engine: Engine::Vllm(VllmConfig {
            max_num_batched_tokens: 200,
            max_num_scheduled_tokens: None,
            max_num_seqs: 4,
            max_num_active_seqs: None,
            max_model_len: 1_000,
            policy: Policy::Fcfs,
            enable_chunked_prefill: true,
            long_prefill_token_threshold: 0,
            long_prefill_token_threshold_adaptive: false,
            scheduler_reserve_full_isl: true,
            watermark: 0.0,
            max_num_partial_prefills: None,
            enable_preemption_free: false,
            prefill_schedule_interval: 1,
            block_size: 8,
            num_gpu_blocks: 100,
            enable_prefix_caching: true,
            async_scheduling: true,
        }),
        requests: vec![request],
        replicas: 1,
        stages: 1,
        law: Law::Deterministic,
        host_s: 0.0,
        is_blind: true,
        warm_up_s: 0.0,
        cool_down_s: 0.0,
        // The prompt takes a millisecond, the token that is dropped ten microseconds.
        horizon_s: Some(1.005e-3),
        users: 0,
        shares_queue: false,
    };
    compare(&case);
    let outcome = run(&case, false, &mut Witness::default()).unwrap();
    assert_eq!((outcome.totals.completed, outcome.totals.whole.iterations), (1, 1));
}
