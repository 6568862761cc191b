//! How long vLLM's own scheduler took, and the simulator beside it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::error::Error;

/// Sums over the scenarios of one recording.
#[derive(Debug, PartialEq)]
pub(super) struct Timings {
    scenarios: usize,
    /// Calls of the scheduler.
    steps: u64,
    /// CPU time in the scheduler.
    seconds: f64,
}

impl Timings {
    /// Reads what the recorder left.
    pub(super) fn load(path: &Path) -> Result<Self, Error> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|source| Error::Read { path: shown.clone(), source })?;
        Self::parse(&text).ok_or_else(|| Error::Oracle(format!("{shown} is not as expected")))
    }

    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let mut sums = Self { scenarios: 0, steps: 0, seconds: 0.0 };
        for row in value.get("scenarios")?.as_array()? {
            sums.scenarios += 1;
            sums.steps += row.get("steps")?.as_u64()?;
            sums.seconds += row.get("schedule_s")?.as_f64()? + row.get("update_s")?.as_f64()?;
        }
        Some(sums)
    }

    /// The comparison in words, with the time in which the simulator wrote and checked all traces.
    pub(super) fn against(&self, simulator: Duration) -> String {
        let Self { scenarios, steps, seconds } = self;
        let own = simulator.as_secs_f64();
        let rate = *steps as f64 / seconds;
        let (times, share) = (seconds / own, 100.0 * own / seconds);
        format!(
            "{scenarios} scenarios, {steps} steps of the scheduler\n\
             vLLM's scheduler: {seconds:.1} s of CPU time, {rate:.0} steps/s\n\
             tokendrome: {own:.2} s for the whole check, reading and comparing included: \
             {times:.0} times as fast ({share:.2} % of the time)"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_over_scenarios() {
        let row = r#"{"steps": 300, "schedule_s": 1.5, "update_s": 0.5}"#;
        let timings = Timings::parse(&format!(r#"{{"scenarios": [{row}, {row}]}}"#)).unwrap();
        assert_eq!(timings, Timings { scenarios: 2, steps: 600, seconds: 4.0 });
        assert_eq!(
            timings.against(Duration::from_millis(20)),
            "2 scenarios, 600 steps of the scheduler\n\
             vLLM's scheduler: 4.0 s of CPU time, 150 steps/s\n\
             tokendrome: 0.02 s for the whole check, reading and comparing included: \
             200 times as fast (0.50 % of the time)"
        );
    }

    #[test]
    fn an_odd_file_is_no_timings() {
        for text in ["", "{}", r#"{"scenarios": [{"steps": 1}]}"#] {
            assert_eq!(Timings::parse(text), None, "{text}");
        }
    }
}
