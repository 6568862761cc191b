//! The scheduler decides as the plain reading of the rules does.

use std::io::{self, Write};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tokendrome_conformance::compare::first_difference;
use tokendrome_conformance::recording::{Recording as _, RunError};
use tokendrome_conformance::vllm::Scenario;

use crate::drawn::{Drawn, drawn};
use crate::plain_loops;

/// Longest trace that is compared: in some scenarios requests preempt each other for ever.
const LINES_MAX: usize = 3_000;

/// Takes so many lines, then no more.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    count: usize,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.count == LINES_MAX {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        self.count += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The trace of the scheduler under test; lines are written one at a time.
fn trace(drawn: &Drawn) -> Vec<u8> {
    let text = drawn.json();
    let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut lines = Lines::default();
    match scenario.run(&mut lines) {
        Ok(_) => {}
        Err(RunError::Output(_)) if lines.count == LINES_MAX => {}
        Err(error) => panic!("{error}\n{text}"),
    }
    lines.bytes
}

fn cases() -> ProptestConfig {
    // A case that fails is printed whole.
    ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn random_scenarios_give_the_trace_of_the_plain_reading(drawn in drawn()) {
        let plain = plain_loops::trace(&drawn, LINES_MAX);
        let difference = first_difference(plain.as_bytes(), &trace(&drawn));
        prop_assert!(difference.is_none(), "{difference:#?}\n{}", drawn.json());
    }
}

/// What may come in the place of a part of a scenario.
const ODD: [&str; 14] = [
    "",
    "0",
    "-1",
    "4294967295",
    "1e999",
    "NaN",
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "\"",
    "]",
    "\u{e9}",
];

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn damaged_scenarios_are_run_or_refused(
        drawn in drawn(),
        damages in prop::collection::vec((any::<prop::sample::Index>(), 0..ODD.len()), 1..3),
    ) {
        // A scenario is a row of words and signs; some of the words are replaced.
        let text = drawn.json();
        let mut parts: Vec<&str> = text.split_inclusive([',', ':', '[', '{', ']', '}']).collect();
        let signs = [',', ':', '[', '{', ']', '}'];
        for (index, odd) in damages {
            let place = index.index(parts.len());
            let sign = parts[place].len() - usize::from(parts[place].ends_with(signs));
            let sign = &parts[place][sign..];
            parts.splice(place..=place, [ODD[odd], sign]);
        }
        let text = parts.concat();
        match Scenario::parse(&text) {
            Ok(scenario) => {
                // Whatever comes of it: an answer.
                let _ = scenario.run(&mut Lines::default());
            }
            Err(error) => prop_assert!(error.to_string().contains(':'), "{error}"),
        }
    }
}

/// What a scenario and its trace show when something happens that is easily got wrong.
const EVENTS: [(&str, &str); 8] = [
    ("a preemption", "\"pre\":["),
    ("a preempted request that runs again", ",\"P\"]"),
    ("a hit in the prefix cache", "\"hit\":{"),
    ("a token for a preempted request", "\"st\":["),
    ("a token computed in vain", "\"dead\":["),
    ("an empty step", "\"s\":[],"),
    ("arrivals by step", "\"arrival_step\""),
    ("an early end", "\"eos_after\""),
];

#[test]
fn random_scenarios_have_all_kinds_of_events() {
    const CASES: usize = 300;
    let mut runner = TestRunner::deterministic();
    let mut counts = EVENTS.map(|(what, _)| (what, 0));
    for _ in 0..CASES {
        let drawn = drawn().new_tree(&mut runner).unwrap().current();
        let both = drawn.json() + &String::from_utf8(trace(&drawn)).unwrap();
        for ((_, sign), (_, count)) in EVENTS.iter().zip(&mut counts) {
            *count += usize::from(both.contains(sign));
        }
    }
    assert!(counts.iter().all(|&(_, count)| count > CASES / 20), "{counts:#?}");
}
