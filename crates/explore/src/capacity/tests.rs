use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};

use tokendrome::catalog::Catalog;
use tokendrome::metrics::SloSpec;
use tokendrome::steptime::{AffineSpec, ConstantSpec, Law, StepTimeSpec};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{
    ClusterSpec, ParallelismSpec, RouterSpec, Scenario, SchedulerSpec, SimulationSpec, SlotsSpec,
    VllmSpec, WorkloadSpec,
};

use super::*;

mod errors;

const SEARCH: Search =
    Search { from_per_s: None, to_per_s: None, precision: 0.01, trials_first: 1, trials_max: 200 };

fn threads(count: usize) -> Threads {
    Threads::new(NonZeroUsize::new(count).unwrap())
}

fn step(step_ms: f64, law: Law) -> StepTimeSpec {
    StepTimeSpec::Constant(ConstantSpec { step_ms, law })
}

/// One slot, one output token, steps of 10 ms in the mean: a server that takes 100 a second.
fn server(law: Law) -> Scenario {
    Scenario {
        disaggregation: None,
        model: None,
        hardware: None,
        parallelism: ParallelismSpec::default(),
        scheduler: SchedulerSpec::InFlight(SlotsSpec {
            max_batch_size: 1,
            total_prefill_chunks: 1,
        }),
        step_time: step(10.0, law),
        workload: WorkloadSpec {
            arrivals: Some(ArrivalsSpec::Poisson { rate_per_s: 3.0 }),
            input_tokens: Some(LengthsSpec::Fixed { tokens: 1 }),
            output_tokens: Some(LengthsSpec::Fixed { tokens: 1 }),
            ..WorkloadSpec::default()
        },
        cluster: ClusterSpec::default(),
        slo: SloSpec::default(),
        simulation: SimulationSpec::default(),
    }
}

fn found(scenario: &Scenario, method: &Method, count: usize) -> Capacity {
    let simulation = Simulation::new(scenario).unwrap();
    capacity(&simulation, method, threads(count), &(), &|_| {}).unwrap()
}

/// The capacity is that of theory, within two percent, and verified.
#[track_caller]
fn check(scenario: &Scenario, theory_per_s: f64) {
    let found = found(scenario, &Method::Drift(SEARCH), 2);
    let rate = found.rate_per_s.unwrap();
    assert!((rate / theory_per_s - 1.0).abs() < 0.02, "{rate} {theory_per_s} {found:#?}");
    assert_eq!(found.basis, Basis::Departures, "{found:#?}");
    let interval = found.interval.unwrap();
    assert!(interval.low <= rate && rate <= interval.high);
    assert!(interval.high - interval.low <= 0.04 * rate, "{interval:?}");
    assert!(found.holds_per_s.unwrap() < rate && rate < found.fails_per_s.unwrap());
}

#[test]
fn one_server_takes_what_it_serves() {
    check(&server(Law::Exponential), 100.0);
    check(&server(Law::Deterministic), 100.0);
}

#[test]
fn servers_behind_one_queue_take_what_all_serve() {
    let mut scenario = server(Law::Exponential);
    scenario.cluster =
        ClusterSpec { replicas: 3, router: RouterSpec::SharedQueue, ..ClusterSpec::default() };
    check(&scenario, 300.0);
}

#[test]
fn batches_take_a_batch_in_its_time() {
    let mut scenario = server(Law::Exponential);
    let slots = SlotsSpec { max_batch_size: 4, total_prefill_chunks: 1 };
    scenario.scheduler = SchedulerSpec::Static(slots);
    check(&scenario, 400.0);
    // The longest of four outputs of 1 to 10 tokens: 10 - sum of (j / 10)^4 for j below 10.
    scenario.workload.output_tokens = Some(LengthsSpec::Uniform { min: 1, max: 10 });
    check(&scenario, 4.0 / (8.4667 * 0.010));
}

