use std::collections::BTreeMap;

use tokendrome_units::SimTime;

use super::drive::{Served, drive};
use super::*;
use crate::{LengthsSpec, PrefixesSpec, SessionsSpec, TurnsSpec};

fn fixed(tokens: u32) -> LengthsSpec {
    LengthsSpec::Fixed { tokens }
}

/// Conversations of three turns.
fn chat(arrivals: ArrivalsSpec) -> SyntheticSpec {
    SyntheticSpec {
        sessions: Some(SessionsSpec {
            turns: TurnsSpec::Fixed { turns: 3 },
            think_s: 2.0,
            random_think: false,
            new_tokens: None,
        }),
        ..spec(arrivals)
    }
}

fn random_chat(arrivals: ArrivalsSpec) -> SyntheticSpec {
    let sessions = SessionsSpec {
        turns: TurnsSpec::Uniform { min: 1, max: 6 },
        think_s: 1.0,
        random_think: true,
        new_tokens: Some(LengthsSpec::Geometric { p: 0.1, max: None }),
    };
    let class = |name: &str| ClassMix { name: name.to_owned(), share: 1.0, priority: 0 };
    SyntheticSpec {
        sessions: Some(sessions),
        classes: vec![class("a"), class("b")],
        requests: Some(2_000),
        ..spec(arrivals)
    }
}

fn source(spec: &SyntheticSpec) -> Synthetic {
    spec.validate().unwrap();
    Synthetic::new(spec.clone(), &Streams::new(1, 0)).unwrap()
}

const SECOND: u64 = 1_000_000_000;

fn one_after_another(rate_per_s: f64) -> ArrivalsSpec {
    ArrivalsSpec::FixedRate { rate_per_s }
}

fn users(users: u32) -> ArrivalsSpec {
    ArrivalsSpec::ClosedLoop { users, think_s: 10.0, random_think: false }
}

/// The requests of each session, by the id of its run.
fn by_session(served: &[Served]) -> BTreeMap<u64, Vec<&Served>> {
    let mut sessions: BTreeMap<u64, Vec<&Served>> = BTreeMap::new();
    for served in served {
        sessions.entry(served.request.content.last().unwrap().id).or_default().push(served);
    }
    sessions
}

#[test]
fn a_turn_repeats_all_before_it() {
    let mut spec = SyntheticSpec {
        input_tokens: fixed(100),
        output_tokens: fixed(10),
        max_tokens: Some(8),
        requests: Some(3),
        prefixes: Some(PrefixesSpec {
            groups: 1,
            tokens: fixed(50),
            popularity: crate::PopularitySpec::default(),
            share: 1.0,
        }),
        ..chat(users(1))
    };
    spec.sessions.as_mut().unwrap().new_tokens = Some(fixed(7));
    let served = drive(&mut source(&spec), |_| (SECOND, true));
    let seen: Vec<_> = served
        .iter()
        .map(|served| {
            let request = &served.request;
            let runs: Vec<_> = request.content.iter().map(|run| (run.id, run.end)).collect();
            (request.arrival.as_nanos() / SECOND, request.prompt_tokens, runs)
        })
        .collect();
    let group = 1 << 32;
    // Each turn takes a second, and its user thinks for two.
    assert_eq!(
        seen,
        [
            (0, 150, vec![(group, 50), (0, 158)]),
            (3, 165, vec![(group, 50), (0, 173)]),
            (6, 180, vec![(group, 50), (0, 188)]),
        ]
    );
    assert!(served.iter().all(|s| (s.request.output_tokens, s.request.max_tokens) == (10, 8)));
}

#[test]
fn new_tokens_are_as_the_input_if_nothing_else_is_said() {
    let spec = SyntheticSpec {
        input_tokens: fixed(100),
        output_tokens: fixed(10),
        requests: Some(3),
        ..chat(users(1))
    };
    let served = drive(&mut source(&spec), |_| (SECOND, true));
    let prompts: Vec<_> = served.iter().map(|served| served.request.prompt_tokens).collect();
    assert_eq!(prompts, [100, 210, 320]);
}

