use tokendrome::workload::{
    LengthsSpec, PopularitySpec, PrefixesSpec, ReplaySpec, SessionsSpec, TurnsSpec,
};

use super::*;

const SESSIONS: &str = "[workload.sessions]\nturns = 3\n";
const PREFIXES: &str = "[workload.prefixes]\ngroups = 4\ntokens = 700\n";

fn workload(text: &str, sets: &[&str]) -> tokendrome::WorkloadSpec {
    read(&format!("{BASE}{text}"), sets).workload
}

/// What resolving says of it: the path and the message.
fn refused(text: &str, sets: &[&str]) -> (String, String) {
    let error = read(&format!("{BASE}{text}"), sets).resolve().unwrap_err();
    (error.path, error.message)
}

#[test]
fn short_forms_of_sessions_and_prefixes() {
    let fixed = |tokens| LengthsSpec::Fixed { tokens };
    let plain = SessionsSpec {
        turns: TurnsSpec::Fixed { turns: 3 },
        think_s: 0.0,
        random_think: false,
        new_tokens: None,
    };
    assert_eq!(workload(SESSIONS, &[]).sessions, Some(plain.clone()));
    let sets =
        ["workload.sessions.new_tokens=50", "workload.sessions.turns={type=\"geometric\",p=0.5}"];
    assert_eq!(
        workload(SESSIONS, &sets).sessions,
        Some(SessionsSpec {
            turns: TurnsSpec::Geometric { p: 0.5, max: None },
            new_tokens: Some(fixed(50)),
            ..plain
        })
    );
    let plain = PrefixesSpec {
        groups: 4,
        tokens: fixed(700),
        popularity: PopularitySpec::default(),
        share: 1.0,
    };
    assert_eq!(workload(PREFIXES, &[]).prefixes, Some(plain.clone()));
    assert_eq!(workload(PREFIXES, &["workload.prefixes.popularity=uniform"]).prefixes, Some(plain));
    let sets =
        ["workload.prefixes.popularity.kind=zipf", "workload.prefixes.popularity.exponent=1"];
    let prefixes = workload(PREFIXES, &sets).prefixes.unwrap();
    assert_eq!(prefixes.popularity, PopularitySpec::Zipf { exponent: 1.0 });
}

#[test]
fn new_tokens_are_as_the_input_once_resolved_and_read_back_the_same() {
    let text = format!("{BASE}[workload]\ninput_tokens = 90\n{SESSIONS}{PREFIXES}");
    let (resolved, _) = read(&text, &[]).resolve().unwrap();
    let sessions = resolved.workload.sessions.as_ref().unwrap();
    assert_eq!(sessions.new_tokens, Some(LengthsSpec::Fixed { tokens: 90 }));
    let toml = crate::to_toml(&resolved, &resolved).unwrap();
    assert_eq!(read(&toml, &[]), resolved, "{toml}");
}

#[test]
fn wrong_numbers_are_found_by_their_path() {
    #[track_caller]
    fn check(set: &str, path: &str, message: &str) {
        let found = refused(&format!("{SESSIONS}{PREFIXES}"), &[set]);
        assert_eq!(found, (path.to_owned(), message.to_owned()));
    }
    check(
        "workload.sessions.turns=0",
        "workload.sessions.turns.turns",
        "`turns` must be greater than 0; found 0",
    );
    check(
        "workload.sessions.turns={kind=\"uniform\",min=4,max=2}",
        "workload.sessions.turns.max",
        "`max` must be at least `min` (4); found 2",
    );
    check(
        "workload.sessions.think_s=-1",
        "workload.sessions.think_s",
        "`think_s` must lie between 0 and 1000000000; found -1",
    );
    check(
        "workload.sessions.new_tokens=0",
        "workload.sessions.new_tokens.tokens",
        "`tokens` must be greater than 0; found 0",
    );
    check(
        "workload.prefixes.groups=0",
        "workload.prefixes.groups",
        "`groups` must lie between 1 and 1000000; found 0",
    );
    check(
        "workload.prefixes.share=1.5",
        "workload.prefixes.share",
        "`share` must lie between 0 and 1; found 1.5",
    );
    check(
        "workload.prefixes.popularity={kind=\"zipf\",exponent=-0.5}",
        "workload.prefixes.popularity.exponent",
        "`exponent` must lie between 0 and 100; found -0.5",
    );
    check(
        "workload.prefixes.tokens=0",
        "workload.prefixes.tokens.tokens",
        "`tokens` must be greater than 0; found 0",
    );
}

#[test]
fn a_trace_has_no_synthetic_sessions_or_prefixes() {
    let trace = "[workload.trace]\npath = \"a.jsonl\"\n";
    for (text, path) in [(SESSIONS, "workload.sessions"), (PREFIXES, "workload.prefixes")] {
        let message = "a trace is replayed as it was recorded, request by request".to_owned();
        assert_eq!(refused(&format!("{trace}{text}"), &[]), (path.to_owned(), message));
    }
    let spec = workload(trace, &["workload.trace.block_size=512"]).trace.unwrap();
    assert_eq!((spec.block_size, ReplaySpec::default().block_size), (Some(512), None));
    let (path, _) = refused(trace, &["workload.trace.block_size=0"]);
    assert_eq!(path, "workload.trace.block_size");
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    let problem = |text: &str| try_load(&format!("{BASE}{text}"), &[]).unwrap_err().to_string();
    assert_eq!(problem("[workload.sessions]\nthink_s = 3"), "`[workload.sessions]` has no `turns`");
    assert_eq!(problem("[workload.prefixes]\ngroups = 3"), "`[workload.prefixes]` has no `tokens`");
    assert_eq!(
        problem(&format!("{PREFIXES}popularity = \"zipf\"")),
        "`[workload.prefixes.popularity]` has no `exponent`"
    );
    let uniform = format!("{PREFIXES}popularity = {{ kind = \"uniform\", exponent = 2 }}");
    assert!(problem(&uniform).starts_with("unknown key `exponent`"));
    assert!(problem(&format!("{SESSIONS}think = 3")).starts_with("unknown key `think`"));
}
