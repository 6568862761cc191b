//! Sessions through the whole engine.

use tokendrome::metrics::{RequestRecord, Status};
use tokendrome::workload::{
    ArrivalsSpec, LengthsSpec, PopularitySpec, PrefixesSpec, SessionsSpec, TurnsSpec,
};
use tokendrome::{Scenario, WorkloadSpec};

use crate::scenarios::{by_hand, default, run, with_vllm};

fn with_sessions(mut scenario: Scenario, turns: u32, think_s: f64) -> Scenario {
    scenario.workload.sessions = Some(SessionsSpec {
        turns: TurnsSpec::Fixed { turns },
        think_s,
        random_think: false,
        new_tokens: Some(LengthsSpec::Fixed { tokens: 20 }),
    });
    scenario
}

fn users(mut scenario: Scenario, users: u32) -> Scenario {
    let arrivals = ArrivalsSpec::ClosedLoop { users, think_s: 1.0, random_think: false };
    scenario.workload.arrivals = Some(arrivals);
    scenario
}

#[test]
fn a_turn_waits_for_the_one_before_and_for_its_user() {
    let scenario = users(with_sessions(by_hand(4, 100, 3, 1.0), 3, 0.5), 1);
    let (_, rows) = run(&scenario).unwrap();
    let prompts: Vec<_> = rows.iter().map(|row| row.prompt_tokens).collect();
    assert_eq!(prompts, [100, 123, 146, 100]);
    let pause = |turn: usize| (rows[turn].arrival - rows[turn - 1].end.unwrap()).as_nanos();
    assert_eq!([pause(1), pause(2), pause(3)], [500_000_000, 500_000_000, 1_000_000_000]);
}

#[test]
fn sessions_that_outgrow_the_context_end_there() {
    let scenario = with_sessions(by_hand(60, 100, 3, 2.0), 5, 0.1);
    // Turns of 100, 123 and 146 tokens, the last of which does not fit.
    let scenario = with_vllm(scenario, |spec| spec.max_model_len = Some(140));
    let (output, rows) = run(&scenario).unwrap();
    let is_refused = |row: &&RequestRecord| matches!(row.status, Status::Rejected(_));
    let refused: Vec<_> = rows.iter().filter(is_refused).collect();
    assert!(refused.len() >= 19, "{}", refused.len());
    assert!(refused.iter().all(|row| row.prompt_tokens == 146));
    assert!(rows.iter().all(|row| row.prompt_tokens <= 146));
    let notice = format!("{} sessions ended before their last turn", refused.len());
    assert!(output.report.notices.iter().any(|told| told.starts_with(&notice)), "{notice}");

    // The user of a closed loop goes on with another session.
    let (output, rows) = run(&users(scenario, 2)).unwrap();
    assert_eq!(output.report.summary.requests.total, 60);
    assert!(rows.iter().filter(is_refused).count() >= 18);
}

#[test]
fn open_sessions_and_prefixes_reach_the_engine() {
    let mut scenario = default();
    scenario.workload = WorkloadSpec {
        requests: Some(400),
        arrivals: Some(ArrivalsSpec::Poisson { rate_per_s: 5.0 }),
        input_tokens: Some(LengthsSpec::Fixed { tokens: 100 }),
        output_tokens: Some(LengthsSpec::Fixed { tokens: 5 }),
        prefixes: Some(PrefixesSpec {
            groups: 3,
            tokens: LengthsSpec::Fixed { tokens: 1_000 },
            popularity: PopularitySpec::Zipf { exponent: 1.0 },
            share: 0.5,
        }),
        ..WorkloadSpec::default()
    };
    let scenario = with_sessions(scenario, 4, 0.2);
    let (output, rows) = run(&scenario).unwrap();
    assert_eq!(output.report.summary.requests.completed, 400);
    let turn = |row: &RequestRecord| (row.prompt_tokens % 1_000 - 100) / 25;
    assert!(rows.iter().all(|row| turn(row) < 4 && (row.prompt_tokens % 1_000) % 25 == 0));
    // Half of the sessions have a prefix.
    let starts: Vec<_> = rows.iter().filter(|row| turn(row) == 0).collect();
    let with_prefix = starts.iter().filter(|row| row.prompt_tokens > 1_000).count();
    assert!(starts.len() >= 100, "{}", starts.len());
    assert!(with_prefix.abs_diff(starts.len() / 2) < 30, "{with_prefix} of {}", starts.len());
}