#[test]
fn requests_count_turns_and_a_duration_cuts_sessions() {
    let spec = SyntheticSpec { requests: Some(20), ..chat(one_after_another(1.0)) };
    assert_eq!(drive(&mut source(&spec), |_| (SECOND, true)).len(), 20);

    let spec =
        SyntheticSpec { requests: None, duration_s: Some(5.0), ..chat(one_after_another(1.0)) };
    let served = drive(&mut source(&spec), |_| (SECOND, true));
    // Sessions begin at 1 to 5 s; two of them go on by then.
    let mut arrivals: Vec<_> =
        served.iter().map(|served| served.request.arrival.as_nanos() / SECOND).collect();
    arrivals.sort_unstable();
    assert_eq!(arrivals, [1, 2, 3, 4, 4, 5, 5]);
}

#[test]
fn a_rejected_turn_ends_its_session() {
    let spec = SyntheticSpec { requests: Some(7), ..chat(one_after_another(0.1)) };
    let mut open = source(&spec);
    // Every second turn is refused: no session has a third.
    let mut turns = 0;
    let served = drive(&mut open, |_| {
        turns += 1;
        (SECOND, turns % 2 == 1)
    });
    let sessions = by_session(&served);
    assert_eq!(sessions.values().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2, 1]);
    assert_eq!(
        open.notices(),
        ["3 sessions ended before their last turn, because a turn was rejected"]
    );

    // A user of a closed loop begins another one, after the pause between sessions.
    let spec = SyntheticSpec { requests: Some(3), ..chat(users(1)) };
    let mut closed = source(&spec);
    let served = drive(&mut closed, |request| (SECOND, request.index != 1));
    let seen: Vec<_> = served
        .iter()
        .map(|served| {
            let request = &served.request;
            (request.arrival.as_nanos() / SECOND, request.user, request.content[0].id)
        })
        .collect();
    assert_eq!(seen, [(0, Some(0), 0), (3, Some(0), 0), (14, Some(0), 1)]);
    assert!(closed.notices()[0].starts_with("1 session ended"));
}

#[test]
fn a_session_whose_last_turn_is_rejected_has_lost_nothing() {
    let spec = SyntheticSpec { requests: Some(3), ..chat(users(1)) };
    let mut source = source(&spec);
    drive(&mut source, |request| (SECOND, request.index != 2));
    assert_eq!(source.notices(), [""; 0]);
}

#[test]
fn users_of_a_closed_loop_have_one_session_after_another() {
    let mut source = source(&random_chat(users(5)));
    // The drive refuses two requests of one user at a time.
    let served = drive(&mut source, |request| (u64::from(request.output_tokens) << 24, true));
    assert_eq!(served.len(), 2_000);
    let sessions = by_session(&served);
    for turns in sessions.values() {
        assert!(turns.iter().all(|turn| turn.request.user == turns[0].request.user));
        assert!(turns.iter().all(|turn| turn.request.class == turns[0].request.class));
    }
    let mean = 2_000.0 / sessions.len() as f64;
    assert!((mean - 3.5).abs() < 0.3, "{mean} turns");
    assert_eq!(source.sessions.len(), 5);
    let both = [ClassId(0), ClassId(1)];
    assert!(both.iter().all(|&c| sessions.values().any(|turns| turns[0].request.class == c)));
}

#[test]
fn memory_is_that_of_the_sessions_that_go_on() {
    let mut source = source(&chat(one_after_another(0.1)));
    drive(&mut source, |_| (SECOND, true));
    // A session lasts seven seconds, and one begins every ten: there is one, and the next waits.
    assert_eq!(source.sessions.len(), 2);
}

/// The turns of a session: tokens of the prompt and of the output, and nanoseconds of thought.
type Said = Vec<(u32, u32, u64)>;

/// What is said in each session if every second request takes `nanos`: by user and session of that
/// user.
fn conversations(arrivals: ArrivalsSpec, nanos: u64) -> BTreeMap<(u64, u32), Said> {
    let is_open = !matches!(arrivals, ArrivalsSpec::ClosedLoop { .. });
    let served = drive(&mut source(&random_chat(arrivals)), |request| {
        (nanos * u64::from(request.index % 2), true)
    });
    let mut sessions_of = BTreeMap::new();
    let mut conversations = BTreeMap::new();
    for (id, turns) in by_session(&served) {
        // Sessions of an open loop are numbered as they begin, those of a user one by one.
        let user = if is_open { id } else { u64::from(turns[0].request.user.unwrap()) };
        let nth: &mut u32 = sessions_of.entry(user).or_default();
        *nth += 1;
        let ends = std::iter::once(turns[0].request.arrival).chain(turns.iter().map(|t| t.end));
        let said = turns.iter().zip(ends).map(|(turn, end)| {
            let request = &turn.request;
            (request.prompt_tokens, request.output_tokens, (request.arrival - end).as_nanos())
        });
        conversations.insert((user, *nth), said.collect());
    }
    conversations
}

