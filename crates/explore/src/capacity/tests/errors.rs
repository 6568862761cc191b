//! Scenarios without a rate, without a boundary, and with mistakes.

use tokendrome::workload::{Rows, TraceRow};
use tokendrome::{TraceFormat, TraceSpec};

use super::*;
use crate::jobs::{Input, Job};

fn refused(scenario: &Scenario, method: &Method) -> String {
    let simulation = Simulation::new(scenario).unwrap();
    let error = capacity(&simulation, method, Threads::ONE, &(), &|_| {}).unwrap_err();
    error.to_string()
}

fn arriving(arrivals: ArrivalsSpec) -> Scenario {
    let mut scenario = server(Law::Exponential);
    scenario.workload.arrivals = Some(arrivals);
    scenario.workload.requests = Some(100);
    scenario
}

#[test]
fn without_a_rate_there_is_none_to_look_for() {
    let closed = ArrivalsSpec::ClosedLoop { users: 3, think_s: 0.0, random_think: false };
    for (arrivals, expect) in [
        (closed, "the scenario is a closed loop: its requests wait for answers, at no rate"),
        (
            ArrivalsSpec::Batched { size: 9, interval_s: 0.0 },
            "the scenario lets everything arrive at the start",
        ),
        (
            ArrivalsSpec::Ramp { from_per_s: 1.0, to_per_s: 2.0, over_s: 9.0 },
            "the scenario has arrivals at a rate that changes, not at one",
        ),
    ] {
        let text = refused(&arriving(arrivals), &Method::Drift(SEARCH));
        assert!(text.starts_with(expect), "{text}");
    }
}

#[test]
fn batches_of_arrivals_have_a_rate() {
    // Two at once every second: half a batch a request.
    let mut scenario = arriving(ArrivalsSpec::Batched { size: 2, interval_s: 1.0 });
    scenario.workload.requests = None;
    scenario.workload.duration_s = Some(10.0);
    check(&scenario, 100.0);
}

#[test]
fn unknown_figures_are_refused() {
    let conditions = vec![Condition::read("ttft_ms.p98<=50").unwrap()];
    let text = refused(&server(Law::Exponential), &Method::Objectives(SEARCH, conditions));
    assert_eq!(text, "no run has a figure `latency.ttft_ms.p98`");
}

#[test]
fn what_holds_nowhere_or_everywhere() {
    let conditions = |text: &str| vec![Condition::read(text).unwrap()];
    let quick = Search { precision: 0.05, ..SEARCH };
    let scenario = server(Law::Exponential);
    let never = found(&scenario, &Method::Objectives(quick, conditions("e2e_ms.p50<=1")), 2);
    assert_eq!((never.rate_per_s, never.basis), (None, Basis::Nothing));
    assert!(never.notices[0].starts_with("the conditions hold at no rate"), "{never:?}");
    let within = Search { to_per_s: Some(20.0), ..quick };
    let always = found(&scenario, &Method::Objectives(within, conditions("e2e_ms.p50<=50")), 2);
    assert_eq!((always.rate_per_s, always.basis), (Some(20.0), Basis::AtLeast));
    let always = found(&scenario, &Method::Drift(within), 2);
    assert_eq!(
        (always.rate_per_s, always.interval, always.basis),
        (Some(20.0), None, Basis::AtLeast)
    );
}

/// A thousand rows, ten a second.
struct Trace;

impl Watch for Trace {
    fn input(&self, _: &Job<'_>) -> Result<Option<Input>, SourceError> {
        let row = |index: u32| {
            Ok(TraceRow {
                index,
                arrival_ns: u64::from(index) * 100_000_000,
                input_tokens: 1,
                output_tokens: 1,
                ..TraceRow::default()
            })
        };
        let rows: Rows = Box::new((0..1_000).map(row));
        Ok(Some(Input { rows, notices: Box::new(Vec::new) }))
    }
}

#[test]
fn traces_are_replayed_faster() {
    let mut scenario = server(Law::Deterministic);
    scenario.workload = WorkloadSpec {
        trace: Some(TraceSpec {
            path: "trace.jsonl".to_owned(),
            format: TraceFormat::Jsonl,
            speedup: 1.0,
            start_s: 0.0,
            block_size: None,
        }),
        ..WorkloadSpec::default()
    };
    let simulation = Simulation::new(&scenario).unwrap();
    let search = |method| capacity(&simulation, &method, threads(2), &Trace, &|_| {});
    let found = search(Method::Drift(SEARCH)).unwrap();
    let (rate, speedup) = (found.rate_per_s.unwrap(), found.speedup.unwrap());
    // A thousand rows in 99.9 seconds, and a server that takes 100 a second.
    assert!((rate - 100.0).abs() < 2.0, "{found:#?}");
    assert!((speedup * 1_000.0 / 99.9 / rate - 1.0).abs() < 1e-12);
    assert!(found.notices.iter().any(|text| text.starts_with("nothing is left to chance")));
    let grid = Grid {
        from_per_s: 1.0,
        to_per_s: 2.0,
        step_per_s: 1.0,
        window_s: 10.0,
        points: 10,
        trials: 1,
    };
    let text = search(Method::MannKendall(grid)).unwrap_err().to_string();
    assert!(text.starts_with("the scenario replays a trace at its own times"), "{text}");
}
