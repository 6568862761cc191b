//! Conditions on figures, such as `ttft_ms.p99<=500`.

use std::fmt;

use thiserror::Error;

/// What a figure must not exceed, or must reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Name of the figure: the path of its field in a report's summary.
    pub name: String,
    /// On which side of the limit it has to be.
    pub side: Side,
    /// The limit, in the unit of the figure.
    pub limit: f64,
}

/// A side of a limit; the limit itself belongs to both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// At most the limit.
    AtMost,
    /// At least the limit.
    AtLeast,
}

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no condition: a figure, `<=` or `>=`, and a number are wanted, such as \
     ttft_ms.p99<=500"
)]
pub struct ConditionError(String);

impl Condition {
    /// Reads `FIGURE<=NUMBER` or `FIGURE>=NUMBER`. The latencies may be named without `latency.`
    /// before them.
    ///
    /// # Errors
    /// The text has another form.
    pub fn read(text: &str) -> Result<Self, ConditionError> {
        let wrong = || ConditionError(text.to_owned());
        let at_most = text.split_once("<=").map(|parts| (parts, Side::AtMost));
        let at_least = || text.split_once(">=").map(|parts| (parts, Side::AtLeast));
        let ((name, limit), side) = at_most.or_else(at_least).ok_or_else(wrong)?;
        let limit: f64 = limit.trim().parse().map_err(|_| wrong())?;
        let name = name.trim();
        if name.is_empty() || !limit.is_finite() {
            return Err(wrong());
        }
        Ok(Self { name: long(name), side, limit })
    }

    /// Gives the figure another name, which may be short too.
    pub fn rename(&mut self, name: &str) {
        self.name = long(name);
    }

    /// Values on the side of the limit that is allowed come out below that of the limit.
    pub(super) fn sign(&self) -> f64 {
        match self.side {
            Side::AtMost => 1.0,
            Side::AtLeast => -1.0,
        }
    }
}

/// The name of a figure, of a latency with its section.
fn long(name: &str) -> String {
    const LATENCIES: [&str; 5] = ["ttft_ms.", "tpot_ms.", "tbt_ms.", "e2e_ms.", "queue_ms."];
    let is_short = LATENCIES.iter().any(|latency| name.starts_with(latency));
    if is_short { format!("latency.{name}") } else { name.to_owned() }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.side {
            Side::AtMost => "<=",
            Side::AtLeast => ">=",
        };
        write!(f, "{} {sign} {}", self.name, self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read() {
        for (text, expect) in [
            ("ttft_ms.p99<=500", "latency.ttft_ms.p99 <= 500"),
            (" latency.e2e_ms.p95 <= 2.5e3 ", "latency.e2e_ms.p95 <= 2500"),
            ("slo.attainment>=0.9", "slo.attainment >= 0.9"),
            ("itl_ms.p99<=50", "itl_ms.p99 <= 50"),
            ("tbt_ms.mean<=50", "latency.tbt_ms.mean <= 50"),
        ] {
            assert_eq!(Condition::read(text).unwrap().to_string(), expect);
        }
        for text in ["ttft_ms.p99", "<=5", "ttft_ms.p99<5", "a<=b", "a<=inf", "scenario.toml"] {
            let error = Condition::read(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` is no condition")), "{error}");
        }
    }
}
