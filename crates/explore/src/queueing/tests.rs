mod coverage;

use tokendrome::metrics::{Observer, SteadyMean};
use tokendrome::{Figures, Report};

use super::*;

fn small(seed: u64, trials: u64, threads: Threads) -> Validation {
    let all = cases(seed, Size::Quick);
    let few = all.into_iter().filter(|case| case.load <= 0.5).collect();
    validate(few, trials, threads, &(), |_| {}).unwrap()
}

#[test]
fn theory_is_confirmed_by_small_runs() {
    let found = small(42, 10, Threads::all());
    assert_eq!((found.cases.len(), found.comparisons()), (10, 60));
    assert!((found.level - (1.0 - 0.01 / 60.0)).abs() < 1e-15);
    let mut surely = 0;
    for of in &found.cases {
        for check in &of.checks {
            assert!(check.is_confirmed, "{}: {check:?}", of.case.name);
            surely += u32::from((check.ci95.low..=check.ci95.high).contains(&check.theory));
        }
    }
    // 57 are expected.
    assert!(surely >= 50, "{surely}");
    assert_eq!(found.refuted(), 0);
}

#[test]
fn threads_do_not_change_a_bit() {
    let two = Threads::new(std::num::NonZeroUsize::new(2).unwrap());
    assert_eq!(small(7, 3, Threads::ONE), small(7, 3, two));
}

#[test]
fn a_wrong_theory_is_refuted() {
    let of = |case: &Case| case.name == "mm1-0.5";
    let mut all: Vec<Case> = cases(42, Size::Full).into_iter().filter(of).collect();
    // As if it were M/D/1.
    all[0].expected = theory::single_server(50.0, theory::Service::fixed(0.01));
    let found = validate(all, 10, Threads::all(), &(), |_| {}).unwrap();
    let refuted = found.cases[0].checks.iter().filter(|check| !check.is_confirmed);
    let refuted: Vec<Quantity> = refuted.map(|check| check.quantity).collect();
    assert_eq!(refuted, [Quantity::ResponseTime, Quantity::QueueTime, Quantity::InSystem]);
    assert_eq!(found.refuted(), 3);
}

#[test]
fn cases_are_scenarios_with_names() {
    let all = cases(3, Size::Full);
    let mut names: Vec<&str> = all.iter().map(|case| case.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.len());
    for case in &all {
        assert_eq!(case.scenario.simulation.seed, 3);
        assert!(Simulation::new(&case.scenario).is_ok(), "{}", case.name);
        assert!(case.name.ends_with(&case.load.to_string()), "{}", case.name);
    }
}

#[test]
#[should_panic(expected = "two trials")]
fn one_trial_is_no_validation() {
    let _ = validate(cases(1, Size::Quick), 1, Threads::ONE, &(), |_| {});
}
