//! Results of `vllm bench serve`: a summary, and with `--save-detailed` a list entry for each
//! request. Times of the lists are seconds, those of the summary milliseconds.

use super::node::Node;
use super::{Results, ResultsFormat, ResultsSummary, serve};
use crate::DatasetError;

pub(super) fn read(root: &Node<'_>) -> Result<Results, DatasetError> {
    let requests = serve::requests(root)?;
    // Older versions wrote the key with a colon.
    let goodput = root.number("request_goodput")?;
    let goodput = goodput.or(root.number("request_goodput:")?);
    let completed = root.need("completed")?.as_count()?;
    let failed = root.count("failed")?;
    let mut summary = ResultsSummary {
        ttft_ms: serve::statistics(root, "ttft")?,
        tpot_ms: serve::statistics(root, "tpot")?,
        itl_ms: serve::statistics(root, "itl")?,
        e2e_ms: serve::statistics(root, "e2el")?,
        e2e_per_token_ms: None,
        requests_per_s: Some(root.need("request_throughput")?.as_number()?),
        output_tokens_per_s: root.number("output_throughput")?,
        total_tokens_per_s: root.number("total_token_throughput")?,
        goodput_per_s: goodput,
        completed: Some(completed),
        failed: failed.or_else(|| root.count("num_prompts").ok()??.checked_sub(completed)),
        duration_s: Some(root.need("duration")?.as_number()?),
        input_tokens: Some(root.need("total_input_tokens")?.as_count()?),
        output_tokens: Some(root.need("total_output_tokens")?.as_count()?),
    };
    serve::complete(root, &mut summary, &requests)?;
    Ok(Results { format: ResultsFormat::VllmBench, requests, summary, notices: Vec::new() })
}
