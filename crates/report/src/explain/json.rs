//! Explained iterations as JSON.

use std::io::{self, Write};

use serde::Serialize;
use tokendrome::Scenario;
use tokendrome::explain::{Decodes, ExplainedPart, Explanation};
use tokendrome::steptime::Chunk;

use super::{Explained, SCHEMA_VERSION};
use crate::json::write_value;

pub(super) fn write(of: &Explained<'_>, out: &mut impl Write) -> io::Result<()> {
    let layout = Layout {
        schema_version: SCHEMA_VERSION,
        tokendrome_version: env!("CARGO_PKG_VERSION"),
        notices: of.notices,
        iterations: of.iterations.iter().map(Iteration::from).collect(),
        scenario: of.scenario,
    };
    write_value(&layout, of.scenario, out)
}

#[derive(Serialize)]
struct Layout<'a> {
    schema_version: &'static str,
    tokendrome_version: &'static str,
    notices: &'a [String],
    iterations: Vec<Iteration<'a>>,
    scenario: &'a Scenario,
}

#[derive(Serialize)]
struct Iteration<'a> {
    batch: JsonBatch<'a>,
    notices: &'a [String],
    /// Host and all stages, one after the other.
    time_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ideal_ms: Option<f64>,
    /// From one such iteration to the next.
    period_ms: f64,
    host_ms: f64,
    plans_ahead: bool,
    stage_ms: Vec<f64>,
    /// Of all accelerators of a replica.
    #[serde(skip_serializing_if = "Option::is_none")]
    flops: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compute: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bandwidth: Option<f64>,
    operators: Vec<Operator>,
}

#[derive(Serialize)]
struct JsonBatch<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    origin: &'a str,
    prefills: Vec<JsonChunk>,
    decodes: Vec<JsonDecodes>,
}

#[derive(Serialize)]
struct JsonChunk {
    tokens: u32,
    context: u32,
}

#[derive(Serialize)]
struct JsonDecodes {
    count: u32,
    context: u32,
}

/// Of one rank, summed over layers and stages.
#[derive(Serialize)]
struct Operator {
    operator: &'static str,
    time_ms: f64,
    share: f64,
    bound: &'static str,
    flops: f64,
    bytes: f64,
    ideal_ms: f64,
}

impl<'a> From<&'a Explanation> for Iteration<'a> {
    fn from(of: &'a Explanation) -> Self {
        let total_s = of.total_s();
        let operator = |&ExplainedPart { part, ideal_s }: &ExplainedPart| Operator {
            operator: part.kind.name(),
            time_ms: part.seconds * 1e3,
            share: part.seconds / total_s,
            bound: part.bound.name(),
            flops: part.flops,
            bytes: part.bytes,
            ideal_ms: ideal_s * 1e3,
        };
        let chunk = |&Chunk { tokens, context }: &Chunk| JsonChunk { tokens, context };
        let decodes = |&Decodes { count, context }: &Decodes| JsonDecodes { count, context };
        Self {
            batch: JsonBatch {
                origin: &of.batch.origin,
                prefills: of.batch.prefills.iter().map(chunk).collect(),
                decodes: of.batch.decodes.iter().map(decodes).collect(),
            },
            notices: &of.notices,
            time_ms: total_s * 1e3,
            ideal_ms: of.ideal_s().map(|seconds| seconds * 1e3),
            period_ms: of.period_s * 1e3,
            host_ms: of.host_s * 1e3,
            plans_ahead: of.plans_ahead,
            stage_ms: of.stage_s.iter().map(|seconds| seconds * 1e3).collect(),
            flops: of.flops,
            bytes: of.bytes,
            compute: of.compute,
            bandwidth: of.bandwidth,
            operators: of.parts.iter().map(operator).collect(),
        }
    }
}
