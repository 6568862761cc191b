//! Results of SGLang's `bench_serving`: a line for each run, with lists of an entry for each
//! request where `--output-details` asked for them.

use super::node::Node;
use super::{Results, ResultsFormat, ResultsSummary, serve};
use crate::DatasetError;

pub(super) fn read(root: &Node<'_>) -> Result<Results, DatasetError> {
    let requests = serve::requests(root)?;
    let mut summary = ResultsSummary {
        ttft_ms: serve::statistics(root, "ttft")?,
        tpot_ms: serve::statistics(root, "tpot")?,
        itl_ms: serve::statistics(root, "itl")?,
        e2e_ms: serve::statistics(root, "e2e_latency")?,
        e2e_per_token_ms: None,
        requests_per_s: Some(root.need("request_throughput")?.as_number()?),
        output_tokens_per_s: root.number("output_throughput")?,
        total_tokens_per_s: root.number("total_throughput")?,
        goodput_per_s: root.number("request_goodput")?,
        completed: Some(root.need("completed")?.as_count()?),
        failed: None,
        duration_s: Some(root.need("duration")?.as_number()?),
        input_tokens: root.count("total_input_tokens")?,
        output_tokens: root.count("total_output_tokens")?,
    };
    serve::complete(root, &mut summary, &requests)?;
    Ok(Results { format: ResultsFormat::Sglang, requests, summary, notices: Vec::new() })
}
