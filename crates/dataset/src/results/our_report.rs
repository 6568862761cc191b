//! The report of `tokendrome run -o`, so that it can stand beside a measured run.

use super::node::Node;
use super::{Results, ResultsFormat, ResultsSummary, Statistics};
use crate::DatasetError;

pub(super) fn read(root: &Node<'_>) -> Result<Results, DatasetError> {
    let of = root.need("summary")?;
    if of.has("duration_ticks") {
        return Err(of.fault("this run counts ticks, and times of other runs are seconds"));
    }
    let (requests, latency) = (of.need("requests")?, of.need("latency")?);
    let throughput = of.need("throughput")?;
    let total = |key: &str| -> Result<Option<u64>, DatasetError> {
        let Some(lengths) = of.object(key)? else { return Ok(None) };
        let (count, mean) = (lengths.need("count")?, lengths.need("mean")?);
        Ok(Some((count.as_number()? * mean.as_number()?).round() as u64))
    };
    let measured = requests.need("measured")?.as_count()?;
    let completed = match latency.object("e2e_ms")? {
        Some(e2e) => e2e.need("count")?.as_count()?,
        None => 0,
    };
    let summary = ResultsSummary {
        ttft_ms: distribution(&latency, "ttft_ms")?,
        tpot_ms: distribution(&latency, "tpot_ms")?,
        itl_ms: distribution(&of, "itl_ms")?,
        e2e_ms: distribution(&latency, "e2e_ms")?,
        e2e_per_token_ms: None,
        requests_per_s: throughput.number("requests_per_s")?,
        output_tokens_per_s: throughput.number("output_tokens_per_s")?,
        total_tokens_per_s: throughput.number("total_tokens_per_s")?,
        goodput_per_s: of.object("slo")?.map_or(Ok(None), |slo| slo.number("goodput_per_s"))?,
        completed: Some(completed),
        failed: measured.checked_sub(completed),
        duration_s: Some(of.need("measured_s")?.as_number()?),
        input_tokens: total("input_tokens")?,
        output_tokens: total("output_tokens")?,
    };
    let format = ResultsFormat::Tokendrome;
    Ok(Results { format, requests: Vec::new(), summary, notices: Vec::new() })
}

fn distribution(section: &Node<'_>, key: &str) -> Result<Option<Statistics>, DatasetError> {
    let Some(of) = section.object(key)? else { return Ok(None) };
    let mut percentiles = Vec::new();
    for percent in [50.0, 90.0, 95.0, 99.0] {
        let value = of.number(&format!("p{percent}"))?;
        percentiles.extend(value.map(|value| (percent, value)));
    }
    Ok(Some(Statistics { mean: of.number("mean")?, std: of.number("std")?, percentiles }))
}
