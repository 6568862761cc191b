use tokendrome_kernel::{Streams, sample};
use tokendrome_units::SimTime;

use super::*;
use crate::BATCH;

/// A millisecond after each other.
fn batches(values: impl Iterator<Item = f64>) -> Batches {
    let mut batches = Batches::default();
    for (i, value) in (1..).zip(values) {
        batches.add(value, SimTime::from_nanos(i * 1_000_000));
    }
    batches
}

fn steady(values: impl Iterator<Item = f64>) -> SteadyMean {
    batches(values).steady_mean(1.0, 1e9, WarmUp::Detected)
}

/// A stationary autoregressive series of order 1 about 100, with variance 1: neighbours have the
/// correlation `phi`, and a mean of n has the variance `(1 + phi) / (1 - phi) / n`, nearly.
fn autoregressive(phi: f64, repetition: u64) -> impl Iterator<Item = f64> {
    let mut stream = Streams::new(7, repetition).stream("autoregressive");
    let mut state = sample::standard_normal(&mut stream);
    let step = libm::sqrt(1.0 - phi * phi);
    std::iter::repeat_with(move || {
        let value = 100.0 + state;
        state = phi * state + step * sample::standard_normal(&mut stream);
        value
    })
}

#[test]
fn a_transient_is_left_out() {
    // 10 standard deviations too high at first, and half of what is left after every 100.
    let transient = |i: u32| 10.0 * libm::exp2(-f64::from(i) / 100.0);
    for repetition in 0..20 {
        let series = (0..10_000).zip(autoregressive(0.5, repetition));
        let found = steady(series.map(|(i, value)| value + transient(i)));
        assert_eq!(found.warm_up_count % BATCH, 0);
        // What is left of it there: MSER leaves out what is further off than some standard
        // deviations of a batch, of which one is 0.75 here.
        let left = transient(found.warm_up_count as u32);
        assert!((0.002..1.5).contains(&left), "{left} after {}", found.warm_up_count);
        assert_eq!(found.warm_up_s, found.warm_up_count as f64 / 1e3);
    }
}

#[test]
fn a_given_warm_up_is_believed() {
    let series = || (0..1_000).map(|i| if i < 100 { 0.0 } else { 10.0 });
    let found = batches(series()).steady_mean(1.0, 1e9, WarmUp::Given);
    assert_eq!((found.warm_up_count, found.count, found.mean), (0, 1_000, Some(9.0)));
    let found = batches(series()).steady_mean(1.0, 1e9, WarmUp::Detected);
    assert_eq!((found.warm_up_count, found.count, found.mean), (100, 900, Some(10.0)));
}

#[test]
fn what_does_not_vary_is_known() {
    let found = steady(std::iter::repeat_n(0.1, 1_234));
    let expect = SteadyMean {
        verdict: Verdict::LongEnough,
        mean: Some(0.1),
        ci95_low: Some(0.1),
        ci95_high: Some(0.1),
        count: 1_200,
        effective_count: Some(1_200.0),
        warm_up_count: 0,
        warm_up_s: 0.0,
        groups: 20,
    };
    assert_eq!(found, expect);
}

#[test]
fn units_are_the_readers() {
    let found =
        batches((0..200).map(|i| 3e6 + f64::from(i % 5))).steady_mean(1e6, 1e9, WarmUp::Given);
    assert_eq!(found.mean, Some(3.000_002));
}

#[test]
fn short_runs_have_no_interval() {
    for (values, verdict) in
        [(99, Verdict::TooFew), (100, Verdict::LongEnough), (0, Verdict::TooFew)]
    {
        let found = steady((0..values).map(|i| f64::from(i % 5)));
        assert_eq!(found.verdict, verdict, "{values} values");
        assert_eq!(found.mean.is_some(), verdict == Verdict::LongEnough);
    }
    // 30 batches, of which 15 are a warm-up.
    let step = |i: u32| if i < 75 { 9.0 } else { 0.0 } + f64::from(i % 5);
    assert_eq!(steady((0..150).map(step)).verdict, Verdict::TooFew);
}

#[test]
fn a_trend_is_no_steady_state() {
    assert_eq!(steady((0..5_000).map(f64::from)).verdict, Verdict::NotSteady);
    let late = |i: u32| if i < 3_000 { 9.0 } else { 0.0 } + f64::from(i % 5);
    assert_eq!(steady((0..5_000).map(late)).verdict, Verdict::NotSteady);
}

#[test]
fn groups_take_the_end_of_the_series() {
    for (values, size, groups) in
        [(20, 1, 20), (39, 1, 39), (40, 2, 20), (59, 2, 29), (9_999, 499, 20)]
    {
        let values: Vec<f64> = (0..values).map(f64::from).collect();
        let found = Groups::of(&values);
        assert_eq!((found.size, found.means.len()), (size, groups), "{}", values.len());
        let last = found.means.last().unwrap();
        assert_eq!(*last, values[values.len() - 1] - (size as f64 - 1.0) / 2.0);
    }
}

#[test]
fn neighbours_that_are_alike_are_noticed() {
    let alarms = |phi: f64, count: usize| {
        let one = |repetition| steady(autoregressive(phi, repetition).take(count)).verdict;
        (0..400).filter(|&repetition| one(repetition) == Verdict::Correlated).count()
    };
    // Independent: 5 % of 400, four standard errors allowed. Groups of 50, correlated over 200.
    let (by_chance, rightly) = (alarms(0.0, 1_000), alarms(0.99, 1_000));
    assert!((3..=38).contains(&by_chance), "{by_chance}");
    assert!(rightly > 150, "{rightly}");
}

/// A mean of 5,000 of an autoregressive series with `phi = 0.8` is worth 5,000 / 9 independent
/// ones; a group has 250, 28 times the 9. 95 % intervals have to hold the mean in 95 % of 1,000
/// repetitions; 93 to 97 are three standard errors.
#[test]
fn intervals_of_correlated_series_hold_the_mean() {
    let (mut held, mut effective) = (0, 0.0);
    for repetition in 0..1_000 {
        let found = steady(autoregressive(0.8, repetition).take(5_000));
        let (low, high) = (found.ci95_low.unwrap(), found.ci95_high.unwrap());
        held += u32::from(low <= 100.0 && 100.0 <= high);
        effective += found.effective_count.unwrap() / found.count as f64 / 1e3;
    }
    assert!((930..=970).contains(&held), "{held}");
    // A ratio of variances with 19 degrees of freedom is 19 / 17 of the true one on average.
    let expect = 19.0 / 17.0 / 9.0;
    assert!((effective / expect - 1.0).abs() < 0.1, "{effective} {expect}");
}
