use super::*;

/// Curves of one point a block.
fn of(points: [f64; BLOCKS]) -> Detection {
    detect(&points).unwrap()
}

#[test]
fn by_hand() {
    // Variance of S without ties: 10 * 9 * 25 / 18 = 125, so one pair is 1 / 11.18 of z.
    let up = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9];
    let found = of(up);
    // 45 pairs, all of which rise: z = 44 / sqrt(125) = 3.935, p = 4.15e-5 from a table of Q(z).
    assert_eq!(found.s, 45);
    assert!((found.z - 3.935_479).abs() < 1e-6 && (found.p - 4.151e-5).abs() < 1e-8, "{found:?}");
    assert!((found.rise - 0.9).abs() < 1e-8 && found.is_unstable);
    // Backwards: S = -45, brought to -44; nearly certain that chance would rise more.
    let down: [f64; BLOCKS] = std::array::from_fn(|at| up[BLOCKS - 1 - at]);
    let found = of(down);
    assert!(found.s == -45 && (found.z + 3.935_479).abs() < 1e-6 && found.p > 0.9999);
    assert!(!found.is_unstable);
    // No trend at all.
    let found = of([2.0; BLOCKS]);
    assert_eq!((found.s, found.z, found.p, found.rise), (0, 0.0, 0.5, 0.0));
}

#[test]
fn a_trend_has_to_be_significant_and_large() {
    // Rises of one percent: a trend beyond doubt, of a tenth less a percent.
    assert!(!of(std::array::from_fn(|at| 1.0 + 0.01 * at as f64)).is_unstable);
    assert!(of(std::array::from_fn(|at| 1.0 + 0.012 * at as f64)).is_unstable);
    // S = 19 is z = 18 / 11.18 = 1.61, p = 0.0537; S = 21 is z = 1.789, p = 0.0368.
    // The least value at the end falls 9 times, the next 4 or 3 times: S = 45 - 2 * 13 or 12.
    let below = of([3.0, 4.0, 5.0, 6.0, 2.0, 7.0, 8.0, 9.0, 10.0, 1.0]);
    let above = of([3.0, 4.0, 5.0, 2.0, 6.0, 7.0, 8.0, 9.0, 10.0, 1.0]);
    assert_eq!((below.s, above.s), (19, 21));
    assert!((below.p - 0.0537).abs() < 5e-5 && !below.is_unstable, "{below:?}");
    assert!((above.p - 0.0368).abs() < 5e-5 && !above.is_unstable, "the last is below the first");
    // The same S from a first value in the middle, and a last above it.
    let risen = of([6.0, 1.0, 2.0, 3.0, 7.0, 4.0, 8.0, 5.0, 10.0, 9.0]);
    assert!(risen.s > 21 && risen.p < 0.05 && risen.is_unstable, "{risen:?}");
}

#[test]
fn the_last_block_takes_the_rest() {
    // 25 points: nine blocks of two, one of seven.
    let points: Vec<f64> = (0..25).map(f64::from).collect();
    let found = detect(&points).unwrap();
    assert_eq!(found.block_means_s[..2], [0.5, 2.5]);
    assert_eq!(found.block_means_s[9], 21.0);
    assert_eq!(detect(&points[..9]), None);
    assert!(detect(&points[..10]).is_some());
}
