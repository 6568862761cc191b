//! Statistics of plain values, as numpy has them.

use super::Statistics;

/// Percentiles that are worked out from requests.
const PERCENTS: [f64; 4] = [50.0, 90.0, 95.0, 99.0];

/// The statistics of values, each multiplied by `scale`; none of nothing. Percentiles are
/// interpolated linearly, the standard deviation has the divisor n.
pub(super) fn statistics(values: impl IntoIterator<Item = f64>, scale: f64) -> Option<Statistics> {
    let mut sorted: Vec<f64> = values.into_iter().map(|value| value * scale).collect();
    if sorted.is_empty() {
        return None;
    }
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / count;
    let variance = sorted.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    Some(Statistics {
        mean: Some(mean),
        std: Some(variance.sqrt()),
        percentiles: PERCENTS.map(|percent| (percent, percentile(&sorted, percent))).to_vec(),
    })
}

/// A percentile of sorted values by linear interpolation between the nearest ranks.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let last = sorted.len() - 1;
    let rank = last as f64 * percent / 100.0;
    let low = (rank as usize).min(last);
    let (from, to) = (sorted[low], sorted[(low + 1).min(last)]);
    from + (to - from) * (rank - low as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against numpy 2: `np.percentile([1, 2, 4, 8], [50, 90, 95, 99])`, `np.std`.
    #[test]
    fn statistics_are_those_of_numpy() {
        let found = statistics([8.0, 1.0, 4.0, 2.0], 1.0).unwrap();
        assert_eq!(found.mean, Some(3.75));
        assert!((found.std.unwrap() - 2.680_951_323_690_902).abs() < 1e-12, "{found:?}");
        let expect = [(50.0, 3.0), (90.0, 6.8), (95.0, 7.4), (99.0, 7.88)];
        for ((percent, value), (of, expect)) in found.percentiles.iter().zip(expect) {
            assert_eq!(*percent, of);
            assert!((value - expect).abs() < 1e-12, "p{percent}: {value}");
        }
        assert_eq!(statistics([], 1.0), None);
    }
}
