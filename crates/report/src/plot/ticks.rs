//! Round numbers on an axis.

/// More ticks than this are never asked for; it bounds the loops below.
const TICKS_MAX: f64 = 50.0;

/// `10^exponent`.
fn power(exponent: i32) -> f64 {
    libm::pow(10.0, f64::from(exponent))
}

/// The exponent of the largest power of ten that is no larger than `value`, which is positive.
fn exponent(value: f64) -> i32 {
    libm::floor(libm::log10(value) + 1e-9) as i32
}

/// The smallest of 1, 2 and 5 times a power of ten by which `span` has at most `most` steps.
pub(super) fn step(span: f64, most: usize) -> f64 {
    let least = span / most.max(1) as f64;
    if !(least.is_normal() && least > 0.0) {
        return 1.0;
    }
    let power = power(exponent(least));
    let fits = |factor: &&f64| **factor * power >= least * (1.0 - 1e-9);
    [1.0, 2.0, 5.0].iter().find(fits).map_or(10.0 * power, |factor| factor * power)
}

/// The smallest of the given steps, ascending, by which `span` has at most `most`; beyond them, a
/// round multiple of the last.
pub(super) fn step_of(steps: &[f64], span: f64, most: usize) -> f64 {
    let fits = steps.iter().find(|&&step| span / step <= most as f64);
    let last = steps.last().copied().unwrap_or(1.0);
    fits.map_or_else(|| last * step(span / last, most), |&step| step)
}

/// The multiples of `step` from `low` to `high`, both included.
pub(super) fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = libm::ceil(low / step - 1e-9);
    let count = libm::floor(high / step + 1e-9) - first;
    if !(0.0..=TICKS_MAX).contains(&count) {
        return Vec::new();
    }
    (0..=count as u32).map(|number| (first + f64::from(number)) * step).collect()
}

/// The numbers 1, 2 and 5 times a power of ten that stand next to `value`, which is positive: the
/// one at or below and the one at or above it.
pub(super) fn around(value: f64) -> (f64, f64) {
    let power = power(exponent(value));
    let rounds = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    let below = rounds.iter().rev().find(|&&round| round <= value * (1.0 + 1e-9));
    let above = rounds.iter().find(|&&round| round >= value * (1.0 - 1e-9));
    (below.copied().unwrap_or(power), above.copied().unwrap_or(10.0 * power))
}

/// Round numbers from `low` to `high` on a logarithmic axis. The sets get thinner with `level`:
/// 1, 2 and 5 times the powers of ten, then the powers, then every 2nd, 3rd, ... of them.
pub(super) fn decades(low: f64, high: f64, level: usize) -> Vec<f64> {
    let (first, last) = (exponent(low), exponent(high));
    let factors: &[f64] = if level == 0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let every = level.max(1) as i32;
    let is_within = |value: &f64| *value >= low * (1.0 - 1e-9) && *value <= high * (1.0 + 1e-9);
    (first..=last)
        .filter(|exponent| exponent.rem_euclid(every) == 0)
        .flat_map(|exponent| factors.iter().map(move |factor| factor * power(exponent)))
        .filter(is_within)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: &[f64], expect: &[f64]) {
        assert_eq!(found.len(), expect.len(), "{found:?}");
        for (a, b) in found.iter().zip(expect) {
            assert!((a - b).abs() <= 1e-9 * b.abs(), "{found:?}");
        }
    }

    #[test]
    fn steps_are_round() {
        for (span, most, expect) in
            [(10.0, 5, 2.0), (9.9, 5, 2.0), (1.0, 10, 0.1), (7e9, 4, 2e9), (0.0, 4, 1.0)]
        {
            check(&[step(span, most)], &[expect]);
        }
        check(&[step_of(&[1.0, 15.0, 60.0], 600.0, 5)], &[120.0]);
    }

    #[test]
    fn multiples_include_both_ends() {
        check(&multiples(0.0, 1.0, 0.2), &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        check(&multiples(0.3, 0.9, 0.2), &[0.4, 0.6, 0.8]);
        assert!(multiples(0.0, 1e300, 1.0).is_empty());
    }

    #[test]
    fn decades_get_thinner() {
        check(&decades(2.0, 60.0, 0), &[2.0, 5.0, 10.0, 20.0, 50.0]);
        check(&decades(2.0, 600.0, 1), &[10.0, 100.0]);
        assert!(decades(1e-300, 1e300, 100).len() < 9);
        assert_eq!(around(30.0), (20.0, 50.0));
        assert_eq!(around(0.01).0.to_bits(), 0.01f64.to_bits());
    }
}
