//! Service-level objectives and how many requests meet them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::RequestRecord;

/// Latency limits that a request must keep, all of them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Objectives {
    /// Most milliseconds to the first token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<f64>,
    /// Most milliseconds per output token after the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpot_ms: Option<f64>,
    /// Most milliseconds from arrival to the last token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2e_ms: Option<f64>,
}

impl Objectives {
    /// Whether no limit is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ttft_ms.is_none() && self.tpot_ms.is_none() && self.e2e_ms.is_none()
    }
}

/// The `[slo]` section: limits for all requests, and for classes by name instead.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SloSpec {
    /// Most milliseconds to the first token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<f64>,
    /// Most milliseconds per output token after the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpot_ms: Option<f64>,
    /// Most milliseconds from arrival to the last token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2e_ms: Option<f64>,
    /// Limits of single classes, which replace the ones above.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, Objectives>,
}

impl SloSpec {
    /// The limits of requests that belong to no class named here.
    #[must_use]
    pub fn common(&self) -> Objectives {
        Objectives { ttft_ms: self.ttft_ms, tpot_ms: self.tpot_ms, e2e_ms: self.e2e_ms }
    }

    /// The limits of the class `name`.
    #[must_use]
    pub fn of(&self, name: &str) -> Objectives {
        self.classes.get(name).copied().unwrap_or_else(|| self.common())
    }

    /// Whether no limit is set at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.common().is_empty() && self.classes.values().all(Objectives::is_empty)
    }
}

/// How many requests met their objectives. A request that was refused or not finished meets none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attainment {
    /// Requests with at least one objective.
    pub requests: u64,
    /// Those that met all of theirs.
    pub met: u64,
    /// Those that met the one on TTFT, or have none. A request that wants no token has a TTFT of
    /// zero here.
    pub met_ttft: u64,
    /// Those that met the one on TPOT, or have none. A request with fewer than two output tokens
    /// has a TPOT of zero here, as in `vllm bench serve`.
    pub met_tpot: u64,
    /// Those that met the one on E2E latency, or have none.
    pub met_e2e: u64,
}

impl Attainment {
    /// Counts one request that ended. A millisecond has `ms_ns` nanoseconds.
    pub(crate) fn count(&mut self, objectives: &Objectives, ms_ns: f64, record: &RequestRecord) {
        if objectives.is_empty() {
            return;
        }
        let within = |limit_ms: Option<f64>, ns: Option<f64>| match (limit_ms, ns) {
            (None, _) => true,
            // To the nearest nanosecond, so that a time equal to the limit keeps it.
            (Some(limit_ms), Some(ns)) => ns <= (limit_ms * ms_ns).round(),
            (Some(_), None) => false,
        };
        self.requests += 1;
        let completed = record.e2e().is_some();
        if !completed {
            return;
        }
        let tpot = Some(record.tpot_ns().unwrap_or(0.0));
        let ttft = Some(record.ttft().map_or(0.0, |t| t.as_nanos() as f64));
        let ttft = within(objectives.ttft_ms, ttft);
        let tpot = within(objectives.tpot_ms, tpot);
        let e2e = within(objectives.e2e_ms, record.e2e().map(|t| t.as_nanos() as f64));
        self.met_ttft += u64::from(ttft);
        self.met_tpot += u64::from(tpot);
        self.met_e2e += u64::from(e2e);
        self.met += u64::from(ttft && tpot && e2e);
    }
}
