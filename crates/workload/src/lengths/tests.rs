use tokendrome_kernel::Streams;

use super::*;

fn draws(spec: &LengthsSpec) -> Vec<u32> {
    spec.validate().unwrap();
    let mut stream = Streams::new(5, 0).stream("input");
    let lengths = spec.build();
    (0..100_000).map(|_| lengths.draw(&mut stream)).collect()
}

fn mean(draws: &[u32]) -> f64 {
    draws.iter().map(|&d| f64::from(d)).sum::<f64>() / draws.len() as f64
}

#[test]
fn draws_follow_their_law() {
    let uniform = draws(&LengthsSpec::Uniform { min: 3, max: 5 });
    assert_eq!((uniform.iter().min(), uniform.iter().max()), (Some(&3), Some(&5)));
    assert!((mean(&uniform) - 4.0).abs() < 0.02);

    let normal = LengthsSpec::normal(100.0, 20.0, 1, None);
    assert!((mean(&draws(&normal)) - 100.0).abs() < 0.4);

    let lognormal = LengthsSpec::lognormal(5.3, 0.8, 1, None);
    let mut sorted = draws(&lognormal);
    sorted.sort_unstable();
    assert!((f64::from(sorted[50_000]) / libm::exp(5.3) - 1.0).abs() < 0.02);

    // What lies between two whole numbers is half a token less on average.
    let LengthsSpec::Lognormal { mu, sigma, min, max, .. } = lognormal else { unreachable!() };
    let down = LengthsSpec::Lognormal { mu, sigma, min, max, rounding: Rounding::Down };
    let nearest = LengthsSpec::lognormal(mu, sigma, min, max);
    assert!((mean(&draws(&nearest)) - mean(&draws(&down)) - 0.5).abs() < 0.01);

    let geometric = LengthsSpec::Geometric { p: 0.0056, max: Some(1024) };
    assert!((mean(&draws(&geometric)) - 178.0).abs() < 3.0);

    let mixture = LengthsSpec::Mixture { values: vec![64, 256], weights: vec![3.0, 1.0] };
    assert!((mean(&draws(&mixture)) - 112.0).abs() < 1.5);

    let empirical = LengthsSpec::Empirical { values: vec![1, 9], file: None };
    assert!((mean(&draws(&empirical)) - 5.0).abs() < 0.08);
}

#[test]
fn draws_are_clipped_and_never_zero() {
    let low = LengthsSpec::normal(-50.0, 1.0, 1, None);
    assert!(draws(&low).iter().all(|&d| d == 1));
    let high = LengthsSpec::lognormal(22.0, 100.0, 2, Some(9));
    assert!(draws(&high).iter().all(|&d| (2..=9).contains(&d)));
}

#[test]
fn wrong_numbers_are_refused_by_name() {
    let message = |spec: LengthsSpec| spec.validate().unwrap_err().to_string();
    assert_eq!(
        message(LengthsSpec::Uniform { min: 9, max: 3 }),
        "`max` must be at least `min` (9); found 3"
    );
    assert!(message(LengthsSpec::Fixed { tokens: 0 }).contains("`tokens`"));
    assert!(message(LengthsSpec::Geometric { p: 1.5, max: None }).contains("`p`"));
    let mixture = LengthsSpec::Mixture { values: vec![1, 2], weights: vec![1.0] };
    assert!(message(mixture).contains("one weight for each of the 2 values"));
    let empirical = LengthsSpec::Empirical { values: vec![], file: None };
    assert!(message(empirical).contains("`file`"));
}