#[test]
fn conversations_are_the_same_whatever_the_engine_does() {
    for arrivals in [poisson_arrivals(), users(20)] {
        let quick = conversations(arrivals.clone(), 1);
        let slow = conversations(arrivals, 20 * SECOND);
        let both = quick.iter().filter_map(|(key, turns)| Some((turns, slow.get(key)?)));
        let mut turns = 0;
        for (quick, slow) in both {
            // The end of the workload cuts some short.
            let common = quick.len().min(slow.len());
            assert_eq!(quick[..common], slow[..common]);
            turns += common;
        }
        assert!(turns > 1_000, "{turns}");
    }
}

#[test]
fn prefixes_leave_the_other_draws_alone() {
    let plain = all(&spec(poisson_arrivals()), 1);
    let prefixes = PrefixesSpec {
        groups: 9,
        tokens: LengthsSpec::Uniform { min: 10, max: 90 },
        popularity: crate::PopularitySpec::Zipf { exponent: 1.0 },
        share: 0.5,
    };
    let shared = all(&SyntheticSpec { prefixes: Some(prefixes), ..spec(poisson_arrivals()) }, 1);
    let mut with_prefix = 0;
    for (plain, mut request) in plain.into_iter().zip(shared) {
        let prefix = request.content.pop();
        with_prefix += u32::from(prefix.is_some());
        request.prompt_tokens -= prefix.map_or(0, |run| run.end);
        assert_eq!(request, plain);
    }
    assert!((400..600).contains(&with_prefix), "{with_prefix}");
}

#[test]
fn beyond_32_bits_a_prompt_stays_at_the_largest_count() {
    let spec =
        SyntheticSpec { input_tokens: fixed(u32::MAX - 10), requests: Some(3), ..chat(users(1)) };
    let served = drive(&mut source(&spec), |_| (SECOND, true));
    assert_eq!(served.last().unwrap().request.prompt_tokens, u32::MAX);
    assert_eq!(served.last().unwrap().request.content[0].end, u32::MAX);
}

#[test]
fn wrong_numbers_are_refused_by_name() {
    let message = |turns, think_s, new_tokens| {
        let sessions = SessionsSpec { turns, think_s, random_think: false, new_tokens };
        sessions.validate().unwrap_err().to_string()
    };
    let three = TurnsSpec::Fixed { turns: 3 };
    assert_eq!(
        message(TurnsSpec::Fixed { turns: 0 }, 0.0, None),
        "`turns` must be greater than 0; found 0"
    );
    assert!(message(TurnsSpec::Uniform { min: 0, max: 4 }, 0.0, None).contains("`min`"));
    assert!(message(TurnsSpec::Geometric { p: 0.0, max: None }, 0.0, None).contains("`p`"));
    let none = TurnsSpec::Mixture { values: vec![], weights: vec![] };
    assert!(message(none, 0.0, None).contains("have at least one number of turns"));
    assert!(message(three.clone(), -1.0, None).contains("`think_s`"));
    assert!(message(three, 0.0, Some(fixed(0))).contains("`tokens`"));
    let broken = SyntheticSpec { sessions: None, ..chat(users(1)) };
    assert!(broken.validate().is_ok());
    let zero = SessionsSpec {
        turns: TurnsSpec::Fixed { turns: 0 },
        think_s: 0.0,
        random_think: false,
        new_tokens: None,
    };
    assert!(SyntheticSpec { sessions: Some(zero), ..broken }.validate().is_err());
}

#[test]
fn a_turn_beyond_the_end_of_the_clock_does_not_come() {
    let spec = SyntheticSpec { requests: Some(3), ..chat(one_after_another(1.0)) };
    let mut source = source(&spec);
    let user = source.next_request().unwrap().unwrap().user.unwrap();
    assert_eq!(source.ended(user, SimTime::MAX, true).unwrap(), None);
}
