//! Kendall's S, on which tests for a trend rest.

/// Pairs of values of which the later is larger, less those of which it is smaller: from
/// `-n (n - 1) / 2` for values that only fall to as much for values that only rise. Equal pairs
/// count for nothing.
///
/// Costs O(n²). Source: Mann, Nonparametric tests against trend, Econometrica 13 (1945), 245-259.
pub(crate) fn rises_less_falls(values: &[f64]) -> i64 {
    let mut sum = 0;
    for (at, later) in values.iter().enumerate() {
        for earlier in &values[..at] {
            sum += i64::from(later > earlier) - i64::from(later < earlier);
        }
    }
    sum
}