#[test]
fn batches_that_take_longer_with_size() {
    let mut scenario = server(Law::Deterministic);
    scenario.model = Some(Catalog::model("llama-3.1-8b").unwrap());
    scenario.hardware = Some(Catalog::accelerator("h100-sxm").unwrap());
    scenario.scheduler = SchedulerSpec::Vllm(VllmSpec {
        max_num_seqs: Some(8),
        async_scheduling: Some(false),
        ..VllmSpec::default()
    });
    let spec = AffineSpec::new(10.0, 0.5, Law::Deterministic);
    scenario.step_time = StepTimeSpec::Affine(spec);
    scenario.workload.output_tokens = Some(LengthsSpec::Fixed { tokens: 5 });
    // Eight requests, five iterations each, of 10 + 8 * 0.5 ms.
    check(&scenario, 8.0 / (5.0 * 0.014));
}

/// Half of the prompts are refused: what is served is half of what arrives.
#[test]
fn what_is_refused_takes_no_capacity() {
    let mut scenario = server(Law::Deterministic);
    scenario.model = Some(Catalog::model("llama-3.1-8b").unwrap());
    scenario.hardware = Some(Catalog::accelerator("h100-sxm").unwrap());
    scenario.scheduler = SchedulerSpec::Vllm(VllmSpec {
        max_num_seqs: Some(1),
        max_model_len: Some(1_000),
        async_scheduling: Some(false),
        ..VllmSpec::default()
    });
    let values = vec![10, 5_000];
    let weights = vec![0.4, 0.6];
    scenario.workload.input_tokens = Some(LengthsSpec::Mixture { values, weights });
    check(&scenario, 250.0);
}

/// One request in two thousand takes two thousand times as long: services of 20 ms in the mean,
/// whose squared coefficient of variation is about 500. Queues fill up slowly then, which is no
/// instability.
#[test]
fn a_slow_start_is_no_instability() {
    let mut scenario = server(Law::Exponential);
    let values = vec![1, 2_000];
    let weights = vec![0.9995, 0.0005];
    scenario.workload.output_tokens = Some(LengthsSpec::Mixture { values, weights });
    let search = Search { precision: 0.05, ..SEARCH };
    let found = found(&scenario, &Method::Drift(search), 2);
    // 1,999.5 tokens of 2,000 requests: 0.01 * (0.9995 + 1) seconds each.
    let theory = 100.0 / 1.9995;
    let interval = found.interval.unwrap();
    assert!(interval.low < theory && theory < interval.high, "{theory} {found:#?}");
    let judged = |verdict| found.tried.iter().filter(move |of| of.verdict == Some(verdict));
    assert!(judged(Verdict::Fails).all(|of| of.rate_per_s > theory), "{found:#?}");
    assert!(judged(Verdict::Holds).all(|of| of.rate_per_s < theory), "{found:#?}");
}

/// What cannot be told apart from unstable is not "at least" that rate.
#[test]
fn a_limit_at_the_boundary_is_not_taken_for_stable() {
    let search = Search { to_per_s: Some(104.0), precision: 0.02, ..SEARCH };
    let found = found(&server(Law::Exponential), &Method::Drift(search), 2);
    assert_eq!(found.basis, Basis::AtLeast, "{found:#?}");
    assert!(found.rate_per_s.unwrap() < 100.0, "{found:#?}");
    assert!(found.notices.iter().any(|notice| notice.contains("at a rate of 104")), "{found:#?}");
}

#[test]
fn threads_do_not_matter() {
    let mut scenario = server(Law::Exponential);
    scenario.slo.e2e_ms = Some(50.0);
    let search = Search { precision: 0.05, ..SEARCH };
    let conditions = vec![Condition::read("slo.attainment>=0.9").unwrap()];
    let grid = Grid {
        from_per_s: 80.0,
        to_per_s: 120.0,
        step_per_s: 20.0,
        window_s: 5.0,
        points: 10,
        trials: 3,
    };
    for method in
        [Method::Drift(search), Method::Objectives(search, conditions), Method::MannKendall(grid)]
    {
        let alone = found(&scenario, &method, 1);
        assert!(alone.is_complete && alone.runs > 0, "{alone:?}");
        assert_eq!(alone, found(&scenario, &method, 4));
    }
}

