use std::num::NonZeroUsize;

use tokendrome::steptime::{ConstantSpec, Law, StepTimeSpec};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{SchedulerSpec, SlotsSpec, SweepSetting};

use super::*;
use crate::trials::run_trials;

fn threads(count: usize) -> Threads {
    Threads::new(NonZeroUsize::new(count).unwrap())
}

/// Slots at a rate, for so many trials.
fn scenario(rate_per_s: f64, trials: u32) -> Scenario {
    let step_time = ConstantSpec { step_ms: 10.0, law: Law::Deterministic };
    let mut scenario = Scenario {
        disaggregation: None,
        model: None,
        hardware: None,
        parallelism: tokendrome::ParallelismSpec::default(),
        scheduler: SchedulerSpec::InFlight(SlotsSpec::default()),
        step_time: StepTimeSpec::Constant(step_time),
        workload: tokendrome::WorkloadSpec::default(),
        cluster: tokendrome::ClusterSpec::default(),
        slo: tokendrome::metrics::SloSpec::default(),
        simulation: tokendrome::SimulationSpec::default(),
    };
    scenario.workload.requests = Some(30);
    scenario.workload.arrivals = Some(ArrivalsSpec::Poisson { rate_per_s });
    scenario.workload.input_tokens = Some(LengthsSpec::Fixed { tokens: 5 });
    scenario.workload.output_tokens = Some(LengthsSpec::Fixed { tokens: 5 });
    scenario.simulation.trials = trials;
    scenario
}

/// A point for each rate; the second has more trials, and the third more requests.
fn sweep(rates: &[f64]) -> Sweep {
    let settings =
        rates.iter().map(|rate| SweepSetting { label: rate.to_string(), value: (*rate).into() });
    let point = |(at, &rate): (usize, &f64)| {
        let mut scenario = scenario(rate, if at == 1 { 9 } else { 4 });
        if at == 2 {
            scenario.workload.requests = Some(60);
        }
        SweepPoint { settings: vec![at], simulation: Simulation::new(&scenario).unwrap() }
    };
    Sweep {
        base: scenario(1.0, 4).resolve().unwrap().0,
        parameters: vec![SweepParameter {
            field: "workload.arrivals.rate_per_s".to_owned(),
            settings: settings.collect(),
        }],
        points: rates.iter().enumerate().map(point).collect(),
    }
}

fn run(sweep: &Sweep, known: Vec<Option<Trials>>, count: usize) -> (Swept, Vec<usize>) {
    let mut order = Vec::new();
    let finished = |point, _: &Trials| {
        order.push(point);
        ControlFlow::Continue(())
    };
    let swept = run_sweep(sweep, known, threads(count), &(), finished, |_| {}).unwrap();
    (swept, order)
}

#[test]
fn points_are_as_trials_have_them_whatever_the_threads() {
    let sweep = sweep(&[1.0, 20.0, 5.0, 80.0]);
    let (alone, order) = run(&sweep, vec![None; 4], 1);
    assert_eq!(order, [2, 0, 1, 3], "most requests first, else in order");
    for (point, swept) in sweep.points.iter().zip(&alone.points) {
        let trials = point.trials();
        let expect =
            run_trials(&point.simulation, Goal::Trials(trials), Threads::ONE, &(), |_, _| {})
                .unwrap();
        assert_eq!(swept.as_ref(), Some(&expect));
    }
    assert!(alone.is_complete());
    for count in [2, 4] {
        assert_eq!(run(&sweep, vec![None; 4], count), (alone.clone(), order.clone()), "{count}");
    }
}

#[test]
fn known_points_are_not_run_again() {
    let sweep = sweep(&[1.0, 20.0, 5.0, 80.0]);
    let (all, _) = run(&sweep, vec![None; 4], 1);
    for kept in 0..16_u32 {
        let is_kept = |point: usize| kept & (1 << point) != 0;
        let known = (0..4).map(|point| all.points[point].clone().filter(|_| is_kept(point)));
        let (again, order) = run(&sweep, known.collect(), 2);
        assert_eq!(again, all, "{kept:b}");
        assert!(
            order.iter().all(|&point| !is_kept(point))
                && order.len() == 4 - kept.count_ones() as usize
        );
    }
}

