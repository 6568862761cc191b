//! Asynchronous scheduling, worked out by hand: iterations of `5 ms + 20 us` a token.

use tokendrome::Scenario;
use tokendrome::units::SimDuration;

use crate::scenarios::{by_hand, default, run, with_vllm};

fn asynchronous(scenario: Scenario) -> Scenario {
    with_vllm(scenario, |spec| spec.async_scheduling = None)
}

fn ms(time: Option<SimDuration>) -> f64 {
    time.unwrap().as_millis_f64()
}

#[test]
fn it_is_the_default_and_not_modelled_with_stages() {
    let (resolved, _) = default().resolve().unwrap();
    assert_eq!(resolved.scheduler.vllm().unwrap().async_scheduling, Some(true));
    let mut staged = default();
    staged.parallelism.pipeline_parallel_size = 2;
    let (resolved, _) = staged.clone().resolve().unwrap();
    assert_eq!(resolved.scheduler.vllm().unwrap().async_scheduling, Some(false));
    let forced = with_vllm(staged, |spec| spec.async_scheduling = Some(true));
    assert!(forced.resolve().unwrap_err().to_string().contains("pipeline stages"));
}

#[test]
fn one_request_takes_no_longer_than_its_iterations() {
    // 40 tokens: 5.80 ms, and a decode of 5.02 ms. Then two empty turns, each with its rest of
    // 1 ms, which nobody waits for.
    let (output, rows) = run(&asynchronous(by_hand(1, 40, 2, 1.0))).unwrap();
    assert_eq!((ms(rows[0].ttft()), ms(rows[0].e2e())), (5.8, 10.82));
    assert_eq!(output.report.summary.iterations.count, 2);
    assert_eq!(output.report.summary.iterations.time_mean_ms, (5.8 + 5.02) / 2.0);
}

#[test]
fn a_request_that_arrives_during_an_iteration_joins_the_one_after_the_next() {
    // The second arrives 6 ms after the first, whose prefill takes 7 ms. The decode that follows is
    // planned already: 7 to 12.02 ms. Its own prompt is computed together with the next decode.
    let (_, rows) = run(&asynchronous(by_hand(2, 100, 4, 1_000.0 / 6.0))).unwrap();
    assert_eq!(ms(rows[1].queue_time()), 1.0);
    assert_eq!(ms(rows[1].ttft()), (12.02 - 6.0) + 5.0 + 0.02 * 101.0);
}

#[test]
fn the_host_is_hidden_behind_the_accelerator() {
    let scenario = |asynchronous: bool| {
        let mut scenario = by_hand(8, 256, 200, 1e6);
        scenario.step_time = default().step_time;
        with_vllm(scenario, |spec| spec.async_scheduling = Some(asynchronous))
    };
    let host_s = 1e-3;
    let tpot = |asynchronous: bool| {
        let (output, _) = run(&scenario(asynchronous)).unwrap();
        output.report.summary.latency.tpot_ms.unwrap().p50 / 1e3
    };
    let saved = tpot(false) - tpot(true);
    assert!((saved / host_s - 1.0).abs() < 0.05, "{saved} s saved of {host_s}");
}

#[test]
fn an_end_that_was_not_foreseen_costs_a_token() {
    // 3 tokens of at most 10: a fourth is being computed when the third turns out to be the last.
    let foreseen = asynchronous(by_hand(1, 100, 3, 1.0));
    let mut unforeseen = foreseen.clone();
    unforeseen.workload.max_tokens = Some(10);
    let computed = |scenario: &Scenario| {
        let (output, rows) = run(scenario).unwrap();
        assert_eq!((rows[0].output_tokens, ms(rows[0].e2e())), (3, 7.0 + 2.0 * 5.02));
        output.report.summary.replicas[0].computed_tokens
    };
    assert_eq!((computed(&foreseen), computed(&unforeseen)), (102, 103));
}