#[test]
fn objectives_hold_up_to_where_theory_says() {
    // In M/M/1 the time in the system is exponential with mean 1 / (100 - rate): nine in ten leave
    // within 50 ms if exp(-(100 - rate) * 0.05) = 0.1, at a rate of 53.95 per second.
    let mut scenario = server(Law::Exponential);
    scenario.slo.e2e_ms = Some(50.0);
    let theory = 100.0 - libm::log(10.0) / 0.050;
    let coarse = Search { from_per_s: Some(20.0), precision: 0.05, ..SEARCH };
    let fine = Search { from_per_s: Some(40.0), precision: 0.03, ..SEARCH };
    for (condition, search) in [("slo.attainment>=0.9", fine), ("e2e_ms.p90<=50", coarse)] {
        let conditions = vec![Condition::read(condition).unwrap()];
        let found = found(&scenario, &Method::Objectives(search, conditions), 2);
        let (rate, interval) = (found.rate_per_s.unwrap(), found.interval.unwrap());
        // As near as was asked for, or so: what cannot be judged makes the bracket wider.
        let near = 1.5 * search.precision;
        assert!((rate / theory - 1.0).abs() < near, "{condition}: {rate} {theory}");
        assert!(interval.low < theory && theory < interval.high, "{condition}: {interval:?}");
        assert_eq!(found.basis, Basis::Bracket);
    }
    // Together with one that is never in the way, and with one that fails first.
    let both = ["slo.attainment>=0.9", "requests.rejected<=0", "e2e_ms.mean<=12.5"];
    let conditions = both.map(|text| Condition::read(text).unwrap()).to_vec();
    let found = found(&scenario, &Method::Objectives(coarse, conditions), 2);
    assert!((found.rate_per_s.unwrap() / 20.0 - 1.0).abs() < 0.15, "{found:#?}");
}

/// Limits that any stable rate meets, and one that only shows near the boundary in long runs: in
/// M/M/1 at a rate r the time in the system is exponential with mean 1 / (100 - r), so that
/// ninety-nine in a hundred are done within ln(100) / (100 - r) seconds: within one at 95.39.
#[test]
fn no_limit_is_met_beyond_what_is_stable() {
    for (condition, precision, low, high) in [
        ("e2e_ms.mean<=10000", 0.02, 97.0, 102.0),
        ("e2e_ms.mean<=2000", 0.05, 93.0, 105.0),
        ("e2e_ms.p99<=1000", 0.02, 93.5, 97.5),
    ] {
        let search = Search { precision, ..SEARCH };
        let conditions = vec![Condition::read(condition).unwrap()];
        let found = found(&server(Law::Exponential), &Method::Objectives(search, conditions), 2);
        let rate = found.rate_per_s.unwrap();
        assert!(low < rate && rate < high, "{condition}: {rate} {found:#?}");
    }
}

#[test]
fn as_good_as_all_takes_many_requests_to_show() {
    let mut scenario = server(Law::Exponential);
    // At most one in a thousand is slower than this at a rate of 50: ln(1000) / 50 s.
    scenario.slo.e2e_ms = Some(138.155);
    let conditions = vec![Condition::read("slo.attainment>=0.999").unwrap()];
    let search = Search { precision: 0.1, ..SEARCH };
    let found = found(&scenario, &Method::Objectives(search, conditions), 2);
    let met = found.tried.iter().filter(|of| of.verdict == Some(Verdict::Holds));
    assert!(met.clone().count() > 0, "{found:#?}");
    assert!(met.clone().all(|of| of.rate_per_s < 55.0), "{found:#?}");
}

