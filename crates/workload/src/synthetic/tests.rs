mod drive;
mod sessions;
mod sharing;

use super::*;
use crate::LengthsSpec;

fn spec(arrivals: ArrivalsSpec) -> SyntheticSpec {
    SyntheticSpec {
        arrivals,
        input_tokens: LengthsSpec::Uniform { min: 1, max: 100 },
        output_tokens: LengthsSpec::Uniform { min: 1, max: 50 },
        max_tokens: None,
        requests: Some(1_000),
        duration_s: None,
        classes: Vec::new(),
        sessions: None,
        prefixes: None,
    }
}

fn all(spec: &SyntheticSpec, seed: u64) -> Vec<Request> {
    spec.validate().unwrap();
    let mut source = Synthetic::new(spec.clone(), &Streams::new(seed, 0)).unwrap();
    std::iter::from_fn(|| source.next_request().unwrap()).collect()
}

#[test]
fn requests_are_numbered_and_in_order() {
    let requests = all(&spec(ArrivalsSpec::Poisson { rate_per_s: 10.0 }), 1);
    assert_eq!(requests.len(), 1_000);
    assert!(requests.iter().enumerate().all(|(i, r)| r.index as usize == i));
    assert!(requests.windows(2).all(|w| w[0].arrival <= w[1].arrival));
}

#[test]
fn one_change_leaves_the_other_draws_alone() {
    let poisson = all(&spec(ArrivalsSpec::Poisson { rate_per_s: 10.0 }), 1);
    let fixed = all(&spec(ArrivalsSpec::FixedRate { rate_per_s: 3.0 }), 1);
    let lengths = |requests: &[Request]| -> Vec<(u32, u32)> {
        requests.iter().map(|r| (r.prompt_tokens, r.output_tokens)).collect()
    };
    assert_eq!(lengths(&poisson), lengths(&fixed));
    assert_ne!(lengths(&poisson), lengths(&all(&spec(poisson_arrivals()), 2)));
}

fn poisson_arrivals() -> ArrivalsSpec {
    ArrivalsSpec::Poisson { rate_per_s: 10.0 }
}

#[test]
fn a_duration_ends_the_arrivals() {
    let spec = SyntheticSpec {
        requests: None,
        duration_s: Some(50.0),
        ..spec(ArrivalsSpec::FixedRate { rate_per_s: 2.0 })
    };
    let requests = all(&spec, 1);
    assert_eq!(requests.len(), 100);
    assert_eq!(requests[99].arrival, SimTime::from_nanos(50_000_000_000));
}

#[test]
fn classes_are_drawn_by_share_and_carry_their_priority() {
    let class = |name: &str, share, priority| ClassMix { name: name.to_owned(), share, priority };
    let spec = SyntheticSpec {
        requests: Some(20_000),
        classes: vec![class("batch", 1.0, 5), class("chat", 3.0, -1)],
        ..spec(poisson_arrivals())
    };
    let requests = all(&spec, 1);
    let chat = requests.iter().filter(|r| r.class == ClassId(1)).count();
    assert!(chat.abs_diff(15_000) < 320, "{chat}");
    assert!(requests.iter().all(|r| (r.priority == -1) == (r.class == ClassId(1))));
}

#[test]
fn closed_loop_users_wait_for_their_answer() {
    let arrivals = ArrivalsSpec::ClosedLoop { users: 3, think_s: 2.0, random_think: false };
    let spec = SyntheticSpec { requests: Some(5), ..spec(arrivals) };
    let mut source = Synthetic::new(spec, &Streams::new(1, 0)).unwrap();
    for user in 0..3 {
        let request = source.next_request().unwrap().unwrap();
        assert_eq!((request.arrival, request.user), (SimTime::ZERO, Some(user)));
    }
    assert_eq!(source.next_request().unwrap(), None);
    let at = |s: u64| SimTime::from_nanos(s * 1_000_000_000);
    let next = source.ended(1, at(7), true).unwrap().unwrap();
    assert_eq!((next.index, next.arrival, next.user), (3, at(9), Some(1)));
    assert!(source.ended(0, at(8), true).unwrap().is_some());
    assert_eq!(source.ended(2, at(9), true).unwrap(), None, "all five requests exist");
}

#[test]
fn users_who_are_answered_before_all_have_started_do_not_crowd_others_out() {
    let arrivals = ArrivalsSpec::ClosedLoop { users: 3, think_s: 0.0, random_think: false };
    let mut source = Synthetic::new(spec(arrivals), &Streams::new(1, 0)).unwrap();
    let mut users = Vec::new();
    while let Some(request) = source.next_request().unwrap() {
        users.push(request.user.unwrap());
        // Refused at once: the user asks again.
        let next = source.ended(request.user.unwrap(), SimTime::ZERO, false).unwrap().unwrap();
        assert_eq!(next.user, request.user);
    }
    assert_eq!(users, [0, 1, 2]);
}

#[test]
fn a_workload_without_an_end_is_refused() {
    let endless = SyntheticSpec { requests: None, ..spec(poisson_arrivals()) };
    assert!(endless.validate().unwrap_err().to_string().contains("never ends"));
    let still = SyntheticSpec {
        requests: None,
        duration_s: Some(1.0),
        ..spec(ArrivalsSpec::Batched { size: 4, interval_s: 0.0 })
    };
    assert!(still.validate().unwrap_err().to_string().contains("interval"));
}
