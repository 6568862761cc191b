//! Times and rates as a person reads them: in seconds or their parts, or in ticks.
//!
//! Reports hold milliseconds, and rates per second. Where a run's clock counts ticks, one tick
//! stands in the place of a millisecond, and a thousand in that of a second.

use tokendrome::metrics::Distribution;
use tokendrome::{Scenario, TimeUnit, ticks};

use crate::number::{decimals, fixed};

/// A unit of time, as a name and its length in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit {
    pub(crate) name: &'static str,
    pub(crate) ms: f64,
}

const MICROSECONDS: Unit = Unit { name: "us", ms: 1e-3 };
const MILLISECONDS: Unit = Unit { name: "ms", ms: 1.0 };
const SECONDS: Unit = Unit { name: "s", ms: 1e3 };
const TICKS: Unit = Unit { name: "ticks", ms: 1.0 };

/// What the clock of a run counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock(TimeUnit);

impl Clock {
    pub(crate) const fn counting(unit: TimeUnit) -> Self {
        Self(unit)
    }

    /// The clock of a scenario's runs.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        Self::counting(scenario.simulation.time_unit)
    }

    pub(crate) fn counts_ticks(self) -> bool {
        self.0 == TimeUnit::Tick
    }

    /// A time on the engine's clock in milliseconds, or what stands for them.
    pub(crate) fn milliseconds(self, nanos: u64) -> f64 {
        nanos as f64 / self.0.millisecond().as_nanos() as f64
    }

    /// The unit in which a distribution reads well, told from its median and its spread.
    pub(crate) fn unit_of(self, of: &Distribution) -> Unit {
        if self.counts_ticks() {
            TICKS
        } else if of.p50 >= SECONDS.ms {
            SECONDS
        } else if of.p99 < 0.1 && of.p99 > 0.0 {
            MICROSECONDS
        } else {
            MILLISECONDS
        }
    }

    /// A limit as it was set, with its unit: `50 ms`, `1.5 s`, `20 ticks`.
    pub(crate) fn limit(self, ms: f64) -> String {
        let unit = match ms {
            _ if self.counts_ticks() => TICKS,
            ms if ms >= SECONDS.ms => SECONDS,
            _ => MILLISECONDS,
        };
        format!("{} {}", ms / unit.ms, unit.name)
    }

    /// The unit in which a time of about `ms` milliseconds reads well.
    pub(crate) fn unit_of_time(self, ms: f64) -> Unit {
        match ms {
            _ if self.counts_ticks() => TICKS,
            ms if ms >= SECONDS.ms => SECONDS,
            ms if ms > 0.0 && ms < 0.1 => MICROSECONDS,
            _ => MILLISECONDS,
        }
    }

    /// A time on its own, with its unit: `38.1 ms`, `52.8 ticks`.
    pub(crate) fn time(self, ms: f64) -> String {
        let unit = self.unit_of_time(ms);
        let value = ms / unit.ms;
        let decimals =
            if value.fract() == 0.0 && self.counts_ticks() { 0 } else { decimals(value) };
        format!("{} {}", fixed(value, decimals), unit.name)
    }

    /// The unit of rates.
    pub(crate) fn rate(self) -> &'static str {
        if self.counts_ticks() { "/1k ticks" } else { "1/s" }
    }

    /// A length that was asked for, in seconds: `100 s`, `10,000 ticks`.
    pub(crate) fn length(self, seconds: f64) -> String {
        let unit = self.unit_of_time(seconds * 1e3);
        let value = ticks::shortened(seconds * 1e3 / unit.ms);
        let decimals = if value.fract() == 0.0 { 0 } else { decimals(value) };
        format!("{} {}", fixed(value, decimals), unit.name)
    }

    /// What rates are per: `requests/s`, `requests/1k ticks`.
    pub(crate) fn per(self, what: &str) -> String {
        format!("{what}/{}", if self.counts_ticks() { "1k ticks" } else { "s" })
    }
}
