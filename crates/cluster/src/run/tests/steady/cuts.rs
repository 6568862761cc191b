//! Runs whose arrivals end earlier, from one run and each by itself.

use std::ops::ControlFlow;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;

/// Compares a cut at each of the shares of the time in which requests arrive.
fn compare(case: &Case, shares: [f64; 4]) {
    let last = case.requests.last().map_or(SimTime::ZERO, |request| request.arrival);
    let mut cuts = shares.map(|share| SimTime::from_nanos((last.as_nanos() as f64 * share) as u64));
    cuts.sort_unstable();
    let mut source = Listed { requests: case.requests.clone().into_iter(), users: 0, index: 0 };
    let mut found = Vec::new();
    let all = cluster(case, false, &mut source, &mut []).run_cuts(&cuts, &mut |place, outcome| {
        found.push((place, outcome));
        ControlFlow::Continue(())
    });
    for (place, cut) in cuts.into_iter().enumerate() {
        let mut alone = case.clone();
        alone.requests.retain(|request| request.arrival <= cut);
        let expected = run(&alone, false, &mut Witness::default());
        match (found.get(place), expected) {
            (Some((at, found)), Ok(expected)) => {
                assert_eq!(*at, place);
                assert_eq!(figures(&found.totals), figures(&expected.totals));
                assert_eq!(format!("{:?}", found.replicas), format!("{:?}", expected.replicas));
                assert_eq!(found.digest, expected.digest);
            }
            (None, Err(expected)) => {
                assert_eq!(all.as_ref().unwrap_err().to_string(), expected);
                return;
            }
            (found, expected) => panic!("{all:?}: {found:?}, {expected:?}"),
        }
    }
    assert!(all.unwrap());
}

#[test]
fn a_cut_run_is_as_a_run_by_itself() {
    let cases = ProptestConfig::default().cases.max(300);
    let mut runner = TestRunner::new(ProptestConfig { cases, ..ProptestConfig::default() });
    let share = || 0.0..1.1f64;
    let shares = (share(), share(), share(), Just(1.0));
    let result = runner.run(&(cases::case(), shares), |(case, (a, b, c, d))| {
        compare(&Case { users: 0, horizon_s: None, ..case }, [a, b, c, d]);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
