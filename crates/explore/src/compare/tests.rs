use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use tokendrome::catalog::Catalog;
use tokendrome::steptime::{AffineSpec, Law, StepTimeSpec};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{Scenario, SchedulerSpec, VllmSpec, WorkloadSpec};

use super::*;
use crate::{Moments, Precision};

fn threads(count: usize) -> Threads {
    Threads::new(NonZeroUsize::new(count).unwrap())
}

/// One exponential server with this mean service time, before which 50 requests a second arrive.
fn server(service_ms: f64) -> Scenario {
    Scenario {
        disaggregation: None,
        model: Some(Catalog::model("llama-3.1-8b").unwrap()),
        hardware: Some(Catalog::accelerator("h100-sxm").unwrap()),
        parallelism: tokendrome::ParallelismSpec::default(),
        scheduler: SchedulerSpec::Vllm(VllmSpec {
            max_num_seqs: Some(1),
            async_scheduling: Some(false),
            ..VllmSpec::default()
        }),
        step_time: StepTimeSpec::Affine(AffineSpec::new(service_ms, 0.0, Law::Exponential)),
        workload: WorkloadSpec {
            requests: Some(400),
            arrivals: Some(ArrivalsSpec::Poisson { rate_per_s: 50.0 }),
            input_tokens: Some(LengthsSpec::Fixed { tokens: 1 }),
            output_tokens: Some(LengthsSpec::Fixed { tokens: 1 }),
            ..WorkloadSpec::default()
        },
        cluster: tokendrome::ClusterSpec::default(),
        slo: tokendrome::metrics::SloSpec::default(),
        simulation: tokendrome::SimulationSpec::default(),
    }
}

fn cases(scenarios: &[(&str, Scenario)]) -> Cases {
    let named = scenarios.iter().map(|(name, scenario)| ((*name).to_owned(), scenario.clone()));
    Cases::new(named.collect()).unwrap()
}

fn compared(scenarios: &[(&str, Scenario)], trials: u64) -> Comparison {
    compare(&cases(scenarios), Goal::Trials(trials), threads(2), &(), |_, _| {}).unwrap()
}

const MEAN: &str = "latency.e2e_ms.mean";

#[test]
fn a_scenario_differs_from_itself_in_nothing() {
    let found = compared(&[("a", server(10.0)), ("b", server(10.0))], 4);
    assert_eq!((found.trials, found.is_complete, found.is_exact), (4, true, false));
    let [first, second] = &found.sides[..] else { panic!("two scenarios") };
    assert_eq!((first.digest, &first.estimates), (second.digest, &second.estimates));
    assert!(first.differences.is_empty() && second.differences.len() > 50);
    for of in &second.differences {
        let ends = of.ci95.map(|interval| (interval.low, interval.high));
        assert_eq!((of.mean, of.std, ends), (0.0, Some(0.0), Some((0.0, 0.0))), "{}", of.name);
        assert_eq!(of.first_mean, first.estimate(&of.name).unwrap().mean);
    }
    assert!(found.notices.is_empty(), "{:?}", found.notices);
}

#[test]
fn the_estimates_are_those_of_trials() {
    let slow = server(12.0);
    let alone = crate::run_trials(
        &tokendrome::Simulation::new(&slow).unwrap(),
        Goal::Trials(3),
        Threads::ONE,
        &(),
        |_, _| {},
    );
    let found = compared(&[("fast", server(10.0)), ("slow", slow)], 3);
    let alone = alone.unwrap();
    assert_eq!(
        (found.sides[1].digest, &found.sides[1].estimates),
        (alone.digest, &alone.estimates)
    );
}