#[test]
fn points_see_the_same_requests() {
    // The second point serves faster, and takes what comes from the same draws of lengths.
    let mut sweep = sweep(&[2.0, 2.0]);
    let scenarios = [10.0, 1.0].map(|step_ms| {
        let mut scenario = scenario(2.0, 9);
        let step_time = ConstantSpec { step_ms, law: Law::Deterministic };
        scenario.step_time = StepTimeSpec::Constant(step_time);
        let lengths = LengthsSpec::Uniform { min: 1, max: 900 };
        scenario.workload.output_tokens = Some(lengths);
        scenario
    });
    for (point, scenario) in sweep.points.iter_mut().zip(&scenarios) {
        point.simulation = Simulation::new(scenario).unwrap();
    }
    let (swept, _) = run(&sweep, vec![None; 2], 2);
    let [first, second] = &swept.points[..] else { panic!("two points") };
    let of = |trials: &Option<Trials>, name: &str| trials.as_ref()?.estimate(name).cloned();
    assert_eq!(of(first, "output_tokens.mean"), of(second, "output_tokens.mean"));
    assert!(of(first, "output_tokens.mean").unwrap().std.unwrap() > 0.0, "trials differ");
    assert_ne!(of(first, "latency.e2e_ms.mean"), of(second, "latency.e2e_ms.mean"));
}

#[test]
fn a_stop_keeps_what_is_finished() {
    let sweep = sweep(&[1.0, 20.0, 5.0, 80.0]);
    let finished = |_: usize, _: &Trials| ControlFlow::Break(());
    let swept = run_sweep(&sweep, vec![None; 4], threads(2), &(), finished, |_| {}).unwrap();
    assert_eq!(swept.finished(), 1);
    assert!(swept.points[2].is_some() && !swept.is_complete());
    let last = swept.notices.last().unwrap();
    assert!(last.contains("the figures are those of 1 of 4 points"), "{last}");
}

#[test]
fn the_first_failure_names_its_point() {
    let mut sweep = sweep(&[1.0, 20.0, 5.0]);
    let mut empty = scenario(1.0, 3);
    empty.simulation.max_time_s = Some(1e-9);
    sweep.points[1].simulation = Simulation::new(&empty).unwrap();
    for count in [1, 3] {
        let failed = run_sweep(
            &sweep,
            vec![None; 3],
            threads(count),
            &(),
            |_, _| ControlFlow::Continue(()),
            |_| {},
        );
        let told = failed.unwrap_err().to_string();
        let expect = "point 2 of 3 (workload.arrivals.rate_per_s = 20), trial 0: the workload is";
        assert!(told.starts_with(expect), "{told}");
    }
}

/// Points that differ in their duration alone share runs; each has the figures of its own trials.
#[test]
fn windows_are_run_together_and_come_out_as_by_themselves() {
    let durations_s = [3.0, 1.5, 6.0, 0.7];
    let mut windows = sweep(&[2.0; 5]);
    for (place, point) in windows.points.iter_mut().enumerate() {
        let mut scenario = scenario(9.0, 6);
        scenario.workload.requests = None;
        // The last has a horizon, so that it is run by itself.
        scenario.workload.duration_s = Some(*durations_s.get(place).unwrap_or(&2.0));
        scenario.simulation.max_time_s = (place == 4).then_some(1.9);
        point.simulation = Simulation::new(&scenario).unwrap();
    }
    let none = || vec![None; 5];
    let (swept, order) = run(&windows, none(), 1);
    assert_eq!(order, [3, 1, 0, 2, 4]);
    assert_eq!(run(&windows, none(), 4).0, swept);
    for (point, found) in windows.points.iter().zip(&swept.points) {
        let alone =
            run_trials(&point.simulation, Goal::Trials(6), Threads::ONE, &(), |_, _| ()).unwrap();
        assert_eq!(found.as_ref(), Some(&alone));
    }
    // With some known from an earlier time the others come out the same.
    let mut known = swept.points.clone();
    (known[0], known[2]) = (None, None);
    assert_eq!(run(&windows, known, 2).0, swept);
}

#[test]
fn a_window_that_fails_is_named() {
    let mut windows = sweep(&[2.0, 2.0]);
    for (point, duration_s) in windows.points.iter_mut().zip([40.0, 1e-9]) {
        let mut scenario = scenario(9.0, 2);
        (scenario.workload.requests, scenario.workload.duration_s) = (None, Some(duration_s));
        point.simulation = Simulation::new(&scenario).unwrap();
    }
    let error = run_sweep(
        &windows,
        vec![None; 2],
        Threads::ONE,
        &(),
        |_, _| ControlFlow::Continue(()),
        |_| (),
    );
    let error = error.unwrap_err().to_string();
    assert!(error.contains("point 2 of 2") && error.contains("empty"), "{error}");
}
