//! The way between clients and the router.

use tokendrome::metrics::{Observer, RequestRecord};
use tokendrome::workload::ArrivalsSpec;
use tokendrome::{ClusterSpec, DelaysSpec, Output, Scenario, simulate};

use crate::scenarios::by_hand;

/// Keeps what clients see.
#[derive(Default)]
struct Kept(Vec<RequestRecord>);

impl Observer for Kept {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn request(&mut self, record: &RequestRecord) {
        self.0.push(record.clone());
    }
}

/// The run without the checks of the engines' clock, which clients do not share.
fn run(scenario: &Scenario) -> (Output, Vec<RequestRecord>) {
    let mut kept = Kept::default();
    let output = simulate(scenario, None, &mut [&mut kept]).unwrap();
    kept.0.sort_by_key(|record| record.index);
    (output, kept.0)
}

fn delayed(scenario: Scenario, request_ms: f64, response_ms: f64) -> Scenario {
    let delays = DelaysSpec { request_ms, response_ms };
    Scenario { cluster: ClusterSpec { delays, ..ClusterSpec::default() }, ..scenario }
}

#[test]
fn clients_send_earlier_and_hear_later() {
    let (plain, before) = run(&by_hand(40, 100, 30, 20.0));
    let (late, after) = run(&delayed(by_hand(40, 100, 30, 20.0), 4.0, 2.5));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(after.arrival, before.arrival, "sent as in the plain run");
        let more = |of: Option<tokendrome::units::SimDuration>| of.unwrap().as_millis_f64();
        assert!((more(after.ttft()) - more(before.ttft()) - 6.5).abs() < 1e-6);
        assert!((more(after.e2e()) - more(before.e2e()) - 6.5).abs() < 1e-6);
        assert!((more(after.queue_time()) - more(before.queue_time()) - 4.0).abs() < 1e-6);
        assert_eq!(after.tpot_ns(), before.tpot_ns());
    }
    let summaries = (&plain.report.summary, &late.report.summary);
    assert_eq!(summaries.0.iterations.count, summaries.1.iterations.count);
    let mean = |of: &tokendrome::Summary| of.latency.ttft_ms.as_ref().unwrap().mean;
    assert!((mean(summaries.1) - mean(summaries.0) - 6.5).abs() < 1e-6);
}

#[test]
fn users_of_a_closed_loop_send_again_when_they_hear() {
    let mut scenario = by_hand(5, 100, 3, 2.0);
    scenario.workload.arrivals =
        Some(ArrivalsSpec::ClosedLoop { users: 1, think_s: 0.0, random_think: false });
    let (_, plain) = run(&scenario);
    let (_, late) = run(&delayed(scenario, 4.0, 2.5));
    let between = |rows: &[RequestRecord]| (rows[1].arrival - rows[0].arrival).as_millis_f64();
    assert!((between(&late) - between(&plain) - 6.5).abs() < 1e-6);
}

#[test]
fn delays_are_times() {
    let error = delayed(by_hand(5, 100, 3, 2.0), -1.0, 0.0).resolve().unwrap_err();
    assert_eq!(error.path, "cluster.delays.request_ms");
}