#[test]
fn a_grid_is_judged_as_the_recorded_simulator_does() {
    let grid = Grid {
        from_per_s: 40.0,
        to_per_s: 140.1,
        step_per_s: 20.0,
        window_s: 12.0,
        points: 20,
        trials: 4,
    };
    let found = found(&server(Law::Exponential), &Method::MannKendall(grid), 2);
    let rates: Vec<f64> = found.tried.iter().map(|of| of.rate_per_s).collect();
    assert_eq!(rates, [40.0, 60.0, 80.0, 100.0, 120.0, 140.0]);
    assert_eq!(found.runs, 6 * 20 * 4);
    for tried in &found.tried {
        let Measured::Curve(curve) = &tried.measured else { panic!("a curve") };
        assert_eq!(curve.points.len(), 20);
        assert_eq!((curve.points[0].0, curve.points[19].0), (0.6, 12.0));
        let means: Vec<f64> = curve.points.iter().map(|(_, mean)| *mean).collect();
        assert_eq!(detect(&means), curve.detection);
    }
    // Far beyond the boundary everything grows; what it says of stable rates is a matter of luck.
    let verdict = |tried: &Tried| {
        let Measured::Curve(curve) = &tried.measured else { panic!("a curve") };
        if curve.detection.unwrap().is_unstable { Verdict::Fails } else { Verdict::Holds }
    };
    assert!(found.tried.iter().all(|tried| tried.verdict == Some(verdict(tried))));
    assert_eq!(found.tried[5].verdict, Some(Verdict::Fails));
    // What is measured is the time in the system: 1 / (100 - 40) seconds in the mean.
    let Measured::Curve(curve) = &found.tried[0].measured else { panic!("a curve") };
    let last = curve.points[19].1;
    assert!((last * 60.0 - 1.0).abs() < 0.1, "{last}");
}

#[test]
fn the_boundary_of_a_grid() {
    let of = |verdicts: &[(f64, Verdict)]| {
        let tried: Vec<Tried> = verdicts
            .iter()
            .map(|&(rate_per_s, verdict)| Tried {
                rate_per_s,
                trials: 1,
                arrivals: 1.0,
                verdict: Some(verdict),
                measured: Measured::Objectives(Vec::new()),
            })
            .collect();
        let found = windows::boundary(&tried);
        let ends = found.interval.map(|of| (of.low, of.high));
        (found.rate_per_s, ends, found.basis)
    };
    let (up, down) = (Verdict::Fails, Verdict::Holds);
    let expect = (Some(1.75), Some((1.5, 2.0)), Basis::Grid);
    assert_eq!(of(&[(1.0, down), (1.5, down), (2.0, up), (2.5, up)]), expect);
    // A stable rate above an unstable one: they cross.
    let expect = (Some(1.5), Some((1.5, 1.5)), Basis::Grid);
    assert_eq!(of(&[(1.0, down), (1.5, up), (2.0, down), (2.5, up)]), expect);
    assert_eq!(of(&[(1.0, up), (1.5, up)]), (None, None, Basis::Nothing));
    assert_eq!(of(&[(1.0, down), (1.5, down)]), (Some(1.5), None, Basis::AtLeast));
}

#[test]
fn an_interruption_tells_what_was_tried() {
    struct Stop<'a>(&'a AtomicU64);
    impl Watch for Stop<'_> {
        fn is_stopped(&self) -> bool {
            self.0.load(Ordering::Relaxed) >= 9
        }
    }
    let runs = AtomicU64::new(0);
    let simulation = Simulation::new(&server(Law::Exponential)).unwrap();
    let progress = |step: Step| runs.store(step.runs, Ordering::Relaxed);
    let method = Method::Drift(SEARCH);
    let found = capacity(&simulation, &method, threads(2), &Stop(&runs), &progress).unwrap();
    assert_eq!((found.is_complete, found.rate_per_s, found.basis), (false, None, Basis::Nothing));
    assert_eq!((found.runs, found.tried.len()), (9, 4));
    assert_eq!(found.notices, ["interrupted: no rate was found yet"]);
}
