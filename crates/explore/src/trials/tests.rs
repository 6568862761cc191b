use std::num::NonZeroUsize;

use tokendrome::catalog::Catalog;
use tokendrome::workload::{Rows, SourceError, TraceRow};
use tokendrome::{TraceFormat, TraceSpec, simulate};

use super::*;
use crate::figures::figures;
use crate::jobs::Input;
use crate::precision::{Precision, TRIALS_LEAST};
use crate::statistics::Moments;

fn threads(count: usize) -> Threads {
    Threads::new(NonZeroUsize::new(count).unwrap())
}

/// Llama-3.1-8B on one H100, a few chat requests.
fn scenario(requests: u32) -> Scenario {
    let mut scenario = Scenario {
        disaggregation: None,
        model: Some(Catalog::model("llama-3.1-8b").unwrap()),
        hardware: Some(Catalog::accelerator("h100-sxm").unwrap()),
        parallelism: tokendrome::ParallelismSpec::default(),
        scheduler: tokendrome::SchedulerSpec::default(),
        step_time: tokendrome::steptime::StepTimeSpec::default(),
        workload: tokendrome::WorkloadSpec::default(),
        cluster: tokendrome::ClusterSpec::default(),
        slo: tokendrome::metrics::SloSpec::default(),
        simulation: tokendrome::SimulationSpec::default(),
    };
    scenario.workload.requests = Some(requests);
    scenario
}

fn replaying(mut scenario: Scenario) -> Scenario {
    let path = "trace.jsonl".to_owned();
    let format = TraceFormat::Jsonl;
    let trace = TraceSpec { path, format, speedup: 1.0, start_s: 0.0, block_size: None };
    scenario.workload.trace = Some(trace);
    scenario
}

/// The rows of a trace with two requests, and a broken third row from trial `broken` on.
struct Trace {
    broken: u64,
}

impl Watch for Trace {
    fn input(&self, job: &Job<'_>) -> Result<Option<Input>, SourceError> {
        let row = |index: u32| TraceRow {
            index,
            arrival_ns: 0,
            input_tokens: 100,
            output_tokens: 10,
            ..TraceRow::default()
        };
        let broken = (job.replication >= self.broken)
            .then(|| Err(SourceError(format!("row 3 as trial {} read it", job.replication))));
        let rows: Rows = Box::new([Ok(row(0)), Ok(row(1))].into_iter().chain(broken));
        Ok(Some(Input { rows, notices: Box::new(|| vec!["read anew".to_owned()]) }))
    }
}

#[test]
fn threads_do_not_matter() {
    let simulation = Simulation::new(&scenario(20)).unwrap();
    let on =
        |count| run_trials(&simulation, Goal::Trials(30), threads(count), &(), |_, _| {}).unwrap();
    let alone = on(1);
    assert_eq!((alone.trials, alone.is_complete), (30, true));
    for count in [2, 5] {
        assert_eq!(alone, on(count), "{count} threads");
    }
}

#[test]
fn trial_zero_is_the_plain_run() {
    let scenario = scenario(20);
    let plain = simulate(&scenario, None, &mut []).unwrap();
    let simulation = Simulation::new(&scenario).unwrap();
    let output = simulation.run(0, None, &mut []).unwrap();
    assert_eq!((&output.report, &output.curves), (&plain.report, &plain.curves));
    let trials = run_trials(&simulation, Goal::Trials(1), Threads::ONE, &(), |_, _| {}).unwrap();
    let of_trials: Vec<(String, f64)> =
        trials.estimates.iter().map(|of| (of.name.clone(), of.mean)).collect();
    assert_eq!(of_trials, figures(&plain.report.summary));
    assert!(trials.estimates.iter().all(|of| of.n == 1 && of.std.is_none() && of.ci95.is_none()));
    let other = simulation.run(1, None, &mut []).unwrap();
    assert_ne!(other.report.digest, plain.report.digest);
}

#[test]
fn an_estimate_is_that_of_the_single_runs() {
    let simulation = Simulation::new(&scenario(20)).unwrap();
    let mut moments = Moments::default();
    for trial in 0..5 {
        let figures = simulation.figures(trial, None, &mut []).unwrap();
        moments.add(figures.summary.latency.ttft_ms.unwrap().p99);
    }
    let trials = run_trials(&simulation, Goal::Trials(5), threads(2), &(), |_, _| {}).unwrap();
    let estimate = trials.estimate("latency.ttft_ms.p99").unwrap();
    assert_eq!((estimate.n, estimate.mean), (5, moments.mean()));
    assert_eq!((estimate.std, estimate.ci95), (moments.std(), moments.interval(0.95)));
}

#[test]
fn a_figure_counts_the_trials_that_have_it() {
    // A single token has no time per token after the first.
    let mut scenario = scenario(1);
    let tokens = |tokens| tokendrome::workload::LengthsSpec::Uniform { min: 1, max: tokens };
    scenario.workload.output_tokens = Some(tokens(2));
    let simulation = Simulation::new(&scenario).unwrap();
    let trials = run_trials(&simulation, Goal::Trials(40), threads(2), &(), |_, _| {}).unwrap();
    let some = trials.estimate("latency.tpot_ms.mean").unwrap();
    assert!(some.n > 5 && some.n < 35, "{}", some.n);
    assert_eq!(trials.estimate("latency.ttft_ms.mean").unwrap().n, 40);
    let place = |name: &str| trials.estimates.iter().position(|of| of.name == name).unwrap();
    let [first, second, third] =
        ["latency.ttft_ms.max", "latency.tpot_ms.count", "latency.e2e_ms.count"].map(place);
    assert!(first < second && second < third, "the order is the report's");
}

