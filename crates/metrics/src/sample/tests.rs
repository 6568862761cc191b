use super::*;

fn sample(values: &[u64]) -> Sample {
    let mut sample = Sample::new(EXACT_SAMPLES_MAX);
    values.iter().for_each(|&value| sample.add(value));
    sample
}

#[test]
fn percentiles_follow_numpys_linear_rule() {
    // numpy.percentile([1, 2, 4, 8, 16], [0, 10, 50, 90, 95, 100])
    let expected = [1.0, 1.4, 4.0, 12.8, 14.4, 16.0];
    let found = sample(&[16, 1, 8, 2, 4]).percentiles(&[0.0, 10.0, 50.0, 90.0, 95.0, 100.0]);
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
    }
    assert_eq!(sample(&[7]).percentiles(&[1.0, 99.0]), [7.0, 7.0]);
}

#[test]
fn moments_are_those_of_the_values() {
    let summary = sample(&[2, 4, 4, 4, 5, 5, 7, 9]).summary().unwrap();
    assert_eq!((summary.mean, summary.std, summary.count), (5.0, 2.0, 8));
    assert_eq!((summary.min, summary.max), (2.0, 9.0));
    assert_eq!(sample(&[]).summary(), None);
}

#[test]
fn a_weight_is_the_same_as_repetition() {
    let mut weighted = Sample::new(EXACT_SAMPLES_MAX);
    weighted.add_weighted(10, 3);
    weighted.add_weighted(20, 1);
    weighted.add_weighted(30, 0);
    let (a, b) = (weighted.summary().unwrap(), sample(&[10, 10, 10, 20]).summary().unwrap());
    assert_eq!((a.count, a.p50, a.p90, a.max), (b.count, b.p50, b.p90, b.max));
    assert!((a.mean - b.mean).abs() < 1e-12 && (a.std - b.std).abs() < 1e-12);
}

#[test]
fn beyond_the_limit_percentiles_stay_within_a_thousandth() {
    let value = |i: u64| 1_000 + i * i * 977;
    let (mut exact, mut sketch) = (Sample::new(usize::MAX), Sample::new(100));
    for i in 0..5_000 {
        exact.add(value(i));
        sketch.add(value(i));
    }
    let (exact, sketch) = (exact.summary().unwrap(), sketch.summary().unwrap());
    assert_eq!((exact.method, sketch.method), (Method::Exact, Method::Histogram));
    assert_eq!((exact.mean, exact.std, exact.max), (sketch.mean, sketch.std, sketch.max));
    for (e, s) in [
        (exact.p50, sketch.p50),
        (exact.p90, sketch.p90),
        (exact.p95, sketch.p95),
        (exact.p99, sketch.p99),
    ] {
        assert!((s / e - 1.0).abs() < 1e-3, "{s} for {e}");
    }
}

#[test]
fn ranks_are_found_as_in_the_sorted_values() {
    let mut state = 1u64;
    for size in [1usize, 2, 7, 500, 5_000] {
        let mut values = Vec::new();
        for _ in 0..size {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            values.push(((state >> 20) >> (state % 40), 1 + state % 3));
        }
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let all: Vec<u64> =
            sorted.iter().flat_map(|&(value, weight)| vec![value; weight as usize]).collect();
        let ranks: Vec<u64> = (0..all.len() as u64).step_by(1 + size / 50).collect();
        let expected: Vec<f64> = ranks.iter().map(|&rank| all[rank as usize] as f64).collect();
        assert_eq!(exact_at_ranks(&values, &ranks), expected);
        let twice: Vec<u64> = ranks.iter().flat_map(|&rank| [rank, rank]).collect();
        assert_eq!(exact_at_ranks(&values, &twice).len(), 2 * expected.len());
    }
}