#[test]
fn common_random_numbers_narrow_the_interval() {
    let trials = 20;
    let found = compared(&[("fast", server(10.0)), ("slow", server(11.0))], trials);
    let paired = found.sides[1].difference(MEAN).unwrap();
    let mut independent = Moments::default();
    let (fast, mut slow) = (server(10.0), server(11.0));
    slow.simulation.seed = 7;
    let [fast, slow] = [fast, slow].map(|of| tokendrome::Simulation::new(&of).unwrap());
    for trial in 0..trials {
        let mean = |of: &tokendrome::Simulation| {
            let figures = of.figures(trial, None, &mut []).unwrap();
            figures.summary.latency.e2e_ms.unwrap().mean
        };
        independent.add(mean(&slow) - mean(&fast));
    }
    let half = (paired.ci95.unwrap().high - paired.ci95.unwrap().low) / 2.0;
    assert!(paired.ci95.unwrap().low > 0.0, "the slower server is slower: {paired:?}");
    let apart = independent.half_width(0.95).unwrap();
    assert!(half < 0.5 * apart, "{half} against {apart}");
}

#[test]
fn threads_do_not_matter() {
    let all = [("a", server(10.0)), ("b", server(12.0)), ("c", server(15.0))];
    let on =
        |count| compare(&cases(&all), Goal::Trials(7), threads(count), &(), |_, _| {}).unwrap();
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(5));
}

#[test]
fn other_requests_are_noticed() {
    let (mut more, mut faster) = (server(10.0), server(10.0));
    more.workload.requests = Some(410);
    faster.workload.arrivals = Some(ArrivalsSpec::Poisson { rate_per_s: 80.0 });
    more.simulation.seed = 3;
    let found = compared(&[("a", server(10.0)), ("more", more), ("faster", faster)], 2);
    let expect = [
        "all scenarios run with the seed of a, 42, instead of their own: more (3)",
        "in trial 0, more does not get the requests of a: 410 requests arrive instead of 400, as \
         where lengths differ, answers call for requests, or one run is cut earlier",
        "in trial 0, faster gets the requests of a at other times, as where rates differ or \
         answers call for requests",
    ];
    assert_eq!(found.notices, expect);
}

/// Every request and every time is fixed.
fn fixed(step_ms: f64) -> Scenario {
    let mut scenario = server(step_ms);
    scenario.step_time = StepTimeSpec::Affine(AffineSpec::new(step_ms, 0.0, Law::Deterministic));
    scenario.workload.arrivals = Some(ArrivalsSpec::FixedRate { rate_per_s: 50.0 });
    scenario
}

#[test]
fn without_chance_differences_are_exact() {
    let found = compared(&[("a", fixed(10.0)), ("b", fixed(12.0))], 3);
    assert!(found.is_exact);
    let of = found.sides[1].difference(MEAN).unwrap();
    assert_eq!((of.n, of.std, of.ci95), (3, None, None));
    assert!((of.mean - 2.0).abs() < 1e-9 && (of.change().unwrap() - 0.2).abs() < 1e-9, "{of:?}");
    assert!(found.notices.is_empty(), "{:?}", found.notices);
    let one = compared(&[("a", server(10.0)), ("b", server(10.0))], 1);
    assert!(!one.is_exact && one.notices.len() == 1, "{:?}", one.notices);
    assert!(one.notices[0].starts_with("one trial: "), "{:?}", one.notices);
}

#[test]
fn the_first_trial_is_kept() {
    let mut scenario = server(10.0);
    scenario.workload.requests = Some(2_000);
    let found = compared(&[("a", scenario)], 2);
    let first = found.sides[0].first_trial.as_ref().unwrap();
    let starts: Vec<_> = first.requests.iter().map(|of| of.first_scheduled.unwrap()).collect();
    assert!(starts.is_sorted() && starts.len() == FIRST_REQUESTS_MAX);
    // One server takes requests in the order in which they come.
    assert!((0..).zip(&first.requests).all(|(index, of)| of.index == index));
    assert!(first.duration_s > 30.0 && first.series.points.len() > 100);
}

