use tokendrome::catalog::Catalog;
use tokendrome::metrics::SeriesPoint;
use tokendrome::steptime::{AffineSpec, Law, StepTimeSpec};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{Scenario, SchedulerSpec, Simulation, VllmSpec, WorkloadSpec};

use super::*;

/// A server of 10 ms, exponential, with this load, cut at `max_time_s`.
fn server(rho: f64, max_time_s: f64) -> Scenario {
    let step_time = AffineSpec::new(10.0, 0.0, Law::Exponential);
    let mut scenario = Scenario {
        disaggregation: None,
        model: Some(Catalog::model("llama-3.1-8b").unwrap()),
        hardware: Some(Catalog::accelerator("h100-sxm").unwrap()),
        parallelism: tokendrome::ParallelismSpec::default(),
        scheduler: SchedulerSpec::Vllm(VllmSpec {
            max_num_seqs: Some(1),
            async_scheduling: Some(false),
            ..VllmSpec::default()
        }),
        step_time: StepTimeSpec::Affine(step_time),
        workload: WorkloadSpec {
            duration_s: Some(max_time_s),
            arrivals: Some(ArrivalsSpec::Poisson { rate_per_s: rho * 100.0 }),
            input_tokens: Some(LengthsSpec::Fixed { tokens: 1 }),
            output_tokens: Some(LengthsSpec::Fixed { tokens: 1 }),
            ..WorkloadSpec::default()
        },
        cluster: tokendrome::ClusterSpec::default(),
        slo: tokendrome::metrics::SloSpec::default(),
        simulation: tokendrome::SimulationSpec::default(),
    };
    scenario.simulation.max_time_s = Some(max_time_s);
    scenario
}

/// How many of 200 draws are said to grow.
fn growing(scenario: &Scenario) -> usize {
    let simulation = Simulation::new(scenario).unwrap();
    let grows = |trial: &u64| {
        let report = simulation.run(*trial, None, &mut []).unwrap().report;
        growth(&report.series, report.summary.duration_s).unwrap().is_growing
    };
    (0..200).filter(grows).count()
}

#[test]
fn a_server_with_time_to_spare_has_a_stable_queue() {
    for (rho, max_time_s) in [(0.5, 10.0), (0.8, 60.0)] {
        let found = growing(&server(rho, max_time_s));
        assert!(found <= 4, "load {rho}: {found} of 200 grow");
    }
}

#[test]
fn a_server_that_is_asked_too_much_has_a_growing_queue() {
    assert_eq!(growing(&server(1.2, 20.0)), 200);
}

#[test]
fn a_closed_loop_has_a_stable_queue() {
    let mut scenario = server(1.0, 10.0);
    scenario.workload.arrivals =
        Some(ArrivalsSpec::ClosedLoop { users: 20, think_s: 0.05, random_think: true });
    let found = growing(&scenario);
    assert!(found <= 4, "{found} of 200 grow");
}

fn series(waiting: impl IntoIterator<Item = f64>, arrivals: usize) -> TimeSeries {
    let point = |(at, waiting): (usize, f64)| SeriesPoint {
        start_s: at as f64,
        arrivals_per_s: if at < arrivals { 1.0 } else { 0.0 },
        completions_per_s: 0.0,
        prompt_tokens_per_s: 0.0,
        output_tokens_per_s: 0.0,
        waiting,
        running: 0.0,
        kv_blocks: 0.0,
    };
    TimeSeries { bucket_s: 1.0, points: waiting.into_iter().enumerate().map(point).collect() }
}

#[test]
fn blocks_cover_the_time_of_arrivals_but_for_its_beginning() {
    // 200 s of arrivals: blocks of 18 s from 20 s on. Then the queue drains.
    let up = || (0..220).map(|at| if at < 200 { f64::from(at) } else { 0.0 });
    assert_eq!(growth(&series(up(), 190), 220.0), None, "nothing comes in the last tenth");
    let found = growth(&series(up(), 200), 220.0).unwrap();
    assert_eq!((found.until_s, found.is_growing), (200.0, true));
    assert!((found.waiting[0] - 28.5).abs() < 1e-9 && (found.waiting[9] - 190.5).abs() < 1e-9);
    // The order is one of 10!.
    assert!((found.p - 1.0 / 3_628_800.0).abs() < 1e-12);
}

#[test]
fn a_small_rise_is_none() {
    let slow = |most: f64| growth(&series((0..100).map(|at| most * f64::from(at)), 100), 100.0);
    // From 0.145 to 0.945 requests, and from 1.45 to 9.45.
    assert!(!slow(0.01).unwrap().is_growing && slow(0.1).unwrap().is_growing);
    let high = series((0..100).map(|at| 1_000.0 + f64::from(at)), 100);
    let found = growth(&high, 100.0).unwrap();
    assert!(found.p < 1e-6 && !found.is_growing, "8 % in all: {found:?}");
}

#[test]
fn chances_are_those_of_the_table() {
    // Kendall's table for 10: P(S >= 19) = 0.054, P(S >= 21) = 0.036, P(S >= 27) = 0.0083.
    let orders = orders_by_falls();
    let all: f64 = orders.iter().sum();
    assert_eq!(all, 3_628_800.0);
    for (s, expect) in [(19, 0.054), (21, 0.036), (27, 0.0083), (45, 2.8e-7)] {
        let chance = orders[..=(45 - s) / 2].iter().sum::<f64>() / all;
        assert!((chance - expect).abs() < 0.02 * expect, "{s}: {chance}");
    }
    assert!(chance_of_trend(&[3.0; BLOCKS]) >= 0.5);
    let mut down = [0.0; BLOCKS];
    (0u32..).zip(&mut down).for_each(|(at, value)| *value = -f64::from(at));
    assert_eq!(chance_of_trend(&down), 1.0);
}

#[test]
fn nothing_is_said_of_nothing() {
    assert_eq!(growth(&series([], 0), 0.0), None);
    assert_eq!(growth(&series([1.0, 2.0], 0), 2.0), None);
}
