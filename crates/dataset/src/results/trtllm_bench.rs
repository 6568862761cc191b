//! The report of `trtllm-bench --report_json`: a summary alone. Latencies are milliseconds; without
//! `--streaming` there is neither TTFT nor TPOT.

use super::node::Node;
use super::serve::in_order;
use super::{Results, ResultsFormat, ResultsSummary, Statistics};
use crate::DatasetError;

pub(super) fn read(root: &Node<'_>) -> Result<Results, DatasetError> {
    let performance = root.need("performance")?;
    let info = root.need("request_info")?;
    let streaming = root.object("streaming_metrics")?;
    let streamed = |key: &str| match &streaming {
        Some(streaming) => distribution(streaming, key),
        None => Ok(None),
    };
    let completed = info.need("num_requests")?.as_count()?;
    let total = |key: &str| -> Result<Option<u64>, DatasetError> {
        // The means are quotients of whole numbers.
        Ok(info.number(key)?.map(|mean| (mean * completed as f64).round() as u64))
    };
    let summary = ResultsSummary {
        ttft_ms: streamed("ttft_percentiles")?,
        tpot_ms: streamed("tpot_percentiles")?,
        itl_ms: None,
        e2e_ms: distribution(&performance, "request_latency_percentiles_ms")?,
        e2e_per_token_ms: None,
        requests_per_s: Some(performance.need("request_throughput_req_s")?.as_number()?),
        output_tokens_per_s: performance.number("system_output_throughput_tok_s")?,
        total_tokens_per_s: performance.number("system_total_throughput_tok_s")?,
        goodput_per_s: None,
        completed: Some(completed),
        failed: None,
        duration_s: performance.number("total_latency_ms")?.map(|ms| ms / 1e3),
        input_tokens: total("avg_input_length")?,
        output_tokens: total("avg_output_length")?,
    };
    let format = ResultsFormat::TrtllmBench;
    Ok(Results { format, requests: Vec::new(), summary, notices: Vec::new() })
}

fn distribution(section: &Node<'_>, key: &str) -> Result<Option<Statistics>, DatasetError> {
    let Some(of) = section.object(key)? else { return Ok(None) };
    let mut found = Statistics { mean: of.number("average")?, std: None, percentiles: Vec::new() };
    for percent in [50.0, 90.0, 95.0, 99.0] {
        let value = of.number(&format!("p{percent}"))?;
        found.percentiles.extend(value.map(|value| (percent, value)));
    }
    in_order(&of, key, &mut found.percentiles)?;
    Ok((!found.is_empty()).then_some(found))
}