#[test]
fn an_interruption_leaves_whole_trials() {
    struct Stop(AtomicBool);
    impl Watch for Stop {
        fn is_stopped(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }
    let all = cases(&[("a", server(10.0)), ("b", server(12.0))]);
    let whole = compare(&all, Goal::Trials(3), Threads::ONE, &(), |_, _| {}).unwrap();
    for count in [1, 2] {
        // Three trials and a half.
        let stop = Stop(AtomicBool::new(false));
        let progress = |done, _| stop.0.store(done == 7, Ordering::Relaxed);
        let found = compare(&all, Goal::Trials(1_000), threads(count), &stop, progress).unwrap();
        assert_eq!((found.trials, found.is_complete), (3, false));
        assert_eq!(found.sides, whole.sides);
        assert_eq!(found.notices, ["interrupted: the figures cover the first 3 trials"]);
    }
}

#[test]
fn a_failure_names_its_scenario() {
    let mut empty = server(10.0);
    empty.simulation.max_time_s = Some(1e-9);
    let all = cases(&[("a", server(10.0)), ("empty", empty)]);
    let error = |trials| {
        compare(&all, Goal::Trials(trials), threads(2), &(), |_, _| {}).unwrap_err().to_string()
    };
    assert!(error(1).starts_with("empty: the workload is empty"), "{}", error(1));
    assert!(error(5).starts_with("empty, trial 0: the workload is empty"), "{}", error(5));
}

#[test]
fn cuts_are_of_one_scenario() {
    let cuts = vec![("short".to_owned(), 1.0), ("long".to_owned(), 4.0)];
    let cases = Cases::cut(&server(10.0), cuts).unwrap();
    let found = compare(&cases, Goal::Trials(2), Threads::ONE, &(), |_, _| {}).unwrap();
    let ends = found.sides.iter().map(|side| side.estimate("duration_s").unwrap().mean);
    assert_eq!(ends.collect::<Vec<_>>(), [1.0, 4.0]);
    assert!(!found.notices.iter().any(|text| text.contains("requests of")), "{:?}", found.notices);
}

#[test]
fn trials_are_added_until_the_differences_are_precise() {
    let all = cases(&[("a", server(10.0)), ("b", server(11.0)), ("c", server(12.0))]);
    let precision = Precision { share: 0.1, trials_first: 1, trials_max: 500 };
    let on = |count| {
        let goal = Goal::Precision(precision);
        compare(&all, goal, threads(count), &(), |_, _| {}).unwrap()
    };
    let found = on(2);
    assert_eq!(found, on(1));
    assert!(found.precision.as_ref().unwrap().is_reached && found.trials > 10, "{found:?}");
    let half = |side: &Side| {
        let of = side.difference(MEAN).unwrap();
        (of.ci95.unwrap().high - of.ci95.unwrap().low) / 2.0 / of.first_mean
    };
    let widest = half(&found.sides[1]).max(half(&found.sides[2]));
    let shares = &found.precision.as_ref().unwrap().shares;
    let share = shares.iter().find(|(name, _)| *name == MEAN).unwrap().1.unwrap();
    assert!((share - widest).abs() < 1e-12 && share <= 0.1, "{share} {widest}");
    let of = "trials were enough for ± 10 % (95 %) of the headline differences";
    assert!(found.notices[0].contains(of), "{:?}", found.notices);
    // Where nothing is left to chance, one trial is all there is.
    let exact = cases(&[("a", fixed(10.0)), ("b", fixed(12.0))]);
    let goal = Goal::Precision(precision);
    let exact = compare(&exact, goal, Threads::ONE, &(), |_, _| {}).unwrap();
    assert_eq!(
        (exact.trials, exact.precision),
        (
            10,
            Some(Reached {
                goal: precision,
                is_reached: true,
                shares: HEADLINES
                    .into_iter()
                    .filter(|name| !name.contains("tpot"))
                    .map(|name| (name, Some(0.0)))
                    .collect(),
            })
        )
    );
}
