//! From when the arrivals of a trace count.

use super::text::grouped;

/// A first timestamp beyond a day is not a moment of the recording but a date, or the recording is
/// a part of a longer one: then times count from the first row, and no run begins with days of
/// nothing.
const LEAD_NS_MAX: u64 = 86_400 * NANOS_PER_SEC;

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Turns the times of one trace into arrivals.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// What arrival 0 is on the trace's own scale, once a row has been read.
    base_ns: Option<i128>,
    told_base_ns: Option<u64>,
}

impl Clock {
    /// The arrival of a row at `ns`, counted from the first row.
    pub(super) fn since_first(&mut self, ns: i128) -> Result<u64, String> {
        let base = *self.base_ns.get_or_insert(ns);
        arrival(ns, base)
    }

    /// The arrival of a row at `ns` on a scale of its own: that number, unless the first row's is
    /// more than a day; then from the first row.
    pub(super) fn as_told(&mut self, ns: u64) -> Result<u64, String> {
        let base = match self.base_ns {
            Some(base) => base,
            None => {
                self.told_base_ns = (ns > LEAD_NS_MAX).then_some(ns);
                *self.base_ns.insert(self.told_base_ns.unwrap_or(0).into())
            }
        };
        arrival(ns.into(), base)
    }

    /// What arrival 0 is on a scale of the trace's own, in nanoseconds, if that is not 0.
    pub(super) fn told_base_ns(&self) -> Option<u64> {
        self.told_base_ns
    }
}

fn arrival(ns: i128, base_ns: i128) -> Result<u64, String> {
    if ns < base_ns {
        let early = seconds(base_ns - ns);
        return Err(format!(
            "the row is {early} s earlier than the first row, from which times count; sort the \
             trace by arrival"
        ));
    }
    u64::try_from(ns - base_ns).map_err(|_| {
        let late = seconds(ns - base_ns);
        format!(
            "the row is {late} s later than the first row, beyond the clock's range of 584 years; \
             correct it"
        )
    })
}

/// Nanoseconds, none below zero, as seconds with three decimals.
pub(super) fn seconds(ns: i128) -> String {
    let per_sec = i128::from(NANOS_PER_SEC);
    let whole = u64::try_from(ns / per_sec).unwrap_or(u64::MAX);
    format!("{}.{:03}", grouped(whole), ns % per_sec / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEC: u64 = NANOS_PER_SEC;

    #[test]
    fn calendar_times_count_from_the_first_row() {
        let mut clock = Clock::default();
        assert_eq!(clock.since_first(-5), Ok(0));
        assert_eq!(clock.since_first(20), Ok(25));
        assert!(clock.since_first(-6).unwrap_err().contains("0.000 s earlier"));
        let late = clock.since_first(i128::from(u64::MAX)).unwrap_err();
        assert!(late.contains("18,446,744,073.709 s later"), "{late}");
    }

    #[test]
    fn small_times_are_kept_and_dates_count_from_the_first_row() {
        let mut clock = Clock::default();
        assert_eq!(clock.as_told(86_400 * SEC), Ok(86_400 * SEC));
        assert_eq!(clock.as_told(1), Ok(1));
        assert_eq!(clock.told_base_ns(), None);
        let mut clock = Clock::default();
        assert_eq!(clock.as_told(1_700_000_000 * SEC), Ok(0));
        assert_eq!(clock.as_told(1_700_000_001 * SEC), Ok(SEC));
        assert!(clock.as_told(1_699_999_998 * SEC).unwrap_err().contains("2.000 s earlier"));
    }
}
