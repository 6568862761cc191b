//! Closing in on the rate at which a verdict changes.

use super::outcome::Verdict;
use super::runs::Stop;

/// Rates tried at most on the way from a bracket to a narrow one.
const STEPS_MAX: u32 = 40;

/// Narrows a bracket, from a rate that holds to a larger one that fails, until both are within
/// `width` (a share) of each other. Where a rate in between cannot be judged, the two sides of it
/// are narrowed instead: from below and from above, towards what cannot be judged.
pub(super) fn narrow(
    (mut holds, mut fails): (f64, f64),
    width: f64,
    mut judge: impl FnMut(f64) -> Result<Verdict, Stop>,
) -> Result<(f64, f64), Stop> {
    let is_wide = |low: f64, high: f64| high / low - 1.0 > width;
    // From the lowest to the highest rate that could not be judged.
    let mut unclear: Option<(f64, f64)> = None;
    for _ in 0..STEPS_MAX {
        let (low, high) = match unclear {
            None if is_wide(holds, fails) => (holds, fails),
            Some((first, _)) if is_wide(holds, first) => (holds, first),
            Some((_, last)) if is_wide(last, fails) => (last, fails),
            _ => break,
        };
        let middle = libm::sqrt(low * high);
        match judge(middle)? {
            Verdict::Holds => {
                holds = middle;
                unclear = unclear.filter(|&(first, _)| middle < first);
            }
            Verdict::Fails => {
                fails = middle;
                unclear = unclear.filter(|&(_, last)| last < middle);
            }
            Verdict::Undecided => {
                let (first, last) = unclear.unwrap_or((middle, middle));
                unclear = Some((first.min(middle), last.max(middle)));
            }
        }
    }
    Ok((holds, fails))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(judge: impl Fn(f64) -> Verdict) -> (f64, f64) {
        narrow((1.0, 100.0), 0.02, |rate| Ok(judge(rate))).unwrap_or_else(|_| panic!("stopped"))
    }

    #[test]
    fn the_boundary_is_between() {
        let at = |rate| if rate < 17.3 { Verdict::Holds } else { Verdict::Fails };
        let (holds, fails) = narrowed(at);
        assert!(holds < 17.3 && 17.3 <= fails && fails / holds < 1.02, "{holds} {fails}");
    }

    #[test]
    fn what_cannot_be_judged_stays_between() {
        let at = |rate| match rate {
            rate if rate < 15.0 => Verdict::Holds,
            rate if rate > 18.0 => Verdict::Fails,
            _ => Verdict::Undecided,
        };
        let (holds, fails) = narrowed(at);
        assert!(holds < 15.0 && holds > 14.7 && fails > 18.0 && fails < 18.36, "{holds} {fails}");
        // Nothing can be judged: it ends all the same.
        assert_eq!(narrowed(|_| Verdict::Undecided), (1.0, 100.0));
    }
}