#[test]
fn the_lowest_failure_is_reported_whatever_the_threads() {
    let mut scenario = replaying(scenario(1_000));
    scenario.workload.arrivals =
        Some(tokendrome::workload::ArrivalsSpec::Poisson { rate_per_s: 1.0 });
    let simulation = Simulation::new(&scenario).unwrap();
    for count in [1, 2, 5] {
        let mut done = 0;
        let trace = Trace { broken: 3 };
        let result =
            run_trials(&simulation, Goal::Trials(500), threads(count), &trace, |trials, _| {
                done = trials;
            });
        let error = result.unwrap_err().to_string();
        assert_eq!((error.as_str(), done), ("trial 3: row 3 as trial 3 read it", 3));
    }
}

#[test]
fn trials_of_a_trace_read_it_anew() {
    let mut scenario = replaying(scenario(1_000));
    let never = Trace { broken: u64::MAX };
    let simulation = Simulation::new(&scenario).unwrap();
    let result = run_trials(&simulation, Goal::Trials(2), Threads::ONE, &never, |_, _| {});
    assert!(matches!(result, Err(TrialsError::NothingRandom)), "{result:?}");
    assert!(run_trials(&simulation, Goal::Trials(1), Threads::ONE, &never, |_, _| {}).is_ok());

    scenario.workload.arrivals =
        Some(tokendrome::workload::ArrivalsSpec::Poisson { rate_per_s: 1.0 });
    let simulation = Simulation::new(&scenario).unwrap();
    let trials = run_trials(&simulation, Goal::Trials(3), threads(2), &never, |_, _| {}).unwrap();
    let completed = trials.estimate("requests.completed").unwrap();
    assert_eq!((completed.mean, completed.n, completed.std), (2.0, 3, Some(0.0)));
    assert_eq!(trials.notices, ["read anew"]);
}

#[test]
fn equal_trials_say_so() {
    let mut scenario = scenario(3);
    let fixed = |tokens| Some(tokendrome::workload::LengthsSpec::Fixed { tokens });
    (scenario.workload.input_tokens, scenario.workload.output_tokens) = (fixed(10), fixed(5));
    scenario.workload.arrivals =
        Some(tokendrome::workload::ArrivalsSpec::FixedRate { rate_per_s: 1.0 });
    let simulation = Simulation::new(&scenario).unwrap();
    let trials = run_trials(&simulation, Goal::Trials(3), Threads::ONE, &(), |_, _| {}).unwrap();
    let said = &trials.notices;
    assert!(said.len() == 1 && said[0].starts_with("all trials are the same"), "{said:?}");
}

#[test]
fn stopping_keeps_what_is_done() {
    struct Stop(std::sync::atomic::AtomicBool);
    impl Watch for Stop {
        fn is_stopped(&self) -> bool {
            self.0.load(std::sync::atomic::Ordering::Relaxed)
        }
    }
    let simulation = Simulation::new(&scenario(20)).unwrap();
    for count in [1, 3] {
        let stop = Stop(false.into());
        let trials =
            run_trials(&simulation, Goal::Trials(1_000), threads(count), &stop, |done, _| {
                stop.0.store(done == 4, std::sync::atomic::Ordering::Relaxed);
            });
        let trials = trials.unwrap();
        assert_eq!((trials.trials, trials.is_complete), (4, false));
        let first = run_trials(&simulation, Goal::Trials(4), Threads::ONE, &(), |_, _| {}).unwrap();
        assert_eq!((trials.estimates, trials.digest), (first.estimates, first.digest));
        assert_eq!(trials.notices, ["the trials were interrupted: the figures cover the first 4"]);
    }
}

#[test]
fn trials_are_added_until_the_means_are_precise() {
    let simulation = Simulation::new(&scenario(40)).unwrap();
    let goal = |share, trials_first, trials_max| {
        Goal::Precision(Precision { share, trials_first, trials_max })
    };
    let on = |goal, count| run_trials(&simulation, goal, threads(count), &(), |_, _| {}).unwrap();
    let found = on(goal(0.05, 1, 1_000), 1);
    assert_eq!(found, on(goal(0.05, 1, 1_000), 3));
    let reached = found.precision.as_ref().unwrap();
    assert!(reached.is_reached && found.trials > TRIALS_LEAST, "{found:?}");
    // The shares are those of the estimates, and all are small enough.
    assert_eq!(reached.shares.len(), HEADLINES.len());
    for (name, share) in &reached.shares {
        let estimate = found.estimate(name).unwrap();
        let half = (estimate.ci95.unwrap().high - estimate.ci95.unwrap().low) / 2.0;
        let difference = share.unwrap() - half / estimate.mean;
        assert!(difference.abs() < 1e-12 && share.unwrap() <= 0.05, "{name} {share:?}");
    }
    // Apart from what is said of the precision, these are so many trials.
    let mut plain = on(Goal::Trials(found.trials), 2);
    assert!(found.notices[0].starts_with(&format!("{} trials were enough", found.trials)));
    plain.notices.clone_from(&found.notices);
    plain.precision.clone_from(&found.precision);
    assert_eq!(plain, found);
    let capped = on(goal(1e-6, 1, 12), 2);
    assert_eq!((capped.trials, capped.precision.unwrap().is_reached), (12, false));
    assert_eq!(on(goal(0.5, 17, 1_000), 2).trials, 17);
}
